/** Whether a policy is one, without making it: nothing is hashed and nothing passes. */
import { readPolicy } from "./apply.ts";
import type { FieldDescription } from "./custom.ts";
import type { Mistake } from "./rules.ts";

const NO_KEY = { id: "check", bytes: new Uint8Array(32) } as const;

/**
 * Every mistake of a policy: of its form, endpoints that are no operation of this flavor, rules that match nothing,
 * rules that the ones before them shadow, treatments that a kind cannot have. None means that it compiles. Rules about
 * a site's own fields are judged where those fields are given.
 */
export function checkPolicy(
  document: unknown,
  options: { readonly custom_fields?: readonly FieldDescription[] } = {},
): Mistake[] {
  const known = options.custom_fields !== undefined;
  return readPolicy(document, { ...options, tenant: "", keys: [NO_KEY] }, known).mistakes;
}
