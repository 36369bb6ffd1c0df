import type { Face, Route } from "../message.ts";

/** Every route of one face: sign-in, consent, tokens, pages and the REST mounts. */
export function authRoutes(_face: Face): Route[] {
  return [];
}
