/** The fields JQL knows, by name. */

import { epicLinkField } from "../world/fields.ts";
import type { Issue } from "../world/model.ts";
import { customField } from "./custom.ts";
import {
  date,
  EMPTY,
  EQUAL,
  type Field,
  type JqlContext,
  knownPerson,
  list,
  maySeeProject,
  ORDERED,
  ops,
  option,
  partOfProjects,
  person,
  text,
} from "./field-kinds.ts";
import { MORE_FIELDS } from "./more-fields.ts";
import { asRecord, commentBodies, crowdOf, fieldOf, keyParts, optionKeys } from "./values.ts";
import { plainText } from "./words.ts";

export type { Field, JqlContext } from "./field-kinds.ts";

const project: Field = {
  id: "project",
  name: "project",
  kind: "option",
  operators: ops(EQUAL, EMPTY),
  keys: (issue) => optionKeys(fieldOf(issue, "project")),
  known: (value, context) =>
    Object.values(context.site.projects).some(
      (row) =>
        maySeeProject(context, row.id) &&
        (row.id === value || row.key.toLowerCase() === value || String(row.raw.name).toLowerCase() === value),
    ),
  sort: (issue) => String(asRecord(fieldOf(issue, "project"))?.name ?? "").toLowerCase(),
};

const key: Field = {
  id: "issuekey",
  name: "key",
  kind: "key",
  operators: ops(EQUAL, ORDERED, EMPTY),
  keys: (issue) => [issue.key.toLowerCase(), issue.id],
  known: (value, context) => issueOf(value, context) !== undefined,
  sort: (issue) => keyParts(issue.key),
};

/** The issue meant by a key or an id, keys of before a move included; none the asking user may not see. */
export function issueOf(value: string, context: JqlContext): Issue | undefined {
  const { site } = context;
  const key = value.toUpperCase();
  const id = Object.hasOwn(site.issues, value)
    ? value
    : Object.hasOwn(site.keys, key)
      ? site.keys[key]
      : undefined;
  const issue = id === undefined ? undefined : site.issues[id];
  return issue !== undefined && maySeeProject(context, issue.projectId) ? issue : undefined;
}

const statusCategory: Field = {
  id: "statusCategory",
  name: "statusCategory",
  kind: "option",
  operators: ops(EQUAL, EMPTY),
  keys: (issue) => optionKeys(asRecord(fieldOf(issue, "status"))?.statusCategory),
  known: (value, context) =>
    Object.values(context.site.statusCategories).some((record) => optionKeys(record).includes(value)) ||
    ["new", "indeterminate", "done", "undefined", "to do", "in progress"].includes(value),
  sort: (issue) => Number(asRecord(asRecord(fieldOf(issue, "status"))?.statusCategory)?.id ?? 0),
};

const comment: Field = {
  id: "comment",
  name: "comment",
  kind: "text",
  operators: ops(["~", "!~"]),
  texts: (issue) => commentBodies(issue).map(plainText),
};

const everything: Field = {
  id: "text",
  name: "text",
  kind: "text",
  operators: ops(["~"]),
  texts: (issue) => [
    ...["summary", "description", "environment"].map((id) => plainText(fieldOf(issue, id))),
    ...commentBodies(issue).map(plainText),
  ],
};

const parentField = (cloud: boolean): Field => ({
  id: "parent",
  name: "parent",
  kind: "option",
  operators: ops(EQUAL, EMPTY),
  keys: (issue) => {
    const value = asRecord(fieldOf(issue, "parent"));
    if (value !== undefined) return [String(value.id), String(value.key).toLowerCase()];
    // What a field of its own says on Data Center, the parent says on Cloud.
    const epic = cloud ? fieldOf(issue, epicLinkField) : undefined;
    return typeof epic === "string" && epic !== "" ? [epic.toLowerCase()] : [];
  },
  known: (value, context) => issueOf(value, context) !== undefined,
});
const parent = { cloud: parentField(true), datacenter: parentField(false) };

function count(id: string, name: string, read: (issue: Issue) => unknown): Field {
  const number = (issue: Issue): number | undefined => {
    const value = read(issue);
    return typeof value === "number" ? value : undefined;
  };
  return { id, name, kind: "number", operators: ops(EQUAL, ORDERED, EMPTY), number, sort: number };
}

function crowd(id: "watcher" | "voter"): Field {
  return {
    id,
    name: id,
    kind: "person",
    operators: ops(EQUAL, EMPTY),
    keys: (issue) => crowdOf(issue, `${id}s`).map((name) => name.toLowerCase()),
    known: (value, context) => context.site.face === "cloud" || knownPerson(value, context),
  };
}

const TABLE: ReadonlyArray<readonly [readonly string[], Field]> = [
  [["project"], project],
  [["key", "issuekey", "issue", "id"], key],
  [["status"], option("status", "status", (site) => site.statuses)],
  [["statuscategory"], statusCategory],
  [["priority"], option("priority", "priority", (site) => site.priorities)],
  [["resolution"], option("resolution", "resolution", (site) => site.resolutions)],
  [["issuetype", "type"], option("issuetype", "issuetype", (site) => site.issueTypes, false)],
  [["assignee"], person("assignee", "assignee")],
  [["reporter"], person("reporter", "reporter")],
  [["creator"], person("creator", "creator")],
  [["watcher"], crowd("watcher")],
  [["voter"], crowd("voter")],
  [["watchers"], count("watches", "watchers", (issue) => asRecord(fieldOf(issue, "watches"))?.watchCount)],
  [["votes"], count("votes", "votes", (issue) => asRecord(fieldOf(issue, "votes"))?.votes)],
  [["workratio"], count("workratio", "workratio", (issue) => fieldOf(issue, "workratio"))],
  [["labels"], list("labels", "labels")],
  [["component", "components"], list("components", "component", partOfProjects("components"))],
  [["fixversion", "fixversions"], list("fixVersions", "fixVersion", partOfProjects("versions"))],
  [["affectedversion", "versions"], list("versions", "affectedVersion", partOfProjects("versions"))],
  [
    ["created", "createddate"],
    date("created", "created", (issue) => fieldOf(issue, "created") ?? issue.created_ms),
  ],
  [
    ["updated", "updateddate"],
    date("updated", "updated", (issue) => fieldOf(issue, "updated") ?? issue.updated_ms),
  ],
  [
    ["resolved", "resolutiondate"],
    date("resolutiondate", "resolved", (issue) => fieldOf(issue, "resolutiondate")),
  ],
  [["lastviewed"], date("lastViewed", "lastViewed", (issue) => fieldOf(issue, "lastViewed"))],
  [["due", "duedate"], date("duedate", "due", (issue) => fieldOf(issue, "duedate"))],
  [["summary"], text("summary", "summary")],
  [["description"], text("description", "description")],
  [["environment"], text("environment", "environment")],
  [["comment"], comment],
  [["text"], everything],
  ...MORE_FIELDS,
];

const BY_NAME = new Map<string, Field>(
  TABLE.flatMap(([names, field]) => names.map((name) => [name, field] as const)),
);

/** The field of a JQL name (any letter case), `cf[10010]`, or a custom field's name; undefined = no such field. */
export function fieldNamed(name: string, context: JqlContext): Field | undefined {
  if (name.toLowerCase() === "parent") return parent[context.site.face];
  return BY_NAME.get(name.toLowerCase()) ?? customField(name, context);
}
