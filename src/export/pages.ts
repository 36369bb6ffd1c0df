import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import type { IssueJson, Jira, Json } from "../jira/index.ts";
import type { Kind } from "./model.ts";
import { eachPerson } from "./people.ts";
import { itemsOf, membersOf, type Treatment } from "./treatment.ts";
import { READERS } from "./windows.ts";

/** Rows of one page, by kind, each a line of JSON; `versions` says what was read, for the next run. */
export type Rows = Map<Kind | "versions" | "fields", string[]>;

/** What comes once on a page, however often it is met. */
type Seen = { readonly people: Set<string>; readonly fields: Set<string> };

/** What one page is read with. */
export type PageParts = {
  readonly jira: Jira;
  readonly treatment: Treatment;
  /** Kinds that are wanted and that may leave. */
  readonly kinds: ReadonlySet<Kind>;
  /** Fetches the bytes of an attachment; answers what is said of them in its row. */
  readonly download?: (attachment: Json) => Promise<Json>;
  /** A kind that Jira refuses is told of once and then left out. */
  readonly refused: (kind: Kind) => void;
  readonly skip: (issue: IssueJson) => boolean;
};

/** All fields; those that hold lists by their names too, since some servers leave them out of `*all`. */
export const ALL_FIELDS: readonly string[] = ["*all", "comment", "worklog", "attachment"];

/** Lists that Jira puts into an issue, cut short, and that leave as rows of their own. */
type Inlined = { readonly kind: Kind; readonly items: readonly Json[]; readonly whole: boolean };

