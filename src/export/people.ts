import type { Json } from "../jira/index.ts";

const DEEP = 8;

/** The people inside a value, each as a line of JSON. Rich text is left aside: it names people by id alone. */
export function collectPeople(value: unknown): readonly string[] {
  const found = new Set<string>();
  walk(value, 0, found);
  return [...found];
}

function walk(value: unknown, depth: number, found: Set<string>): void {
  if (typeof value !== "object" || value === null || depth > DEEP) return;
  if (Array.isArray(value)) {
    for (const item of value) walk(item, depth + 1, found);
    return;
  }
  const members = value as Json;
  if (members.type === "doc") return;
  if (personKey(members) !== undefined) {
    found.add(JSON.stringify(members));
    return;
  }
  for (const name in members) {
    const member = members[name];
    if (typeof member === "object" && member !== null) walk(member, depth + 1, found);
  }
}

/** What tells people apart; `undefined` for what is no person. */
export function personKey(value: Json): string | undefined {
  const { accountId, key, name, active, displayName } = value;
  if (typeof accountId === "string") return accountId;
  const local = typeof key === "string" ? key : name;
  const person = typeof active === "boolean" && typeof displayName === "string";
  return person && typeof local === "string" ? local : undefined;
}
