import type { LatchkeyError } from "../../errors.ts";
import type { HttpRequest, HttpResponse } from "../../http.ts";
import type { Secret } from "../../secret.ts";
import type { Dialect, OAuth2Endpoints } from "../flavors.ts";
import type { OAuth2Client, ValidatedOAuth2Callback } from "./authorize.ts";

export type TokenSet = {
  readonly access_token: Secret;
  readonly token_type: string;
  /** Milliseconds since the epoch: receipt + expires_in, without a margin. */
  readonly expires_at: number;
  readonly refresh_token?: Secret;
  readonly scope: readonly string[] | undefined;
};

/** dead: only a new consent helps. registration: our client is wrong, no family dies. passing: try again. */
export type RefreshFailure = "dead" | "registration" | "passing";

export function buildCodeExchange(
  _dialect: Dialect,
  _endpoints: OAuth2Endpoints,
  _client: OAuth2Client,
  _validated: ValidatedOAuth2Callback,
  _options: { readonly code_verifier: Secret | string },
): HttpRequest {
  throw new Error("not built yet");
}
export function buildRefresh(
  _dialect: Dialect,
  _endpoints: OAuth2Endpoints,
  _client: OAuth2Client,
  _refresh_token: Secret,
): HttpRequest {
  throw new Error("not built yet");
}
export function processTokenResponse(_response: HttpResponse, _received_at_ms: number): TokenSet {
  throw new Error("not built yet");
}
export function usableUntil(_tokens: { readonly expires_at: number }, _margin_s = 60): number {
  throw new Error("not built yet");
}
export function tokenError(_response: HttpResponse): LatchkeyError {
  throw new Error("not built yet");
}
export function classifyRefreshFailure(_failure: unknown): RefreshFailure {
  throw new Error("not built yet");
}
