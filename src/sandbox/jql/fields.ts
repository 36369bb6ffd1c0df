/** The fields JQL knows: names, kind, operators, and how an issue's value is read. */
import type { Issue, JiraRecord, Site, World } from "../world/model.ts";
import { customField } from "./custom.ts";
import {
  asRecord,
  commentBodies,
  crowdOf,
  fieldOf,
  instantOfJira,
  keyParts,
  optionKeys,
  personKeys,
} from "./values.ts";
import { plainText } from "./words.ts";

export type Kind = "option" | "person" | "date" | "text" | "number" | "key";

/** What is needed to read a query: who asks, where, and when. */
export type JqlContext = {
  readonly site: Site;
  readonly world: World;
  /** Names of the asking user in lower case (name, key, accountId); empty for anonymous. */
  readonly me: readonly string[];
  readonly now: number;
  readonly timeZone: string;
  readonly locale: string;
};

export type Field = {
  /** The id under which it stands in an issue and in its changelog. */
  readonly id: string;
  /** As JQL spells it in messages. */
  readonly name: string;
  readonly kind: Kind;
  readonly operators: ReadonlySet<string>;
  /** Names compared by `=` and `IN`, in lower case; empty = the field is empty. */
  keys?(issue: Issue): readonly string[];
  /** Numbers or instants compared by `<` and `>`. */
  number?(issue: Issue, context: JqlContext): number | undefined;
  /** Texts searched by `~`. */
  texts?(issue: Issue): readonly string[];
  /** What ORDER BY compares; absent = cannot be sorted by. */
  sort?(issue: Issue, context: JqlContext): string | number | readonly (string | number)[] | undefined;
  /** Whether a value exists; absent = any value may be asked for. */
  known?(value: string, context: JqlContext): boolean;
  /** Orders two named values for `<` and `>`; undefined where the value has no place. */
  rank?(value: string, context: JqlContext): number | undefined;
  /** Whether its history may be asked for (WAS, CHANGED). */
  readonly history?: boolean;
};

const EQUAL = ["=", "!=", "in", "not in"];
const EMPTY = ["is", "is not"];
const ORDERED = ["<", "<=", ">", ">="];
const WAS = ["was", "was not", "was in", "was not in", "changed"];
const ops = (...lists: readonly string[][]): ReadonlySet<string> => new Set(lists.flat());

const TEXT_OPS = ops(["~", "!~"], EMPTY);
const DATE_OPS = ops(EQUAL, ORDERED, EMPTY);

function option(
  id: string,
  name: string,
  table: (site: Site) => Record<string, JiraRecord>,
  history = true,
): Field {
  return {
    id,
    name,
    kind: "option",
    operators: ops(EQUAL, EMPTY, history ? WAS : [], id === "priority" ? ORDERED : []),
    history,
    keys: (issue) => optionKeys(fieldOf(issue, id)),
    known: (value, context) =>
      Object.values(table(context.site)).some((record) => optionKeys(record).includes(value)) ||
      usedValues(context, id).has(value),
    rank: (value, context) => {
      const rows = Object.values(table(context.site));
      const at = rows.findIndex((record) => optionKeys(record).includes(value));
      // Jira lists priorities from the highest; a higher priority is the greater value.
      return at === -1 ? undefined : id === "priority" ? rows.length - at : at;
    },
    sort: (issue, context) => {
      const value = asRecord(fieldOf(issue, id));
      if (value === undefined) return undefined;
      const at = Object.keys(table(context.site)).indexOf(String(value.id));
      if (id === "priority") return at === -1 ? 0 : Object.keys(table(context.site)).length - at;
      return at === -1 ? String(value.name) : at;
    },
  };
}

const used = new WeakMap<Site, { seq: number; byField: Map<string, Set<string>> }>();

/** Every value some issue has in a field: loaded issues may hold values no list of the site names. */
export function usedValues(context: JqlContext, id: string): Set<string> {
  let entry = used.get(context.site);
  if (entry === undefined || entry.seq !== context.world.seq) {
    entry = { seq: context.world.seq, byField: new Map() };
    used.set(context.site, entry);
  }
  let values = entry.byField.get(id);
  if (values === undefined) {
    values = new Set();
    for (const issue of Object.values(context.site.issues)) {
      for (const key of optionKeys(fieldOf(issue, id))) values.add(key);
    }
    entry.byField.set(id, values);
  }
  return values;
}

