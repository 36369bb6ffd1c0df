/** Client id and secret of OAuth 2.0, proven with a code that cannot be right. */
import { isLatchkeyError, type LatchkeyError } from "../../errors.ts";
import { endpointsFor, FLAVORS } from "../../protocol/flavors.ts";
import { type OAuth2Client, validateCallback } from "../../protocol/oauth2/authorize.ts";
import { verifierFrom } from "../../protocol/oauth2/pkce.ts";
import { buildCodeExchange, processTokenResponse } from "../../protocol/oauth2/token.ts";
import { Secret } from "../../secret.ts";
import type { Registration } from "../../vault/index.ts";
import type { CheckFinding, ConnectParts } from "../contract.ts";
import { byKind, ok, unproven, wrong } from "./findings.ts";

/** What token endpoints answer to a wrong client. Cloud says `access_denied`. */
const CLIENT_REFUSED = new Set(["invalid_client", "access_denied"]);
/** What they answer to a right client with a wrong code. */
const CODE_REFUSED = new Set(["invalid_request", "invalid_grant"]);

/**
 * Exchanges an invented code. A server that looks at the client first tells a wrong secret from a wrong code; that
 * this one does is itself proven, by asking again with an invented secret. Nothing is granted by either.
 */
export async function checkClient(
  parts: ConnectParts,
  registration: Registration,
): Promise<readonly CheckFinding[]> {
  const client = await parts.vault.registrations.oauth2Client(registration.id);
  const answer = await refusalOf(parts, registration, client);
  if (answer === undefined) {
    return [unproven("client", "The token endpoint took an invented code, so its answers prove nothing.")];
  }
  if (CLIENT_REFUSED.has(answer.code)) {
    return [
      wrong("invalid_client", "Jira refuses this client: the client id or the client secret is wrong.", {
        fix: `Copy both again from ${placeOf(registration)}; mind blanks at the ends.`,
        evidence: evidenceOf(answer),
      }),
    ];
  }
  if (!CODE_REFUSED.has(answer.code)) return [byKind(answer, evidenceOf(answer))];
  const control = await refusalOf(parts, registration, {
    ...client,
    client_secret: new Secret(Buffer.from(parts.random(24)).toString("base64url")),
  });
  if (control !== undefined && CLIENT_REFUSED.has(control.code)) {
    return [
      ok("client", "Jira takes client id and secret: it refused only the code, which was invented.", {
        evidence: evidenceOf(answer),
      }),
    ];
  }
  return [
    unproven(
      "client",
      "Jira refuses a wrong secret and a wrong code with the same words, so neither is proven.",
      {
        fix: "Connect once as a person; that proves it.",
        evidence: evidenceOf(answer),
      },
    ),
  ];
}

async function refusalOf(
  parts: ConnectParts,
  registration: Registration,
  client: OAuth2Client,
): Promise<LatchkeyError | undefined> {
  const { flavor } = registration;
  if (flavor === "datacenter-oauth1") throw new TypeError("OAuth 1.0a has no client secret.");
  const state = "latchkey-check";
  const code = `latchkey-check-${Buffer.from(parts.random(12)).toString("hex")}`;
  const invented = validateCallback(new URLSearchParams({ code, state }), { state });
  const request = buildCodeExchange(FLAVORS[flavor], endpointsFor(flavor, registration), client, invented, {
    code_verifier: verifierFrom(parts.random(32)),
  });
  try {
    processTokenResponse(await parts.transport.send(request), parts.now());
    return undefined;
  } catch (error) {
    if (isLatchkeyError(error)) return error;
    throw error;
  }
}

function placeOf({ flavor }: Registration): string {
  return flavor === "cloud"
    ? "Settings in the developer console"
    : "the incoming link in Jira's application links";
}

/** Status and the server's own word; its prose stays out. */
function evidenceOf({ details }: LatchkeyError): Readonly<Record<string, unknown>> {
  const { status, error } = details;
  return { ...(status !== undefined && { status }), ...(error !== undefined && { error }) };
}
