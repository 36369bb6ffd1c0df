import { LatchkeyError } from "../../errors.ts";
import { bodyText, type HttpRequest, type HttpResponse } from "../../http.ts";
import { Secret } from "../../secret.ts";
import { wordlessFailure } from "../answer.ts";
import { sameSecret } from "../callback.ts";
import { type At, authorizeOAuth1, type OAuth1Client } from "./authorize.ts";
import { isValidated, type ValidatedOAuth1Callback } from "./callback.ts";
import { parseForm, percentEncode } from "./encode.ts";
import { oauthProblemOf, type ProblemContext, problemError } from "./problem.ts";

export { type ValidatedOAuth1Callback, validateCallback, validateVerifier } from "./callback.ts";

export type OAuth1Endpoints = {
  readonly request_token_url: string;
  readonly authorize_url: string;
  readonly access_token_url: string;
};

/** Temporary credentials. The secret plays no part in RSA-SHA1; it is kept for completeness. */
export type RequestToken = { readonly oauth_token: string; readonly oauth_token_secret: Secret };

export type OAuth1Tokens = {
  readonly oauth_token: Secret;
  readonly oauth_token_secret: Secret;
  /** Milliseconds since the epoch, counted from receipt. */
  readonly expires_at?: number;
  /** Brings the next access token, see {@link buildRenewal}. */
  readonly oauth_session_handle?: Secret;
  /** Milliseconds since the epoch, counted from receipt; a renewal begins it anew. */
  readonly session_expires_at?: number;
};

/** The three addresses of an instance, joined to its base URL so that a context path is kept. */
export function endpointsOf(base_url: string): OAuth1Endpoints {
  const servlet = `${base_url.replace(/\/+$/, "")}/plugins/servlet/oauth`;
  return {
    request_token_url: `${servlet}/request-token`,
    authorize_url: `${servlet}/authorize`,
    access_token_url: `${servlet}/access-token`,
  };
}

function tokenRequest(url: string): HttpRequest {
  return {
    method: "POST",
    url,
    headers: { accept: "text/plain, application/x-www-form-urlencoded;q=0.9, */*;q=0.1" },
  };
}

/**
 * Step 1: asks for temporary credentials. The callback is always sent, because without it Jira falls back to
 * OAuth 1.0, which is open to session fixation.
 *
 * @param options `oauth_callback` is an absolute http or https URL, or `oob`
 * @throws LatchkeyError `bad_request` for another callback, which Jira would reject
 * @see RFC 5849 section 2.1
 */
export async function buildRequestToken(
  endpoints: OAuth1Endpoints,
  client: OAuth1Client,
  options: At & { readonly oauth_callback: string },
): Promise<HttpRequest> {
  const { oauth_callback, timestamp, nonce } = options;
  if (oauth_callback !== "oob" && !/^https?:\/\/[^/]/i.test(oauth_callback)) {
    throw new LatchkeyError("bad_request", "oauth_callback must be an absolute http or https URL, or oob.");
  }
  return authorizeOAuth1(tokenRequest(endpoints.request_token_url), client, {
    timestamp,
    nonce,
    extra: { oauth_callback },
  });
}

/**
 * Reads the answer of step 1.
 *
 * @throws LatchkeyError with the problem's own name; `callback_not_confirmed` without
 *   `oauth_callback_confirmed=true`; `token_answer_unreadable` and its kin for anything else
 */
export function processRequestToken(response: HttpResponse, context: ProblemContext = {}): RequestToken {
  const answer = readAnswer(response, context);
  const { oauth_token, oauth_token_secret } = tokenPair(answer, response);
  if (answer.get("oauth_callback_confirmed") !== "true") throw new LatchkeyError("callback_not_confirmed");
  return { oauth_token, oauth_token_secret: new Secret(oauth_token_secret) };
}

