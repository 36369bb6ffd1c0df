/** What stands behind one request while it is judged. */
import { LatchkeyError } from "../errors.ts";
import type { ResolvePerson } from "./jql.ts";
import { PEOPLE } from "./kinds.ts";
import { type Pseudonyms, readToken } from "./pseudonym.ts";
import type { JqlRule } from "./rules.ts";

export type Asking = {
  readonly pseudonyms: Pseudonyms;
  readonly jql: JqlRule;
  /** For one-way pseudonyms: who is known by a token. Reversible tokens need nobody. */
  readonly resolve: ResolvePerson;
};

/**
 * Opens a token of one of these kinds if it can be opened, and asks who is known by it if not. A token of another
 * kind (where a page begins, a title) stands for nobody.
 */
export function personOf(
  token: string,
  asking: Asking,
  kinds: ReadonlySet<string> = PEOPLE,
): string | undefined {
  const read = readToken(token);
  if (read === undefined || !kinds.has(read.kind)) return undefined;
  return read.reversible ? asking.pseudonyms.open(read.kind, token) : asking.resolve(token);
}

export function denied(what: string, fix: string): LatchkeyError {
  return new LatchkeyError("policy_denied", what, { details: { what }, fix });
}
