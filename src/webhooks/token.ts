import { errors, jwtVerify } from "jose";

/** Longer than any token of Jira; a longer one is not even decoded. */
const MAX_TOKEN = 8_192;
const MAX_JTI = 200;
/** How far the two clocks may be apart. */
const SKEW_S = 60;
/** A token is made for one delivery; Jira gives it three minutes. */
const MAX_AGE_S = 900;

export type Refusal =
  | "no_token"
  | "token_malformed"
  | "token_expired"
  | "token_too_old"
  | "token_forged"
  | "unknown_address"
  | "not_signed"
  | "signature_forged"
  | "signature_algorithm"
  | "replayed";

export type Proven = { readonly ok: true; readonly jti?: string };
export type Refused = { readonly ok: false; readonly why: Refusal };

/**
 * Verifies the token of a webhook that an OAuth 2.0 app registered: HS256 with the app's client secret, issued by it,
 * of this moment. It proves who sends, and nothing about the body.
 *
 * @param now_ms milliseconds since the epoch
 * @see https://developer.atlassian.com/cloud/jira/platform/webhooks/
 */
export async function verifyToken(
  authorization: string | undefined,
  app: { readonly client_id: string; readonly client_secret: Uint8Array },
  now_ms: number,
): Promise<Proven | Refused> {
  const token = /^bearer ([A-Za-z0-9_.-]+)$/i.exec((authorization ?? "").slice(0, MAX_TOKEN + 10))?.[1];
  if (token === undefined) return { ok: false, why: "no_token" };
  if (token.length > MAX_TOKEN) return { ok: false, why: "token_malformed" };
  try {
    const { payload } = await jwtVerify(token, app.client_secret, {
      algorithms: ["HS256"],
      issuer: app.client_id,
      requiredClaims: ["iat", "exp"],
      clockTolerance: SKEW_S,
      maxTokenAge: MAX_AGE_S,
      currentDate: new Date(now_ms),
    });
    const { jti } = payload;
    if (jti === undefined) return { ok: true };
    if (typeof jti !== "string" || jti === "" || jti.length > MAX_JTI) {
      return { ok: false, why: "token_malformed" };
    }
    return { ok: true, jti };
  } catch (error) {
    return { ok: false, why: whyOf(error) };
  }
}

function whyOf(error: unknown): Refusal {
  if (error instanceof errors.JWTExpired) return error.claim === "iat" ? "token_too_old" : "token_expired";
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === "iat") return "token_too_old";
  const forged = [
    errors.JWSSignatureVerificationFailed,
    errors.JOSEAlgNotAllowed,
    errors.JWTClaimValidationFailed,
  ];
  return forged.some((kind) => error instanceof kind) ? "token_forged" : "token_malformed";
}
