import type { Dialect } from "../protocol/flavors.ts";
import type { PersonValue } from "./resources.ts";

/** A person as this flavor's fields take one. */
export function userValue(dialect: Dialect, { person }: PersonValue): Readonly<Record<string, string>> {
  if (dialect.user_id === "accountId") return { accountId: person.account_id };
  return { name: person.name ?? person.account_id };
}

export function isPersonValue(value: unknown): value is PersonValue {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const { person, ...rest } = value as Readonly<Record<string, unknown>>;
  if (typeof person !== "object" || person === null || Object.keys(rest).length > 0) return false;
  return typeof (person as Readonly<Record<string, unknown>>).account_id === "string";
}
