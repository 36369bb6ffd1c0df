import type { Json } from "../jira/index.ts";

const DEEP = 8;

/** Hands on the people inside a value. Rich text is left aside: it names people by id alone. */
export function eachPerson(value: unknown, met: (key: string, person: Json) => void, depth = 0): void {
  if (typeof value !== "object" || value === null || depth > DEEP) return;
  if (Array.isArray(value)) {
    for (const item of value) eachPerson(item, met, depth + 1);
    return;
  }
  const members = value as Json;
  if (members.type === "doc") return;
  const key = personKey(members);
  if (key !== undefined) {
    met(key, members);
    return;
  }
  for (const name in members) {
    const member = members[name];
    if (typeof member === "object" && member !== null) eachPerson(member, met, depth + 1);
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
