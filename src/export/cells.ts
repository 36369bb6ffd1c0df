import { type Json, plainText } from "../jira/index.ts";

/** A value as one cell of a table: what a person would read. The whole value stands in the JSON beside it. */
export function cellOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) {
    const cells = value.map(cellOf).filter((cell) => cell !== null);
    return cells.length === 0 ? null : cells.join("; ");
  }
  const members = value as Json;
  if (members.type === "doc") return plainText(value);
  if (typeof members.child === "object" && typeof members.value === "string")
    return `${members.value} - ${cellOf(members.child)}`;
  const told = [members.displayName, members.name, members.value, members.key, members.accountId];
  const found = told.find((one) => typeof one === "string" && one !== "");
  return typeof found === "string" ? found : JSON.stringify(value);
}

/** Text of a comment or worklog, in either form of Jira. */
export const textOf = (value: unknown): string | null =>
  value === null || value === undefined ? null : plainText(value);

/** Who: the account id on Cloud, the key or name on Data Center. */
export function personId(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return null;
  const { accountId, key, name } = value as Json;
  const found = [accountId, key, name].find((one) => typeof one === "string" && one !== "");
  return typeof found === "string" ? found : null;
}
