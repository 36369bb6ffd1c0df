import { type ErrorCode, isLatchkeyError, LatchkeyError } from "../../errors.ts";
import { bodyJson, type HttpRequest, type HttpResponse } from "../../http.ts";
import { Secret, secret } from "../../secret.ts";
import { bounded, retryAfter, wordlessFailure } from "../answer.ts";
import type { Dialect, OAuth2Endpoints } from "../flavors.ts";
import { formEncode } from "../oauth1/encode.ts";
import { isValidated, type OAuth2Client, type ValidatedOAuth2Callback } from "./authorize.ts";

export type TokenSet = {
  readonly access_token: Secret;
  /** `Bearer` where the answer names none. */
  readonly token_type: string;
  /** Milliseconds since the epoch: receipt + expires_in, without a margin; see {@link usableUntil}. */
  readonly expires_at: number;
  readonly refresh_token?: Secret;
  /** As granted, which can be less than asked for; `undefined` where the answer does not say. */
  readonly scope: readonly string[] | undefined;
};

/** Seconds; both Jiras answer an hour where they say it at all. */
const DEFAULT_EXPIRES_IN = 3600;
const MAX_BODY = 1_048_576;

/**
 * The exchange of the authorization code.
 *
 * @throws TypeError unless `validated` came out of `validateCallback`
 * @see RFC 6749 section 4.1.3, RFC 7636 section 4.5
 */
export function buildCodeExchange(
  dialect: Dialect,
  endpoints: OAuth2Endpoints,
  client: OAuth2Client,
  validated: ValidatedOAuth2Callback,
  options: { readonly code_verifier: Secret | string },
): HttpRequest {
  if (!isValidated(validated))
    throw new TypeError("Only a callback from validateCallback() can be exchanged.");
  return tokenRequest(dialect, endpoints, [
    ["grant_type", "authorization_code"],
    ...clientPairs(client),
    ["code", validated.code.reveal()],
    ["redirect_uri", client.redirect_uri],
    ["code_verifier", secret(options.code_verifier).reveal()],
  ]);
}

/**
 * The exchange of a refresh token. The scope is never narrowed; whether the redirect URI goes along is the
 * dialect's.
 *
 * @see RFC 6749 section 6
 */
export function buildRefresh(
  dialect: Dialect,
  endpoints: OAuth2Endpoints,
  client: OAuth2Client,
  refresh_token: Secret,
): HttpRequest {
  const pairs: [string, string][] = [
    ["grant_type", "refresh_token"],
    ...clientPairs(client),
    ["refresh_token", refresh_token.reveal()],
  ];
  if (dialect.refresh_sends_redirect_uri) pairs.push(["redirect_uri", client.redirect_uri]);
  return tokenRequest(dialect, endpoints, pairs);
}

/**
 * The exchange of a service account's own credentials: nobody approves, and there is no refresh token. Cloud takes
 * the scopes from the credential; Data Center wants them named.
 *
 * @see RFC 6749 section 4.4
 */
export function buildClientCredentials(
  dialect: Dialect,
  endpoints: OAuth2Endpoints,
  client: OAuth2Client,
  scope: readonly string[],
): HttpRequest {
  const pairs: [string, string][] = [["grant_type", "client_credentials"], ...clientPairs(client)];
  if (dialect.deployment === "datacenter" && scope.length > 0) pairs.push(["scope", scope.join(" ")]);
  return tokenRequest(dialect, endpoints, pairs);
}

function clientPairs(client: OAuth2Client): [string, string][] {
  const pairs: [string, string][] = [["client_id", client.client_id]];
  if (client.client_secret) pairs.push(["client_secret", client.client_secret.reveal()]);
  return pairs;
}

function tokenRequest(
  dialect: Dialect,
  endpoints: OAuth2Endpoints,
  pairs: readonly (readonly [string, string])[],
): HttpRequest {
  const json = dialect.token_body === "json";
  return {
    method: "POST",
    url: endpoints.token_endpoint,
    headers: {
      accept: "application/json",
      "content-type": json ? "application/json" : "application/x-www-form-urlencoded",
    },
    body: json ? JSON.stringify(Object.fromEntries(pairs)) : formEncode(pairs),
  };
}

/**
 * Reads a token answer. What Jiras are seen to leave out or to write otherwise is taken, because a pair that was
 * received must not be lost: no token_type, expires_in as text or absent (an hour), scopes in any order.
 *
 * @param received_at_ms milliseconds since the epoch, when the answer came
 * @throws LatchkeyError see {@link tokenError}
 * @see RFC 6749 section 5.1
 */
