import { type Json, markdownOf } from "../jira/index.ts";
import { digestOf } from "./digest.ts";
import type { ConflictRule, Difference, PushOptions } from "./model.ts";
import type { PlannedField } from "./plan.ts";

/** Digests of what we sent last and of what Jira made of it, by field id. */
export type Pushed = Readonly<Record<string, { readonly ours: string; readonly theirs?: string }>>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;

/** What matters of a value, the same whether we wrote it or Jira shows it. */
export function essence(value: unknown): unknown {
  if (value === undefined || value === "") return null;
  if (typeof value === "string") return value.replace(/\r\n?/g, "\n").trim();
  if (Array.isArray(value)) {
    const parts = value.map(essence).sort((a, b) => (digestOf(a) < digestOf(b) ? -1 : 1));
    return parts.length === 0 ? null : parts;
  }
  if (!isObject(value)) return value;
  if (value.type === "doc") return markdownOf(value).trim() || null;
  const name = value.accountId ?? value.id ?? value.name ?? value.key ?? value.value;
  if (name === undefined) return value;
  return value.child === undefined ? String(name) : [String(name), essence(value.child)];
}

/** A value of Jira in words. */
export function inWords(field_id: string, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (Array.isArray(value)) return value.map((one) => inWords(field_id, one));
  if (isObject(value)) {
    if (value.type === "doc") return markdownOf(value);
    const word = value.displayName ?? value.value ?? value.name ?? value.key ?? value.id;
    return isObject(value.child)
      ? `${String(word)} > ${String(inWords(field_id, value.child))}`
      : (word ?? value);
  }
  return field_id === "description" ? markdownOf(value) : value;
}

export function oursOf(field: PlannedField): string {
  return digestOf(essence(field.value));
}

export function theirsOf(id: string, values: Json): string {
  return digestOf(essence(values[id]));
}

export type Verdict = {
  /** What is to be written. */
  readonly send: readonly PlannedField[];
  /** Told, and left as it is. */
  readonly differs: readonly Difference[];
  /** What is remembered of those that are not written. */
  readonly settled: Pushed;
};

/**
 * Field by field: what we changed is written, unless Jira's value was changed too; then the rule decides. What we did
 * not change is never written, whatever Jira has made of it.
 */
export function judge(
  fields: readonly PlannedField[],
  pushed: Pushed,
  values: Json,
  options: PushOptions,
): Verdict {
  const send: PlannedField[] = [];
  const differs: Difference[] = [];
  const settled: Record<string, Pushed[string]> = {};
  for (const field of fields) {
    const before = pushed[field.id];
    const ours = oursOf(field);
    const theirs = theirsOf(field.id, values);
    if (before?.ours === ours) continue;
    if (ours === theirs) settled[field.id] = { ours, theirs };
    else if (before !== undefined && (before.theirs === undefined || before.theirs === theirs))
      send.push(field);
    else if (before === undefined && essence(values[field.id]) === null) send.push(field);
    else if (ruleFor(field, options) === "ours") send.push(field);
    else if (ruleFor(field, options) === "theirs") settled[field.id] = { ours, theirs };
    else differs.push({ field: field.name, ours: field.given, theirs: inWords(field.id, values[field.id]) });
  }
  return { send, differs, settled };
}

function ruleFor(
  { id, name, title }: PlannedField,
  { conflict = {}, on_conflict = "report" }: PushOptions,
): ConflictRule {
  const named = Object.entries(conflict).find(([field]) =>
    [id, name, title].some((one) => one.toLowerCase() === field.toLowerCase()),
  );
  return named?.[1] ?? on_conflict;
}