/** Makes rows of a page of issues; what the page holds only in part is read to its end. */
export async function rowsOf(parts: PageParts, issues: readonly IssueJson[]): Promise<Rows> {
  const read = issues.filter((issue) => !parts.skip(issue));
  const changes = await changesOf(parts, read);
  const done: ((rows: Rows, seen: Seen) => void)[] = [];
  let next = 0;
  const reader = async () => {
    while (next < read.length) {
      const at = next++;
      done[at] = await oneIssue(parts, read[at]!, changes);
    }
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  const rows: Rows = new Map();
  const seen: Seen = { people: new Set(), fields: new Set() };
  for (const write of done) write(rows, seen);
  return rows;
}

async function oneIssue(
  parts: PageParts,
  issue: IssueJson,
  changes: ReadonlyMap<string, readonly Json[]>,
): Promise<(rows: Rows, seen: Seen) => void> {
  const { jira, kinds, treatment } = parts;
  const fields = membersOf(issue.fields);
  const lists = new Map<Kind, readonly Json[]>();
  const cut: [Kind, readonly Json[], () => AsyncIterable<Json>][] = [];
  const read = (kind: Kind, member: string, list: string, more: () => AsyncIterable<Json>) => {
    if (!kinds.has(kind)) return;
    const { items, whole } = inlined(kind, fields[member], list);
    lists.set(kind, items);
    if (!whole) cut.push([kind, items, more]);
  };
  read("comments", "comment", "comments", () => jira.comments(issue.id));
  read("worklogs", "worklog", "worklogs", () => jira.worklogs(issue.id));
  for (const [kind, items, more] of cut) lists.set(kind, await allOr(parts, kind, items, more));
  if (kinds.has("changelog")) {
    const told = inlined("changelog", issue.changelog, "histories");
    lists.set("changelog", oldestFirst(changes.get(issue.id) ?? told.items));
  }
  if (kinds.has("remotelinks"))
    lists.set("remotelinks", await allOr(parts, "remotelinks", [], () => listed(jira.remoteLinks(issue.id))));
  if (kinds.has("attachments")) {
    const attached = itemsOf(fields.attachment);
    lists.set(
      "attachments",
      parts.download === undefined ? attached : await filesOf(parts.download, attached),
    );
  }
  return (rows, seen) => write(rows, seen, treatment, issue, lists);
}

async function* listed(links: { list(): Promise<readonly Json[]> }): AsyncGenerator<Json> {
  yield* await links.list();
}

/** The list inside an issue and whether it is all there is. */
function inlined(kind: Kind, value: unknown, list: string): Inlined {
  const holder = membersOf(value);
  const items = itemsOf(holder[list]);
  const total = holder.total;
  return {
    kind,
    items,
    whole: Array.isArray(holder[list]) && (typeof total !== "number" || total <= items.length),
  };
}

const GONE = ["jira_not_found"];
const REFUSED = ["jira_forbidden", "scope_missing"];

/** Every item. Of an issue that went meanwhile the page is all there is; what may not be read is told once. */
async function allOr(
  parts: PageParts,
  kind: Kind,
  items: readonly Json[],
  more: () => AsyncIterable<Json>,
): Promise<readonly Json[]> {
  try {
    const all: Json[] = [];
    for await (const item of more()) all.push(item);
    return all;
  } catch (error) {
    if (!isLatchkeyError(error)) throw error;
    if (REFUSED.includes(error.code)) parts.refused(kind);
    else if (!GONE.includes(error.code)) throw error;
    return items;
  }
}

/** Histories that a page holds only in part, by issue id. */
async function changesOf(
  { jira, kinds }: PageParts,
  issues: readonly IssueJson[],
): Promise<ReadonlyMap<string, readonly Json[]>> {
  const found = new Map<string, Json[]>();
  if (!kinds.has("changelog")) return found;
  const cut = issues.filter(({ changelog }) => !inlined("changelog", changelog, "histories").whole);
  if (cut.length === 0) return found;
  const ids = cut.map(({ id }) => id);
  for (const id of ids) found.set(id, []);
  for await (const { issue_id, history } of jira.changelogs(ids)) {
    const one = found.get(issue_id);
    if (one === undefined)
      throw new LatchkeyError("jira_answer_unreadable", "A history belongs to another issue.");
    one.push(history);
  }
  return found;
}

/** Cloud puts the newest first where it inlines them, and last where it pages them. */
function oldestFirst(histories: readonly Json[]): readonly Json[] {
  return [...histories].sort((a, b) => Number(a.id) - Number(b.id));
}

async function filesOf(
  download: NonNullable<PageParts["download"]>,
  attachments: readonly Json[],
): Promise<readonly Json[]> {
  const rows: Json[] = [];
  for (const attachment of attachments) rows.push({ ...attachment, ...(await download(attachment)) });
  return rows;
}

function write(
  rows: Rows,
  seen: Seen,
  treatment: Treatment,
  raw: IssueJson,
  lists: ReadonlyMap<Kind, readonly Json[]>,
): void {
  const version = Date.parse(String(raw.fields?.updated));
  put(rows, "versions", `${raw.id} ${Number.isNaN(version) ? 0 : version}\n`);
  const issue = treatment.issue(withoutLists(raw, lists));
  if (issue === undefined) return;
  put(rows, "issues", `${JSON.stringify(issue)}\n`);
  for (const id of Object.keys(membersOf(issue.fields))) {
    if (seen.fields.has(id)) continue;
    seen.fields.add(id);
    put(rows, "fields", `${id}\n`);
  }
  const people = (value: unknown) =>
    eachPerson(value, (key, person) => {
      if (seen.people.has(key)) return;
      seen.people.add(key);
      put(rows, "users", `${JSON.stringify(person)}\n`);
    });
  people(issue);
  const whose = issue.id === undefined ? {} : { issue_id: issue.id };
  for (const [kind, items] of lists) {
    const treated =
      kind === "attachments"
        ? items.flatMap((item) => treatment.list(kind, [item]))
        : treatment.list(kind as "comments", items);
    for (const item of treated) {
      put(rows, kind, `${JSON.stringify({ ...whose, ...item })}\n`);
      people(item);
    }
  }
}

/** The issue without the lists that leave as rows; what stood beside the lists stays. */
function withoutLists(issue: IssueJson, lists: ReadonlyMap<Kind, readonly Json[]>): Json {
  const fields: Record<string, unknown> = { ...issue.fields };
  const less = (holder: Record<string, unknown>, member: string, list: string) => {
    if (!Array.isArray(membersOf(holder[member])[list])) return;
    const { [list]: _, ...rest } = membersOf(holder[member]);
    holder[member] = rest;
  };
  if (lists.has("comments")) less(fields, "comment", "comments");
  if (lists.has("worklogs")) less(fields, "worklog", "worklogs");
  if (lists.has("attachments")) delete fields.attachment;
  const whole: Record<string, unknown> = { ...issue, ...(issue.fields ? { fields } : {}) };
  if (lists.has("changelog")) less(whole, "changelog", "histories");
  return whole;
}

function put(rows: Rows, kind: Kind | "versions" | "fields", line: string): void {
  const known = rows.get(kind);
  if (known === undefined) rows.set(kind, [line]);
  else known.push(line);
}
