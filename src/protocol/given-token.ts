/** Tokens that a person makes in Jira and hands over: which kinds there are, and what a text looks like. Pure. */

/** `personal-access-token`: Data Center's. `api-token`: Cloud's, used with the account's e-mail address. */
export type GivenTokenKind = "personal-access-token" | "api-token";

/** What a text that was given as a token seems to be. */
export type TokenForm =
  | GivenTokenKind
  | "oauth-access-token"
  | "oauth-client-secret"
  | "bitbucket-token"
  | "latchkey-handle"
  | "authorization-header"
  | "e-mail-address";

/** In words, as they stand in a sentence. */
export const FORM_WORDS: Readonly<Record<TokenForm, string>> = {
  "personal-access-token": "a personal access token of Data Center",
  "api-token": "an API token of Atlassian's cloud",
  "oauth-access-token": "an access token of OAuth 2.0, which ends within the hour",
  "oauth-client-secret": "the client secret of an OAuth 2.0 app",
  "bitbucket-token": "a token of Bitbucket",
  "latchkey-handle": "a handle of Latchkey",
  "authorization-header": "a whole Authorization header",
  "e-mail-address": "an e-mail address",
};

const FORMS: readonly (readonly [form: TokenForm, pattern: RegExp])[] = [
  ["api-token", /^ATATT[0-9A-Za-z_=-]{16,}$/],
  ["oauth-client-secret", /^ATOA[0-9A-Za-z_=-]{16,}$/],
  ["bitbucket-token", /^(?:ATBB|ATCTT)[0-9A-Za-z_=-]{12,}$/],
  ["latchkey-handle", /^lk_[0-9A-Za-z_-]{16,}$/],
  ["authorization-header", /^(?:bearer|basic|authorization:)\s+\S/i],
  ["oauth-access-token", /^eyJ[0-9A-Za-z_-]+\.[0-9A-Za-z_-]+\.[0-9A-Za-z_-]*$/],
  ["e-mail-address", /^[^\s@:]+@[^\s@:]+\.[^\s@:]+$/],
];

/** The form of a token, where it has one; `undefined` says nothing against it. */
export function recogniseToken(text: string): TokenForm | undefined {
  const known = FORMS.find(([, pattern]) => pattern.test(text))?.[0];
  return known ?? (isPersonalAccessToken(text) ? "personal-access-token" : undefined);
}

/** Data Center's are 33 bytes in base64, the token's number and a colon in front. */
function isPersonalAccessToken(text: string): boolean {
  if (!/^[0-9A-Za-z+/]{44}$/.test(text)) return false;
  return /^\d{6,}:/.test(atob(text));
}
