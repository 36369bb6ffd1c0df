/** What every change of an issue has in common: the time stamp, the history entry, the world's counter. */
import { changed, type Issue, type JiraRecord, type Json, nextId } from "../world/model.ts";
import { personRecord } from "../world/people.ts";
import { type Call, isObject, timestamp } from "./call.ts";

/** One line of a history entry. */
export type HistoryItem = {
  readonly field: string;
  readonly fieldId: string;
  readonly custom: boolean;
  /** Id and words of the value before and after; null = was empty. */
  readonly from: readonly [string | null, string | null];
  readonly to: readonly [string | null, string | null];
};

/** The fields of an issue, for writing. */
export function writableFields(issue: Issue): JiraRecord {
  if (!isObject(issue.raw.fields)) issue.raw.fields = {};
  return issue.raw.fields;
}

/** Call before writing: the issue is no longer given back as loaded, its `updated` is now. */
export function beginEdit(call: Call, issue: Issue): JiraRecord {
  indexLater(call, issue.id, issue);
  changed(call.world, issue, call.now);
  call.sandbox.touched("world");
  const fields = writableFields(issue);
  fields.updated = timestamp(call.now);
  return fields;
}

/** Call before an issue is made (`before` undefined), changed or deleted: search learns of it after its lag. */
export function indexLater(call: Call, id: string, before: Issue | undefined): void {
  call.sandbox.index.remember(call.site, id, before, call.now, indexLag(call));
}

/** How far search lags behind, milliseconds. */
export function indexLag(call: Call): number {
  return Number(call.sandbox.switch("index_lag_ms"));
}

/** Writes what changed into the issue's history; nothing changed, nothing written. */
export function recordHistory(
  call: Call,
  issue: Issue,
  items: readonly HistoryItem[],
  typeName = "issue_updated",
): void {
  const real = items.filter((item) => item.from[0] !== item.to[0] || item.from[1] !== item.to[1]);
  if (real.length === 0) return;
  const changelog = {
    id: nextId(call.site, "history"),
    items: real.map((item) => itemRecord(call, item)),
  };
  issue.changelog.push({
    id: changelog.id,
    ...(call.user === undefined ? {} : { author: author(call) }),
    created: timestamp(call.now),
    items: changelog.items,
  });
  call.happenings.push({ event: "jira:issue_updated", typeName, issue, changelog });
}

function itemRecord(call: Call, item: HistoryItem): JiraRecord {
  return {
    field: item.field,
    fieldtype: item.custom ? "custom" : "jira",
    ...(call.site.face === "cloud" ? { fieldId: item.fieldId } : {}),
    from: item.from[0],
    fromString: item.from[1],
    to: item.to[0],
    toString: item.to[1],
  } as unknown as JiraRecord;
}

/** The caller as records name their author. */
export function author(call: Call): Json {
  return call.user === undefined ? null : personRecord(call.user, call.site.face === "cloud");
}

/** Id and words of a value, as histories name it. */
export function endsOf(value: Json | undefined): [string | null, string | null] {
  if (value === null || value === undefined) return [null, null];
  if (Array.isArray(value)) {
    const parts = value.map(endsOf);
    const ids = parts.map(([id]) => id).filter((id) => id !== null);
    return [ids.length === 0 ? null : ids.join(", "), parts.map(([, words]) => words ?? "").join(" ")];
  }
  if (isObject(value)) {
    const id = value.accountId ?? value.id ?? value.key ?? value.name;
    const words = value.displayName ?? value.name ?? value.value ?? value.key;
    return [id === undefined ? null : String(id), words === undefined ? null : String(words)];
  }
  return [null, String(value)];
}
