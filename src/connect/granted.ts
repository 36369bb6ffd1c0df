/** Whether what was granted is what was asked for. */
import { LatchkeyError } from "../errors.ts";
import { FLAVORS, type Flavor } from "../protocol/flavors.ts";

/** Data Center's scopes include the ones before them. */
const RANKS = ["READ", "WRITE", "ADMIN", "SYSTEM_ADMIN"];

/**
 * Refuses a grant that reaches less far than asked, now, where the person can mend it, instead of at some later
 * call. An answer that names no scopes grants what was asked.
 *
 * @throws LatchkeyError `scope_missing`, with the missing scopes in its details
 * @see RFC 6749 section 3.3
 */
export function refuseMissingScopes(
  flavor: Flavor,
  asked: readonly string[],
  granted: readonly string[] | undefined,
): void {
  if (granted === undefined || granted.length === 0) return;
  const missing = asked.filter(
    (scope) => scope !== FLAVORS[flavor].refresh_scope && !isGranted(flavor, scope, granted),
  );
  if (missing.length === 0) return;
  throw new LatchkeyError(
    "scope_missing",
    `Jira granted less than was asked for: ${words(missing)} missing.`,
    {
      details: { missing, asked, granted },
      fix:
        FLAVORS[flavor].deployment === "cloud"
          ? "Add the scope to the app under Permissions in the developer console, then connect again."
          : "Raise the permission of the incoming link in Jira, then connect again.",
    },
  );
}

function isGranted(flavor: Flavor, scope: string, granted: readonly string[]): boolean {
  if (granted.includes(scope)) return true;
  if (FLAVORS[flavor].deployment === "cloud") return false;
  const rank = RANKS.indexOf(scope);
  return rank >= 0 && granted.some((other) => RANKS.indexOf(other) >= rank);
}

function words(missing: readonly string[]): string {
  const shown = missing.filter((scope) => /^[\w:.-]{1,80}$/.test(scope)).slice(0, 10);
  return `${shown.join(", ")} ${shown.length === 1 ? "is" : "are"}`;
}
