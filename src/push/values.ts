import type { Json } from "../jira/index.ts";
import { richTextFor, userValue } from "../jira/index.ts";
import type { Dialect } from "../protocol/flavors.ts";
import type { FormField } from "./form.ts";
import { nearTo } from "./names.ts";
import type { People } from "./people.ts";

/** A value in Jira's form, or why there is none. */
export type Converted =
  | { readonly value: unknown }
  | { readonly problem: string; readonly allowed?: readonly string[] };

export type ValueContext = { readonly dialect: Dialect; readonly people: People };

const CHOSEN = new Set(
  "option priority version component securitylevel resolution issuetype status project group".split(" "),
);
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const problem = (text: string, allowed?: readonly string[]): Converted => ({
  problem: text,
  ...(allowed ? { allowed: allowed.slice(0, 50) } : {}),
});

/** Brings a value as people write it into the form that Jira takes for this field. `null` empties the field. */
export async function convert(field: FormField, given: unknown, context: ValueContext): Promise<Converted> {
  if (given === null) return { value: null };
  if (field.type === "array") return await list(field, given, context);
  return await single(field, field.type, given, context);
}

async function list(field: FormField, given: unknown, context: ValueContext): Promise<Converted> {
  if (!Array.isArray(given)) return problem("It is a list.");
  const values: unknown[] = [];
  for (const one of given) {
    const converted = await single(field, field.items ?? "any", one, context);
    if ("problem" in converted) return converted;
    values.push(converted.value);
  }
  return { value: values };
}

async function single(
  field: FormField,
  type: string,
  given: unknown,
  context: ValueContext,
): Promise<Converted> {
  if (type === "user") return await person(given, context);
  if (type === "option-with-child") return cascade(field, given);
  if (CHOSEN.has(type) || (field.allowed && field.allowed.length > 0))
    return choice(field.allowed, given, type);
  switch (type) {
    case "string":
      return text(field, given, context.dialect);
    case "number":
      return number(given);
    case "date":
      return day(given);
    case "datetime":
      return moment(given);
    case "issuelink":
      return typeof given === "string" ? { value: { key: given } } : { value: given };
    default:
      return { value: given };
  }
}

/** Fields whose text is rich: ADF on Cloud, wiki text on Data Center. */
export function isRich(field: Pick<FormField, "id" | "custom">): boolean {
  return field.id === "description" || field.id === "environment" || /:textarea$/.test(field.custom ?? "");
}

function text(field: FormField, given: unknown, dialect: Dialect): Converted {
  if (isObject(given) && isRich(field) && (typeof given.markdown === "string" || "adf" in given)) {
    if (!("markdown" in given) && dialect.rich_text !== "adf")
      return problem("This Jira takes no ADF; give Markdown.");
    return { value: richTextFor(dialect, given as { markdown: string }) };
  }
  if (typeof given !== "string" && typeof given !== "number") return problem("It is a text.");
  if (!isRich(field)) return { value: String(given) };
  return { value: given === "" ? null : richTextFor(dialect, { markdown: String(given) }) };
}

function number(given: unknown): Converted {
  const value = typeof given === "string" && given.trim() !== "" ? Number(given) : given;
  return typeof value === "number" && Number.isFinite(value) ? { value } : problem("It is a number.");
}

function day(given: unknown): Converted {
  const text = typeof given === "string" ? given.trim() : "";
  const date = /^\d{4}-\d{2}-\d{2}/.test(text) ? new Date(`${text.slice(0, 10)}T00:00:00Z`) : undefined;
  if (!date || Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== text.slice(0, 10)) {
    return problem("It is a date, such as 2026-11-20.");
  }
  return { value: text.slice(0, 10) };
}

function moment(given: unknown): Converted {
  const date = typeof given === "string" || typeof given === "number" ? new Date(given) : undefined;
  if (!date || Number.isNaN(date.getTime())) return problem("It is a time, such as 2026-11-20T09:30:00Z.");
  return { value: date.toISOString().replace("Z", "+0000") };
}

async function person(given: unknown, { dialect, people }: ValueContext): Promise<Converted> {
  if (isObject(given) && typeof given.account_id !== "string") return { value: given };
  const named = isObject(given) ? given.account_id : given;
  if (typeof named !== "string" || named.trim() === "")
    return problem("It is an e-mail address or an account id.");
  const found = await people.find(named.trim());
  if (found) return { value: userValue(dialect, { person: found }) };
  return problem(
    named.includes("@")
      ? "Nobody with this e-mail address is visible to the account; give the account id."
      : "There is no such person, or the account may not see them.",
  );
}

const wordsOf = (one: Json): string[] =>
  [one.id, one.value, one.name, one.key].filter((word) => word !== undefined && word !== null).map(String);
const titleOf = (one: Json): string => String(one.value ?? one.name ?? one.key ?? one.id);

/** The one of the allowed values that is called so, by id, value, name or key. */
function find(allowed: readonly Json[], given: unknown): Json | undefined {
  const wanted = isObject(given) ? wordsOf(given) : [String(given)];
  const same = (one: Json, fold: (word: string) => string) =>
    wordsOf(one).some((word) => wanted.some((other) => fold(word) === fold(other)));
  const low = (word: string) => word.trim().toLowerCase();
  return allowed.find((one) => same(one, String)) ?? allowed.find((one) => same(one, low));
}

function choice(allowed: readonly Json[] | undefined, given: unknown, type = "option"): Converted {
  if (!isObject(given) && typeof given !== "string" && typeof given !== "number") {
    return problem("It is the name of one of the allowed values.", allowed?.map(titleOf));
  }
  if (!allowed || allowed.length === 0) {
    const name = type === "option" ? "value" : type === "project" ? "key" : "name";
    return { value: isObject(given) ? given : { [name]: String(given) } };
  }
  const found = find(allowed, given);
  if (found) return { value: { id: String(found.id ?? found.value) } };
  const names = allowed.map(titleOf);
  const near = isObject(given) ? [] : nearTo(String(given), names);
  const meant = near.length > 0 ? ` Perhaps ${near.join(" or ")} is meant.` : "";
  return problem(`It is none of the allowed values.${meant}`, names);
}

/** `"Europe > France"`, `["Europe", "France"]`, or Jira's own `{value, child}`. */
function cascade(field: FormField, given: unknown): Converted {
  const path = Array.isArray(given)
    ? given
    : isObject(given)
      ? [given, given.child].filter((one) => one !== undefined)
      : String(given).split(/\s*>\s*/);
  const parent = choice(field.allowed, path[0]);
  if ("problem" in parent || path.length < 2) return parent;
  const children = find(field.allowed ?? [], path[0])?.children;
  const child = choice(Array.isArray(children) ? (children as Json[]) : undefined, path[1]);
  return "problem" in child ? child : { value: { ...(parent.value as Json), child: child.value } };
}
