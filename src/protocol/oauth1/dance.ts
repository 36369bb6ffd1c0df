import type { HttpRequest, HttpResponse } from "../../http.ts";
import type { Secret } from "../../secret.ts";
import type { At, OAuth1Client } from "./authorize.ts";

export type OAuth1Endpoints = {
  readonly request_token_url: string;
  readonly authorize_url: string;
  readonly access_token_url: string;
};

export type RequestToken = { readonly oauth_token: string; readonly oauth_token_secret: Secret };

export type OAuth1Tokens = {
  readonly oauth_token: Secret;
  readonly oauth_token_secret: Secret;
  /** Milliseconds since the epoch, counted from receipt. */
  readonly expires_at?: number;
  readonly oauth_session_handle?: Secret;
  /** Milliseconds since the epoch, counted from receipt. */
  readonly session_expires_at?: number;
};

declare const validated: unique symbol;
export type ValidatedOAuth1Callback = {
  readonly oauth_token: string;
  readonly oauth_verifier: Secret;
  readonly [validated]: true;
};

export function endpointsOf(_base_url: string): OAuth1Endpoints {
  throw new Error("not built yet");
}
export function buildRequestToken(
  _endpoints: OAuth1Endpoints,
  _client: OAuth1Client,
  _options: At & { readonly oauth_callback: string },
): Promise<HttpRequest> {
  throw new Error("not built yet");
}
export function processRequestToken(_response: HttpResponse): RequestToken {
  throw new Error("not built yet");
}
export function authorizeUrl(_endpoints: OAuth1Endpoints, _oauth_token: string): string {
  throw new Error("not built yet");
}
export function validateCallback(
  _params: URLSearchParams,
  _expected: { readonly oauth_token: string },
): ValidatedOAuth1Callback {
  throw new Error("not built yet");
}
export function validateVerifier(
  _text: string,
  _expected: { readonly oauth_token: string },
): ValidatedOAuth1Callback {
  throw new Error("not built yet");
}
export function buildAccessToken(
  _endpoints: OAuth1Endpoints,
  _client: OAuth1Client,
  _requestToken: RequestToken,
  _validated: ValidatedOAuth1Callback,
  _at: At,
): Promise<HttpRequest> {
  throw new Error("not built yet");
}
export function processAccessToken(_response: HttpResponse, _received_at_ms: number): OAuth1Tokens {
  throw new Error("not built yet");
}
export function buildRenewal(
  _endpoints: OAuth1Endpoints,
  _client: OAuth1Client,
  _tokens: OAuth1Tokens,
  _at: At,
): Promise<HttpRequest> {
  throw new Error("not built yet");
}
