import { type ErrorCode, LatchkeyError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import { bounded } from "../answer.ts";
import { malformed, readCallback, sameSecret } from "../callback.ts";
import type { Dialect, OAuth2Endpoints } from "../flavors.ts";
import { formEncode } from "../oauth1/encode.ts";

export type { OAuth2Endpoints } from "../flavors.ts";

export type OAuth2Client = {
  readonly client_id: string;
  /** Jira asks for it on every token request; PKCE does not take its place. */
  readonly client_secret?: Secret;
  /** Exactly as registered at Jira. */
  readonly redirect_uri: string;
};

declare const validated: unique symbol;

/** An authorization answer that was checked against its attempt. Only {@link validateCallback} makes one. */
export type ValidatedOAuth2Callback = { readonly code: Secret; readonly [validated]: true };

const genuine = new WeakSet<object>();
const FOREIGN = ["access_token", "id_token", "refresh_token", "response", "oauth_token", "oauth_verifier"];

/** Whether the value was made here, at runtime too: a look-alike from elsewhere is none. */
export function isValidated(callback: unknown): callback is ValidatedOAuth2Callback {
  return typeof callback === "object" && callback !== null && genuine.has(callback);
}

/**
 * Where the browser goes. State and S256 challenge are always sent; the flavor's own parameters (`audience`,
 * `prompt`) come from its dialect.
 *
 * @throws TypeError without state or challenge; LatchkeyError `registration_incomplete` without a scope
 * @see RFC 6749 section 4.1.1, RFC 7636 section 4.3
 */
export function buildAuthorizeUrl(
  dialect: Dialect,
  endpoints: OAuth2Endpoints,
  client: OAuth2Client,
  options: { readonly scope: readonly string[]; readonly state: string; readonly code_challenge: string },
): string {
  const { scope, state, code_challenge } = options;
  if (state === "" || code_challenge === "") throw new TypeError("state and code_challenge are always sent.");
  if (scope.length === 0) {
    throw new LatchkeyError("registration_incomplete", "The registration asks for no scope.", {
      details: { field: "scopes" },
    });
  }
  const query = formEncode([
    ...Object.entries(dialect.authorize_parameters),
    ["client_id", client.client_id],
    ["scope", scope.join(" ")],
    ["redirect_uri", client.redirect_uri],
    ["state", state],
    ["response_type", "code"],
    ["code_challenge", code_challenge],
    ["code_challenge_method", "S256"],
  ]);
  const { authorization_endpoint } = endpoints;
  return `${authorization_endpoint}${authorization_endpoint.includes("?") ? "&" : "?"}${query}`;
}

/**
 * Checks the redirect back from Jira against the attempt. The state is compared before an `error` is believed, so
 * that a forged refusal changes nothing.
 *
 * @throws LatchkeyError `callback_malformed`, `state_mismatch`, or the code of the `error` that came back; Jira's
 *   own description is in its details
 * @see RFC 6749 sections 4.1.2 and 4.1.2.1
 */
export function validateCallback(
  params: URLSearchParams,
  expected: { readonly state: string },
): ValidatedOAuth2Callback {
  const read = readCallback(params, FOREIGN);
  const state = read.get("state");
  if (!state) throw malformed("The callback carries no state.", "state");
  if (expected.state === "" || !sameSecret(state, expected.state)) throw new LatchkeyError("state_mismatch");
  const error = read.get("error");
  const code = read.get("code");
  if (error !== undefined && code !== undefined) {
    throw malformed("The callback carries both a code and an error.", "error");
  }
  if (error !== undefined) throw authorizationError(error, read.get("error_description"));
  if (!code) throw malformed("The callback carries no code.", "code");
  const callback = Object.freeze({ code: new Secret(code) });
  genuine.add(callback);
  return callback as ValidatedOAuth2Callback;
}

const AUTHORIZATION_ERRORS: ReadonlySet<string> = new Set<ErrorCode>([
  "invalid_request",
  "unauthorized_client",
  "access_denied",
  "unsupported_response_type",
  "invalid_scope",
  "server_error",
  "temporarily_unavailable",
]);

/** At this step these two mean something else than at the token endpoint. */
const AT_THIS_STEP: Readonly<Record<string, readonly [message: string, fix: string]>> = {
  invalid_request: [
    "Jira found the authorize request malformed.",
    "Check client id, redirect URI and scopes of the registration.",
  ],
  unauthorized_client: [
    "Jira does not let this client ask for authorization.",
    "Check client id and redirect URI: both must stand in Jira exactly as in the registration.",
  ],
};

function authorizationError(error: string, error_description: string | undefined): LatchkeyError {
  const details = {
    error: bounded(error, 100),
    ...(error_description !== undefined && { error_description: bounded(error_description) }),
  };
  if (!AUTHORIZATION_ERRORS.has(error))
    return new LatchkeyError("authorization_error_unknown", undefined, { details });
  const words = AT_THIS_STEP[error];
  return new LatchkeyError(error as ErrorCode, words?.[0], words ? { details, fix: words[1] } : { details });
}
