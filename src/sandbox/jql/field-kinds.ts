/** The kinds of fields JQL compares: what each may be asked, and how an issue's value is read. */
import type { Issue, JiraRecord, Site, World } from "../world/model.ts";
import { asRecord, fieldOf, instantOfJira, optionKeys, personKeys } from "./values.ts";
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
  /** Whether the asking user may see a project; what may not be seen does not exist for the query. Absent = all. */
  readonly sees?: (projectId: string) => boolean;
};

/** Whether a project may be named in a query. */
export function maySeeProject(context: JqlContext, projectId: string): boolean {
  return context.sees === undefined || context.sees(projectId);
}

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
  /** In place of `number` where an issue has several: a comparison holds when it holds for one of them. */
  numbers?(issue: Issue, context: JqlContext): readonly number[];
  /** Texts searched by `~`. */
  texts?(issue: Issue): readonly string[];
  /** What ORDER BY compares; absent = cannot be sorted by. */
  sort?(issue: Issue, context: JqlContext): string | number | readonly (string | number)[] | undefined;
  /** Whether a value exists; absent = any value may be asked for. */
  known?(value: string, context: JqlContext): boolean;
  /** Orders two named values for `<` and `>`; undefined where the value has no place. */
  rank?(value: string, context: JqlContext): number | undefined;
  /** How its numbers are written: as durations (`2h 30m`) where it is said. */
  readonly unit?: "duration";
  /** Whether it is a cascading select list. */
  readonly cascading?: boolean;
  /** Whether its history may be asked for (WAS, CHANGED). */
  readonly history?: boolean;
};

export const EQUAL = ["=", "!=", "in", "not in"];
export const EMPTY = ["is", "is not"];
export const ORDERED = ["<", "<=", ">", ">="];
const WAS = ["was", "was not", "was in", "was not in", "changed"];
export const ops = (...lists: readonly string[][]): ReadonlySet<string> => new Set(lists.flat());

const TEXT_OPS = ops(["~", "!~"], EMPTY);
const DATE_OPS = ops(EQUAL, ORDERED, EMPTY);

/** A field with one value out of a list of the site: status, priority, type, resolution. */
export function option(
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

/** A field that holds a person. */
export function person(id: string, name: string): Field {
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

/** Whether anybody of the world or of loaded documents has this name. */
export function knownPerson(value: string, context: JqlContext): boolean {
  return (
    Object.values(context.world.users).some((user) => personKeys(user).includes(value)) ||
    Object.values(context.site.people).some((record) => personKeys(record).includes(value))
  );
}

/** A field that holds a date or an instant. */
export function date(id: string, name: string, read: (issue: Issue) => unknown): Field {
  const number = (issue: Issue, context: JqlContext): number | undefined =>
    instantOfJira(read(issue), context.timeZone);
  return { id, name, kind: "date", operators: DATE_OPS, number, sort: number };
}

/** A field that holds text. */
export function text(id: string, name: string): Field {
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

/** A field that holds several values. */
export function list(id: string, name: string, known?: Field["known"]): Field {
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

/** Whether a component or version of this name exists in any project. */
export const partOfProjects =
  (part: "components" | "versions"): Field["known"] =>
  (value, context) =>
    Object.values(context.site.projects).some((project) => optionKeys(project.raw[part]).includes(value)) ||
    usedValues(context, part).has(value) ||
    (part === "versions" && usedValues(context, "fixVersions").has(value));
