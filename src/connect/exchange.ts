/** From an approval to tokens: the one request of the dance that must not be repeated. */
import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import { endpointsFor, FLAVORS } from "../protocol/flavors.ts";
import { baseStringOf } from "../protocol/oauth1/authorize.ts";
import {
  buildAccessToken,
  type OAuth1Tokens,
  processAccessToken,
  type ValidatedOAuth1Callback,
  validateCallback as validateOAuth1,
} from "../protocol/oauth1/dance.ts";
import {
  type ValidatedOAuth2Callback,
  validateCallback as validateOAuth2,
} from "../protocol/oauth2/authorize.ts";
import { buildCodeExchange, processTokenResponse, type TokenSet } from "../protocol/oauth2/token.ts";
import { Secret } from "../secret.ts";
import type { Transport } from "../transport.ts";
import type { Attempt, Registration } from "../vault/index.ts";
import type { ConnectParts } from "./contract.ts";
import { refuseMissingScopes } from "./granted.ts";
import { momentOf } from "./moment.ts";

/** An approval that was checked against its attempt. */
export type Approval =
  | { readonly protocol: "oauth1"; readonly validated: ValidatedOAuth1Callback }
  | { readonly protocol: "oauth2"; readonly validated: ValidatedOAuth2Callback };

/**
 * Checks the redirect back from Jira against the attempt.
 *
 * @throws LatchkeyError `callback_malformed` or `state_mismatch`, which say nothing about the attempt, or what Jira
 *   answered for it
 */
export function validate(params: URLSearchParams, attempt: Attempt): Approval {
  if (FLAVORS[attempt.flavor].protocol === "oauth1") {
    const oauth_token = kept(attempt, "oauth_token").reveal();
    return { protocol: "oauth1", validated: validateOAuth1(params, { oauth_token }) };
  }
  const state = kept(attempt, "state").reveal();
  return { protocol: "oauth2", validated: validateOAuth2(params, { state }) };
}

/** Exchanges an approval for tokens. It is sent once: what its answer would have been is not known otherwise. */
export function exchange(
  parts: ConnectParts,
  transport: Transport,
  attempt: Attempt,
  registration: Registration,
  approval: Approval,
): Promise<TokenSet | OAuth1Tokens> {
  return approval.protocol === "oauth1"
    ? exchangeRequestToken(parts, transport, attempt, registration, approval.validated)
    : exchangeCode(parts, transport, attempt, registration, approval.validated);
}

async function exchangeCode(
  parts: ConnectParts,
  transport: Transport,
  attempt: Attempt,
  registration: Registration,
  validated: ValidatedOAuth2Callback,
): Promise<TokenSet> {
  const { flavor } = registration;
  if (flavor === "datacenter-oauth1") throw new TypeError("OAuth 1.0a has an exchange of its own.");
  const client = {
    ...(await parts.vault.registrations.oauth2Client(registration.id)),
    // RFC 6749 section 4.1.3: the very one that stood in the authorize URL.
    redirect_uri: kept(attempt, "redirect_uri").reveal(),
  };
  const request = buildCodeExchange(FLAVORS[flavor], endpointsFor(flavor, registration), client, validated, {
    code_verifier: kept(attempt, "code_verifier"),
  });
  const response = await transport.send(request);
  const tokens = read(() => processTokenResponse(response, parts.now()));
  if (tokens.refresh_token === undefined) {
    throw new LatchkeyError("refresh_token_absent", undefined, { details: { scope: tokens.scope ?? [] } });
  }
  refuseMissingScopes(flavor, attempt.scope, tokens.scope);
  return tokens;
}

/** At the token endpoint the person has approved already: there `access_denied` means the client, not the person. */
function read(process: () => TokenSet): TokenSet {
  try {
    return process();
  } catch (error) {
    if (isLatchkeyError(error) && error.code === "access_denied") {
      throw new LatchkeyError("invalid_client", undefined, { cause: error, details: error.details });
    }
    throw error;
  }
}

async function exchangeRequestToken(
  parts: ConnectParts,
  transport: Transport,
  attempt: Attempt,
  registration: Registration,
  validated: ValidatedOAuth1Callback,
): Promise<OAuth1Tokens> {
  const client = await parts.vault.registrations.oauth1Client(registration.id);
  const endpoints = endpointsFor("datacenter-oauth1", registration);
  const moment = momentOf(parts);
  const requestToken = {
    oauth_token: kept(attempt, "oauth_token").reveal(),
    oauth_token_secret: attempt.secrets.oauth_token_secret ?? new Secret(""),
  };
  const request = await buildAccessToken(endpoints, client, requestToken, validated, moment);
  const response = await transport.send(request);
  return processAccessToken(response, parts.now(), {
    base_string: baseStringOf(request),
    timestamp: moment.timestamp,
  });
}

function kept(attempt: Attempt, name: string): Secret {
  const value = attempt.secrets[name];
  // The vault empties them when the attempt is over, which is looked at before.
  if (value === undefined) throw new LatchkeyError("attempt_used");
  return value;
}
