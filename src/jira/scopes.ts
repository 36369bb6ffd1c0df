import { type OperationScopes, scopesFor } from "./operations.ts";

/** What a call needs, set against what the token has. */
export type ScopeLedger = {
  readonly method: string;
  /** The operation's path as Atlassian writes it. */
  readonly path: string;
  /** What the operation asks for, in both vocabularies of Atlassian. */
  readonly needed: OperationScopes;
  /** As the token answer listed them; absent where nobody knows. */
  readonly granted?: readonly string[];
  /** What is needed and not granted, in the vocabulary the grant is written in. */
  readonly missing: readonly string[];
  /** What to ask for in a new consent, so that this call works and nothing is lost. */
  readonly ask: readonly string[];
};

/** A granular scope names an entity: `read:issue:jira`. */
const isGranular = (scope: string) => scope.split(":").length > 2;

/**
 * The ledger of a call to Jira Cloud; `undefined` where the operations table does not know the path. An operation is
 * allowed by all of its classic scopes, or by all of its granular ones.
 */
export function scopeLedger(
  method: string,
  path: string,
  granted: readonly string[] | undefined,
): ScopeLedger | undefined {
  const needed = scopesFor(method, path);
  if (needed === undefined) return undefined;
  const { classic, granular } = needed;
  const inGranular = granular.length > 0 && (classic.length === 0 || granted?.some(isGranular) === true);
  const wanted = inGranular ? granular : classic;
  const have = new Set(granted);
  const missing = allows(needed, have) ? [] : wanted.filter((scope) => !have.has(scope));
  const ask = [...new Set([...(granted ?? []), ...wanted])];
  return { method, path: needed.path, needed, missing, ask, ...(granted ? { granted: [...granted] } : {}) };
}

/** An operation with an empty list is not proven to need anything. */
function allows({ oauth2, classic, granular }: OperationScopes, have: ReadonlySet<string>): boolean {
  if (!oauth2) return false;
  return [classic, granular].some((set) => set.length === 0 || set.every((scope) => have.has(scope)));
}

/** Whether the grant provably does not allow the call: Jira would refuse it. */
export function provenMissing(ledger: ScopeLedger | undefined): ledger is ScopeLedger {
  return ledger?.granted !== undefined && ledger.missing.length > 0;
}
