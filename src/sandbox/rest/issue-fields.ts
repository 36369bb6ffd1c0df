/** Writing fields: everything is read and checked first, so that a refused write changes nothing. */
import type { Issue, JiraRecord, Json } from "../world/model.ts";
import { type Call, isObject } from "./call.ts";
import { addComment, readComment } from "./comments.ts";
import { endsOf, type HistoryItem, writableFields } from "./edits.ts";
import { type NewValue, readValue, type Target } from "./field-values.ts";
import { addIssueLink, readIssueLink } from "./issue-links.ts";
import { badFields, JiraError } from "./refuse.ts";
import { HIDDEN_DOCUMENTS } from "./render.ts";
import { addWorklog, readWorklog } from "./worklogs.ts";

/** What a write will do, once it was found to be right. */
export type Plan = {
  readonly values: ReadonlyMap<string, NewValue>;
  /** Things that are added rather than set: comments, worklogs, links. */
  readonly additions: ReadonlyArray<(issue: Issue) => void>;
};

const LISTS = new Set(["labels", "components", "versions", "fixVersions"]);

/** Reads `fields` and `update` of a write. All faults are reported together, by field. */
export function planFields(call: Call, issue: Issue, fields: JiraRecord, update: JiraRecord): Plan {
  return plan(call, { projectId: issue.projectId, issue }, fields, update);
}

/** The same for an issue that does not exist yet. */
export function planNew(call: Call, target: Target, fields: JiraRecord, update: JiraRecord): Plan {
  return plan(call, target, fields, update);
}

function plan(call: Call, target: Target, fields: JiraRecord, update: JiraRecord): Plan {
  const values = new Map<string, NewValue>();
  const additions: Array<(issue: Issue) => void> = [];
  const errors: Record<string, string> = {};
  const attempt = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof JiraError) || error.status !== 400) throw error;
      Object.assign(errors, error.errors);
    }
  };
  for (const [id, value] of Object.entries(fields)) {
    attempt(() => values.set(id, readValue(call, id, value, target)));
  }
  for (const [id, operations] of Object.entries(update)) {
    attempt(() => {
      if (Object.hasOwn(fields, id)) {
        throw badFields({ [id]: `Field '${id}' cannot appear in both 'fields' and 'update'` });
      }
      readOperations(call, target, id, operations, values, additions);
    });
  }
  if (Object.keys(errors).length > 0) throw badFields(errors);
  return { values, additions };
}

type Operation = readonly [verb: string, value: Json];

function operationsOf(id: string, operations: Json): Operation[] {
  if (!Array.isArray(operations)) throw badFields({ [id]: "data was not an array" });
  return operations.flatMap((operation) => (isObject(operation) ? Object.entries(operation) : []));
}

function readOperations(
  call: Call,
  target: Target,
  id: string,
  operations: Json,
  values: Map<string, NewValue>,
  additions: Array<(issue: Issue) => void>,
): void {
  for (const [verb, value] of operationsOf(id, operations)) {
    if (id === "comment" || id === "worklog" || id === "issuelinks") {
      if (verb !== "add" || !isObject(value))
        throw badFields({ [id]: `Operation '${verb}' is not supported here.` });
      additions.push(readAddition(call, id, value));
      continue;
    }
    if (verb === "set") {
      values.set(id, readValue(call, id, value, target));
      continue;
    }
    if (verb !== "add" && verb !== "remove")
      throw badFields({ [id]: `Operation '${verb}' is not supported here.` });
    const present =
      values.get(id)?.value ?? (target.issue === undefined ? [] : writableFields(target.issue)[id]) ?? [];
    if (!LISTS.has(id) && !Array.isArray(present)) {
      throw badFields({ [id]: `Field '${id}' does not support operation '${verb}'` });
    }
    const have = Array.isArray(present) ? present : [];
    const changes = readValue(call, id, [value], target).value as Json[];
    const names = new Set(changes.map(nameOf));
    const others = have.filter((item) => !names.has(nameOf(item)));
    values.set(id, { value: verb === "add" ? [...others, ...changes] : others });
  }
}

function readAddition(call: Call, id: string, value: JiraRecord): (issue: Issue) => void {
  if (id === "comment") {
    const comment = readComment(call, value);
    return (issue) => addComment(call, issue, comment);
  }
  if (id === "worklog") {
    const worklog = readWorklog(call, value);
    return (issue) => addWorklog(call, issue, worklog);
  }
  const link = readIssueLink(call, value);
  return (issue) => addIssueLink(call, issue, link);
}

function nameOf(value: Json): string {
  return isObject(value) ? String(value.id ?? value.accountId ?? value.name) : String(value);
}

/** Carries out a plan; the caller has called `beginEdit`. Gives back what the history should tell. */
export function applyFields(call: Call, issue: Issue, wanted: Plan): HistoryItem[] {
  const fields = writableFields(issue);
  const items: HistoryItem[] = [];
  for (const [id, { value, document }] of wanted.values) {
    const custom = id.startsWith("customfield_");
    items.push({
      field: custom ? String(call.site.fields[id]?.name ?? id) : id,
      fieldId: id,
      custom,
      from: endsOf(fields[id]),
      to: endsOf(value),
    });
    fields[id] = value;
    keepDocument(issue, id, document);
    if (id === "timetracking" && isObject(value)) applyEstimates(fields, value);
  }
  for (const add of wanted.additions) add(issue);
  return items;
}

function applyEstimates(fields: JiraRecord, value: JiraRecord): void {
  if (value.originalEstimateSeconds !== undefined)
    fields.timeoriginalestimate = value.originalEstimateSeconds;
  if (value.remainingEstimateSeconds !== undefined) fields.timeestimate = value.remainingEstimateSeconds;
}

function keepDocument(issue: Issue, id: string, document: Json | undefined): void {
  const kept = isObject(issue.raw[HIDDEN_DOCUMENTS]) ? issue.raw[HIDDEN_DOCUMENTS] : undefined;
  if (document !== undefined) issue.raw[HIDDEN_DOCUMENTS] = { ...kept, [id]: document };
  else if (kept !== undefined) delete kept[id];
}