/** Step 2: where the browser goes. @see RFC 5849 section 2.2 */
export function authorizeUrl(endpoints: OAuth1Endpoints, oauth_token: string): string {
  return `${endpoints.authorize_url}?oauth_token=${percentEncode(oauth_token)}`;
}

/**
 * Step 3: exchanges the temporary credentials.
 *
 * @throws TypeError unless `validated` came out of `validateCallback` or `validateVerifier`, for this very token
 * @see RFC 5849 section 2.3
 */
export async function buildAccessToken(
  endpoints: OAuth1Endpoints,
  client: OAuth1Client,
  requestToken: RequestToken,
  validated: ValidatedOAuth1Callback,
  at: At,
): Promise<HttpRequest> {
  if (!isValidated(validated))
    throw new TypeError("Only a callback from validateCallback() can be exchanged.");
  if (!sameSecret(validated.oauth_token, requestToken.oauth_token)) {
    throw new TypeError("The callback was validated for another request token.");
  }
  return authorizeOAuth1(tokenRequest(endpoints.access_token_url), client, {
    ...at,
    oauth_token: new Secret(requestToken.oauth_token),
    extra: { oauth_verifier: validated.oauth_verifier.reveal() },
  });
}

/**
 * Reads the answer of step 3, or of a renewal. Lifetimes count from receipt.
 *
 * @param received_at_ms milliseconds since the epoch
 */
export function processAccessToken(
  response: HttpResponse,
  received_at_ms: number,
  context: ProblemContext = {},
): OAuth1Tokens {
  const answer = readAnswer(response, context);
  const pair = tokenPair(answer, response);
  const handle = answer.get("oauth_session_handle");
  const expires_in = seconds(answer.get("oauth_expires_in"));
  const session_expires_in = seconds(answer.get("oauth_authorization_expires_in"));
  return {
    oauth_token: new Secret(pair.oauth_token),
    oauth_token_secret: new Secret(pair.oauth_token_secret),
    ...(expires_in !== undefined && { expires_at: received_at_ms + expires_in * 1000 }),
    ...(handle && { oauth_session_handle: new Secret(handle) }),
    ...(session_expires_in !== undefined && {
      session_expires_at: received_at_ms + session_expires_in * 1000,
    }),
  };
}

/**
 * Asks for a new access token with the session handle, without the person.
 *
 * @throws LatchkeyError `refresh_token_absent` where Jira gave no session handle
 */
export async function buildRenewal(
  endpoints: OAuth1Endpoints,
  client: OAuth1Client,
  tokens: OAuth1Tokens,
  at: At,
): Promise<HttpRequest> {
  if (!tokens.oauth_session_handle) {
    throw new LatchkeyError(
      "refresh_token_absent",
      "Jira gave no session handle, so this token cannot be renewed.",
      {
        fix: "Connect again.",
      },
    );
  }
  return authorizeOAuth1(tokenRequest(endpoints.access_token_url), client, {
    ...at,
    oauth_token: tokens.oauth_token,
    extra: { oauth_session_handle: tokens.oauth_session_handle.reveal() },
  });
}

function readAnswer(response: HttpResponse, context: ProblemContext): ReadonlyMap<string, string> {
  const problem = oauthProblemOf(response);
  if (problem) throw problemError(problem, { ...context, status: response.status });
  if (response.status !== 200 || response.body.length > 65_536) throw wordlessFailure(response);
  const answer = new Map<string, string>();
  for (const [name, value] of parseForm(bodyText(response).trim())) {
    if (answer.has(name)) throw wordlessFailure(response);
    answer.set(name, value);
  }
  return answer;
}

function tokenPair(
  answer: ReadonlyMap<string, string>,
  response: HttpResponse,
): { oauth_token: string; oauth_token_secret: string } {
  const oauth_token = answer.get("oauth_token");
  if (!oauth_token) throw wordlessFailure(response);
  return { oauth_token, oauth_token_secret: answer.get("oauth_token_secret") ?? "" };
}

function seconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}