function person(id: string, name: string): Field {
  return {
    id,
    name,
    kind: "person",
    operators: ops(EQUAL, EMPTY, id === "assignee" || id === "reporter" ? WAS : []),
    history: id === "assignee" || id === "reporter",
    keys: (issue) => personKeys(fieldOf(issue, id)),
    known: (value, context) => context.site.face === "cloud" || knownPerson(value, context),
    sort: (issue) => {
      const value = asRecord(fieldOf(issue, id));
      return value === undefined ? undefined : String(value.displayName ?? value.name ?? "").toLowerCase();
    },
  };
}

function knownPerson(value: string, context: JqlContext): boolean {
  return (
    Object.values(context.world.users).some((user) => personKeys(user).includes(value)) ||
    Object.values(context.site.people).some((record) => personKeys(record).includes(value))
  );
}

function date(id: string, name: string, read: (issue: Issue) => unknown): Field {
  const number = (issue: Issue, context: JqlContext): number | undefined =>
    instantOfJira(read(issue), context.timeZone);
  return { id, name, kind: "date", operators: DATE_OPS, number, sort: number };
}

function text(id: string, name: string): Field {
  const texts = (issue: Issue): string[] => [plainText(fieldOf(issue, id))].filter((value) => value !== "");
  return {
    id,
    name,
    kind: "text",
    operators: TEXT_OPS,
    texts,
    sort: (issue) => texts(issue)[0]?.toLowerCase(),
  };
}

function list(id: string, name: string, known?: Field["known"]): Field {
  const keys = (issue: Issue): string[] => optionKeys(fieldOf(issue, id));
  return {
    id,
    name,
    kind: "option",
    operators: ops(EQUAL, EMPTY, id === "fixVersions" ? WAS : []),
    history: id === "fixVersions",
    keys,
    ...(known === undefined ? {} : { known }),
    sort: (issue) => keys(issue)[0],
  };
}

const partOfProjects =
  (part: "components" | "versions"): Field["known"] =>
  (value, context) =>
    Object.values(context.site.projects).some((project) => optionKeys(project.raw[part]).includes(value)) ||
    usedValues(context, part).has(value) ||
    (part === "versions" && usedValues(context, "fixVersions").has(value));

const project: Field = {
  id: "project",
  name: "project",
  kind: "option",
  operators: ops(EQUAL, EMPTY),
  keys: (issue) => optionKeys(fieldOf(issue, "project")),
  known: (value, context) =>
    Object.values(context.site.projects).some(
      (row) =>
        row.id === value || row.key.toLowerCase() === value || String(row.raw.name).toLowerCase() === value,
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

/** The issue meant by a key or an id, keys of before a move included. */
export function issueOf(value: string, context: JqlContext): Issue | undefined {
  const { site } = context;
  const direct = site.issues[value];
  if (direct !== undefined) return direct;
  const id = site.keys[value.toUpperCase()];
  return id === undefined ? undefined : site.issues[id];
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

const parent: Field = {
  id: "parent",
  name: "parent",
  kind: "option",
  operators: ops(EQUAL, EMPTY),
  keys: (issue) => {
    const value = asRecord(fieldOf(issue, "parent"));
    return value === undefined ? [] : [String(value.id), String(value.key).toLowerCase()];
  },
  known: (value, context) => issueOf(value, context) !== undefined,
};

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
  [["timespent"], count("timespent", "timespent", (issue) => fieldOf(issue, "timespent"))],
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
  [["parent"], parent],
];

const BY_NAME = new Map<string, Field>(
  TABLE.flatMap(([names, field]) => names.map((name) => [name, field] as const)),
);

/** The field of a JQL name (any letter case), `cf[10010]`, or a custom field's name; undefined = no such field. */
export function fieldNamed(name: string, context: JqlContext): Field | undefined {
  return BY_NAME.get(name.toLowerCase()) ?? customField(name, context);
}
