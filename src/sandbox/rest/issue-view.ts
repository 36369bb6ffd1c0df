/** An issue as it is shown: the fields asked for, rich text in the version's language, and what `expand` adds. */
import type { Issue, JiraRecord, Json } from "../world/model.ts";
import { type Call, isObject } from "./call.ts";
import { commentJson } from "./comments.ts";
import { isIn } from "./crowd.ts";
import { fieldNames, fieldSchemas } from "./field-names.ts";
import { historyJson } from "./history.ts";
import { asLoaded, HIDDEN_DOCUMENTS, rendered } from "./render.ts";
import { isRichField, renderedHtml, richTextOut } from "./rich-fields.ts";
import { transitionsOf } from "./workflow.ts";
import { worklogJson } from "./worklogs.ts";

const NOT_NAVIGABLE = new Set(["comment", "worklog", "attachment", "timetracking"]);
const WORKLOGS_SHOWN = 20;

/** Which fields are wanted: by name, or all, or those of the issue navigator, less some. */
export type FieldChoice = {
  readonly all: "all" | "navigable" | "named";
  readonly named: ReadonlySet<string>;
  readonly without: ReadonlySet<string>;
};

/** Reads `fields`; `usual` is what an absent parameter means. `*all`, `*navigable`, `-field` and names mix. */
export function fieldChoice(wanted: readonly string[], usual: "all" | "navigable" | "none"): FieldChoice {
  const named = new Set<string>();
  const without = new Set<string>();
  let all: FieldChoice["all"] = "named";
  for (const name of wanted) {
    if (name === "*all") all = "all";
    else if (name === "*navigable") all = all === "all" ? "all" : "navigable";
    else if (name.startsWith("-")) without.add(name.slice(1));
    else named.add(name);
  }
  if (all === "named" && named.size === 0) {
    if (wanted.length === 0 && usual === "none") return { all, named, without };
    all = usual === "navigable" ? "navigable" : "all";
  }
  return { all, named, without };
}

function chosen(choice: FieldChoice, id: string): boolean {
  if (choice.without.has(id)) return false;
  if (choice.all === "all" || choice.named.has(id)) return true;
  return choice.all === "navigable" && !NOT_NAVIGABLE.has(id);
}

/** Whether nothing but the id is wanted: Cloud's search then leaves key and fields away. */
export function wantsOnlyId(choice: FieldChoice): boolean {
  return choice.all === "named" && [...choice.named].every((name) => name === "id");
}

/** One issue; members stand in the order in which the issue has them. */
export function issueJson(
  call: Call,
  issue: Issue,
  choice: FieldChoice,
  expand: readonly string[],
): JiraRecord {
  const shown: JiraRecord = {};
  const withFields =
    choice.all !== "named" || [...choice.named].some((name) => name !== "id" && name !== "key");
  for (const [name, value] of Object.entries(issue.raw)) {
    if (name === "fields") {
      if (withFields) shown.fields = shownFields(call, issue, choice);
    } else if (!name.startsWith("{")) {
      shown[name] = asLoaded(call, value);
    }
  }
  shown.id = issue.loaded ? (issue.raw.id ?? issue.id) : issue.id;
  shown.key = issue.key;
  if (!issue.loaded) shown.self = `${call.base}/rest/api/${call.adf ? "3" : "2"}/issue/${issue.id}`;
  return expanded(call, issue, shown, expand);
}

function shownFields(call: Call, issue: Issue, choice: FieldChoice): JiraRecord {
  const raw = isObject(issue.raw.fields) ? issue.raw.fields : {};
  const asItCame = issue.loaded && !call.adf;
  const shown: JiraRecord = {};
  for (const [id, value] of Object.entries(raw)) {
    if (!chosen(choice, id) || (!issue.loaded && (id === "comment" || id === "worklog"))) continue;
    if (asItCame) shown[id] = asLoaded(call, value);
    else
      shown[id] = isRichField(call, id)
        ? richTextOut(call, value, documentOf(issue, id))
        : rendered(call, value);
  }
  if (asItCame) return withNamedLists(call, issue, choice, shown);
  if (!issue.loaded) addPersonal(call, issue, shown);
  if (chosen(choice, "comment") && (issue.comments.length > 0 || !issue.loaded || "comment" in raw)) {
    shown.comment = commentField(call, issue);
  }
  if (chosen(choice, "worklog") && (issue.worklogs.length > 0 || !issue.loaded)) {
    shown.worklog = worklogField(call, issue);
  }
  return shown;
}

/** A loaded issue that came without its comments or worklogs still shows them when they are asked for by name. */
function withNamedLists(call: Call, issue: Issue, choice: FieldChoice, shown: JiraRecord): JiraRecord {
  if (choice.named.has("comment") && !("comment" in shown)) shown.comment = commentField(call, issue);
  if (choice.named.has("worklog") && !("worklog" in shown)) shown.worklog = worklogField(call, issue);
  return shown;
}

function worklogField(call: Call, issue: Issue): JiraRecord {
  const worklogs = issue.worklogs
    .slice(0, WORKLOGS_SHOWN)
    .map((worklog) => worklogJson(call, issue, worklog));
  return { startAt: 0, maxResults: WORKLOGS_SHOWN, total: issue.worklogs.length, worklogs };
}

/** The document a field was last written as in version 3, if it was. */
function documentOf(issue: Issue, id: string): Json | undefined {
  const kept = issue.raw[HIDDEN_DOCUMENTS];
  return isObject(kept) ? kept[id] : undefined;
}

function addPersonal(call: Call, issue: Issue, shown: JiraRecord): void {
  if (isObject(shown.watches))
    shown.watches = { ...shown.watches, isWatching: isIn(call, issue, "watchers") };
  if (isObject(shown.votes)) shown.votes = { ...shown.votes, hasVoted: isIn(call, issue, "voters") };
}

function commentField(call: Call, issue: Issue): JiraRecord {
  const comments = issue.comments.map((comment) => commentJson(call, issue, comment));
  const self = `${call.base}/rest/api/${call.adf ? "3" : "2"}/issue/${issue.id}/comment`;
  return {
    comments,
    ...(call.site.face === "cloud" ? { self } : {}),
    maxResults: comments.length,
    total: comments.length,
    startAt: 0,
  };
}

function expanded(call: Call, issue: Issue, shown: JiraRecord, expand: readonly string[]): JiraRecord {
  const fields = isObject(shown.fields) ? shown.fields : {};
  if (expand.includes("renderedFields"))
    shown.renderedFields = renderedHtml(call, issue, Object.keys(fields));
  if (expand.includes("names")) shown.names = fieldNames(call, Object.keys(fields));
  if (expand.includes("schema")) shown.schema = fieldSchemas(call, Object.keys(fields));
  if (expand.some((name) => name.startsWith("transitions"))) {
    shown.transitions = transitionsOf(call, issue, expand.includes("transitions.fields")) as Json;
  }
  if (expand.includes("changelog") && !("changelog" in shown)) {
    const histories = [...issue.changelog].reverse().map((history) => historyJson(call, issue, history));
    shown.changelog = { startAt: 0, maxResults: histories.length, total: histories.length, histories };
  }
  if (expand.includes("operations")) shown.operations = { linkGroups: [] };
  return shown;
}
