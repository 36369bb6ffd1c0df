/** WAS and CHANGED: what an issue's changelog says about the past of a field. */
import type { Issue } from "../world/model.ts";
import { asRecord, fieldOf, instantOfJira, optionKeys, personKeys } from "./values.ts";

/** One change of one field: what it was, what it became, who did it and when. */
export type Change = {
  readonly at: number;
  readonly by: readonly string[];
  readonly from: readonly string[];
  readonly to: readonly string[];
};

/** The conditions that may follow WAS and CHANGED, already resolved. */
export type HistoryLimits = {
  readonly by?: ReadonlySet<string>;
  readonly from?: ReadonlySet<string>;
  readonly to?: ReadonlySet<string>;
  /** Instants, both inclusive. */
  readonly after?: number;
  readonly before?: number;
};

const CHANGELOG_NAMES: Record<string, string> = { fixVersions: "Fix Version", issuetype: "issuetype" };

/** The changes of a field, oldest first. */
export function changesOf(issue: Issue, fieldId: string): Change[] {
  const wanted = new Set([fieldId.toLowerCase(), (CHANGELOG_NAMES[fieldId] ?? fieldId).toLowerCase()]);
  const changes: Change[] = [];
  for (const history of issue.changelog) {
    const at = instantOfJira(history.created) ?? issue.created_ms;
    if (!Array.isArray(history.items)) continue;
    for (const item of history.items) {
      const change = asRecord(item);
      if (change === undefined) continue;
      const names = [change.field, change.fieldId].map((name) => String(name ?? "").toLowerCase());
      if (!names.some((name) => wanted.has(name))) continue;
      changes.push({
        at,
        by: personKeys(history.author),
        from: lower(change.from, change.fromString),
        to: lower(change.to, change.toString),
      });
    }
  }
  return changes.sort((a, b) => a.at - b.at);
}

function lower(...values: unknown[]): string[] {
  const words: string[] = [];
  for (const value of values) {
    if (typeof value === "string" && value !== "") words.push(value.toLowerCase());
  }
  return words;
}

/** Whether the field had one of `values` (empty set = was empty) within the limits. */
export function wasOneOf(
  issue: Issue,
  fieldId: string,
  values: ReadonlySet<string>,
  limits: HistoryLimits,
): boolean {
  const changes = changesOf(issue, fieldId);
  const current = fieldOf(issue, fieldId);
  const holds = (keys: readonly string[]): boolean =>
    keys.length === 0 ? values.has("") : keys.some((key) => values.has(key));
  const within = (start: number, end: number, by: readonly string[]): boolean =>
    start <= (limits.before ?? Number.POSITIVE_INFINITY) &&
    end >= (limits.after ?? Number.NEGATIVE_INFINITY) &&
    (limits.by === undefined || by.some((name) => limits.by?.has(name)));
  if (changes.length === 0) {
    const keys = [...optionKeys(current), ...personKeys(current)];
    const creator = personKeys(fieldOf(issue, "creator"));
    return holds(keys) && within(issue.created_ms, Number.POSITIVE_INFINITY, creator);
  }
  let start = issue.created_ms;
  let by = personKeys(fieldOf(issue, "creator"));
  for (const change of changes) {
    if (holds(change.from) && within(start, change.at, by)) return true;
    start = change.at;
    by = [...change.by];
  }
  const last = changes[changes.length - 1] as Change;
  return holds(last.to) && within(start, Number.POSITIVE_INFINITY, by);
}

/** Whether the field changed at all within the limits. */
export function hasChanged(issue: Issue, fieldId: string, limits: HistoryLimits): boolean {
  const oneOf = (keys: readonly string[], wanted: ReadonlySet<string> | undefined): boolean =>
    wanted === undefined || (keys.length === 0 ? wanted.has("") : keys.some((key) => wanted.has(key)));
  return changesOf(issue, fieldId).some(
    (change) =>
      change.at <= (limits.before ?? Number.POSITIVE_INFINITY) &&
      change.at >= (limits.after ?? Number.NEGATIVE_INFINITY) &&
      oneOf(change.by, limits.by) &&
      oneOf(change.from, limits.from) &&
      oneOf(change.to, limits.to),
  );
}
