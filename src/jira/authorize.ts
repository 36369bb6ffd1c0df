import type { HttpRequest } from "../http.ts";
import type { Credential } from "../protocol/credential.ts";
import { authorizeOAuth1 } from "../protocol/oauth1/index.ts";

/** Clock (milliseconds since the epoch) and randomness, handed in. */
export type Moment = { readonly now: () => number; readonly random: (bytes: number) => Uint8Array };

/**
 * Puts a credential on a request. Whatever authorization or cookie the request carried before is dropped: a call
 * is authorized by one thing. Call it again for every try, since an OAuth 1.0a signature is good for one.
 * @see RFC 6750 section 2.1, RFC 7617, RFC 5849 section 3
 */
export async function authorize(
  request: HttpRequest,
  credential: Credential,
  at: Moment,
): Promise<HttpRequest> {
  const headers = withoutCredentials(request.headers);
  if (credential.kind !== "oauth1") {
    headers.authorization = authorizationOf(credential);
    return { ...request, headers };
  }
  return authorizeOAuth1(
    { ...request, headers },
    { consumer_key: credential.consumer_key, key: credential.key },
    {
      timestamp: Math.floor(at.now() / 1000),
      nonce: Buffer.from(at.random(16)).toString("hex"),
      oauth_token: credential.oauth_token ?? "",
    },
  );
}

/** The header of a credential that goes with a request as it is. */
export function authorizationOf(credential: Exclude<Credential, { kind: "oauth1" }>): string {
  // Data Center compares the scheme's case, although its token_type says `bearer`.
  if (credential.kind === "bearer") return `Bearer ${credential.token.reveal()}`;
  const pair = `${credential.username}:${credential.password.reveal()}`;
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

function withoutCredentials(headers: HttpRequest["headers"]): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (lower !== "authorization" && lower !== "cookie") out[lower] = value;
  }
  return out;
}
