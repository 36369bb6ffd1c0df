import type { Secret } from "../../secret.ts";
import type { Dialect, OAuth2Endpoints } from "../flavors.ts";

export type { OAuth2Endpoints } from "../flavors.ts";

export type OAuth2Client = {
  readonly client_id: string;
  readonly client_secret?: Secret;
  readonly redirect_uri: string;
};

declare const validated: unique symbol;
export type ValidatedOAuth2Callback = { readonly code: Secret; readonly [validated]: true };

export function buildAuthorizeUrl(
  _dialect: Dialect,
  _endpoints: OAuth2Endpoints,
  _client: OAuth2Client,
  _options: { readonly scope: readonly string[]; readonly state: string; readonly code_challenge: string },
): string {
  throw new Error("not built yet");
}
export function validateCallback(
  _params: URLSearchParams,
  _expected: { readonly state: string },
): ValidatedOAuth2Callback {
  throw new Error("not built yet");
}
export function isValidated(_callback: ValidatedOAuth2Callback): boolean {
  throw new Error("not built yet");
}
