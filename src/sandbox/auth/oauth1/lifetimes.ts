import type { OAuth1Token } from "../state.ts";

/** 10 minutes. */
const REQUEST_TOKEN_TTL_MS = 600_000;
/** 5 years of 365 days. */
export const ACCESS_TOKEN_TTL_MS = 157_680_000_000;
/** 30 days longer than the access token. */
export const SESSION_TTL_MS = ACCESS_TOKEN_TTL_MS + 2_592_000_000;

/** Whether a token is past its life; at exactly its age limit it is still good. */
export function isExpired(token: OAuth1Token, now_ms: number): boolean {
  return now_ms - token.created_ms > (token.kind === "request" ? REQUEST_TOKEN_TTL_MS : ACCESS_TOKEN_TTL_MS);
}
