import type { HttpRequest } from "../../http.ts";
import type { Secret } from "../../secret.ts";
import type { SigningKey } from "./key.ts";

export type OAuth1Client = { readonly consumer_key: string; readonly key: SigningKey };

/** `timestamp` in seconds; a fresh `nonce` for every request, also for every retry. */
export type At = { readonly timestamp: number; readonly nonce: string };

export type OAuth1Options = At & {
  /** The token; `''` makes a 2-legged call; absent in the first step of the dance. */
  readonly oauth_token?: Secret | "";
  /** oauth_callback, oauth_verifier, oauth_session_handle. */
  readonly extra?: Readonly<Record<string, string>>;
  readonly realm?: string;
};

export type Signer = {
  authorize(request: HttpRequest, options: OAuth1Options): Promise<HttpRequest>;
  authorizeSync(request: HttpRequest, options: OAuth1Options): HttpRequest;
};

export function prepareSigner(_client: OAuth1Client): Signer {
  throw new Error("not built yet");
}
export function authorizeOAuth1(
  _request: HttpRequest,
  _client: OAuth1Client,
  _options: OAuth1Options,
): Promise<HttpRequest> {
  throw new Error("not built yet");
}