export function processTokenResponse(response: HttpResponse, received_at_ms: number): TokenSet {
  const answer = objectOf(response);
  if (response.status < 200 || response.status > 299 || !answer) throw tokenError(response);
  const { access_token, refresh_token, token_type } = answer;
  if (!isText(access_token)) throw tokenError(response);
  if (isText(token_type) && token_type.toLowerCase() !== "bearer") {
    throw new LatchkeyError("token_answer_unreadable", "The token is of a type that is not Bearer.", {
      details: { token_type: bounded(token_type, 100) },
    });
  }
  return {
    access_token: new Secret(access_token),
    token_type: isText(token_type) ? token_type : "Bearer",
    expires_at: received_at_ms + secondsOf(answer.expires_in) * 1000,
    ...(isText(refresh_token) && { refresh_token: new Secret(refresh_token) }),
    scope: scopeOf(answer.scope),
  };
}

function objectOf(response: HttpResponse): Record<string, unknown> | undefined {
  if (response.body.length > MAX_BODY) return undefined;
  const json = bodyJson(response);
  return typeof json === "object" && json !== null && !Array.isArray(json)
    ? (json as Record<string, unknown>)
    : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function secondsOf(expires_in: unknown): number {
  const seconds = isText(expires_in) ? Number(expires_in) : expires_in;
  return typeof seconds === "number" && Number.isFinite(seconds) && seconds >= 0
    ? seconds
    : DEFAULT_EXPIRES_IN;
}

function scopeOf(scope: unknown): readonly string[] | undefined {
  if (Array.isArray(scope)) return scope.filter(isText);
  return typeof scope === "string" ? scope.split(/\s+/).filter(Boolean) : undefined;
}

/**
 * Until when an access token is handed out.
 *
 * @param margin_s seconds before its end in which it is no longer used, for the time a call takes; default 60
 * @returns milliseconds since the epoch
 */
export function usableUntil(tokens: { readonly expires_at: number }, margin_s = 60): number {
  return tokens.expires_at - margin_s * 1000;
}

const TOKEN_ERRORS: ReadonlySet<string> = new Set<ErrorCode>([
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_scope",
  "access_denied",
  "server_error",
  "temporarily_unavailable",
]);

/**
 * The error of a token endpoint's answer, by its RFC code. A failing server (5xx) or a rate limit (429) is named
 * as that, whatever the body says of the grant. Details: `error`, `status`, `error_description` (bounded).
 *
 * @see RFC 6749 section 5.2
 */
export function tokenError(response: HttpResponse): LatchkeyError {
  const { status } = response;
  const answer = objectOf(response) ?? {};
  const { error, error_description } = answer;
  if (!isText(error) || status === 429 || (status >= 300 && status < 400)) return wordlessFailure(response);
  const details = {
    error: bounded(error, 100),
    status,
    ...(isText(error_description) && { error_description: bounded(error_description) }),
  };
  const retry_after_s = retryAfter(response);
  const options = retry_after_s === undefined ? { details } : { details, retry_after_s };
  if (status >= 500) {
    return new LatchkeyError(status === 503 ? "temporarily_unavailable" : "server_error", undefined, options);
  }
  const code = TOKEN_ERRORS.has(error) ? (error as ErrorCode) : "authorization_error_unknown";
  return new LatchkeyError(code, undefined, options);
}

/**
 * What a failed refresh means. `dead`: the server says the grant is gone; re-read the vault first, since another
 * process may have rotated, then only a new consent helps. `registration`: our client or request is refused;
 * suspend the registration, no family dies of it. `passing`: nothing is proven; try again.
 */
export type RefreshFailure = "dead" | "registration" | "passing";

const MEANING: Readonly<Partial<Record<ErrorCode, RefreshFailure>>> = {
  invalid_grant: "dead",
  unauthorized_client: "dead",
  refresh_token_absent: "dead",
  token_rejected: "dead",
  token_expired: "dead",
  token_revoked: "dead",
  permission_denied: "dead",
  additional_authorization_required: "dead",
  invalid_client: "registration",
  access_denied: "registration",
  invalid_request: "registration",
  invalid_scope: "registration",
  unsupported_grant_type: "registration",
  registration_incomplete: "registration",
  consumer_key_unknown: "registration",
  consumer_key_rejected: "registration",
  signature_invalid: "registration",
  signature_method_rejected: "registration",
  timestamp_refused: "registration",
  version_rejected: "registration",
  parameter_absent: "registration",
  parameter_rejected: "registration",
};

/** Classifies a failed refresh (or OAuth 1.0a renewal) from the error, or from the token endpoint's answer. */
export function classifyRefreshFailure(failure: unknown): RefreshFailure {
  const error = isResponse(failure) ? tokenError(failure) : failure;
  return (isLatchkeyError(error) && MEANING[error.code]) || "passing";
}

function isResponse(value: unknown): value is HttpResponse {
  return (
    typeof value === "object" && value !== null && "status" in value && "headers" in value && "body" in value
  );
}
