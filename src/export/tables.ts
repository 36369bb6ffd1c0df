import type { Json } from "../jira/index.ts";
import { cellOf, personId, textOf } from "./cells.ts";
import type { Kind } from "./model.ts";
import { itemsOf, membersOf } from "./treatment.ts";

export type ColumnType = "string" | "number" | "time";
export type Cell = string | number | Date | null;
export type Table = {
  readonly columns: readonly { readonly name: string; readonly type: ColumnType }[];
  /** The rows one row of JSON makes: several where it holds a list. */
  rowsOf(row: Json): readonly (readonly Cell[])[];
};

type Field = { readonly id: string; readonly name?: string; readonly type?: string };

/** Fields that lead the table of issues, in this order. */
const LEADING =
  "issuetype project status summary priority resolution assignee reporter creator created updated resolutiondate duedate labels components fixVersions parent".split(
    " ",
  );

/**
 * The table of issues: a column for every field that some issue has.
 *
 * @param plain Values are as Jira describes them, so numbers and times are columns of their own type
 */
export function issueTable(ids: ReadonlySet<string>, fields: readonly Json[], plain: boolean): Table {
  const described = new Map(fields.map((field) => [String(field.id), describe(field)]));
  const order = [...ids].filter((id) => !HIDDEN.has(id)).sort(byRank);
  const columns = order.map((id) => {
    const { name, type } = described.get(id) ?? { id };
    const titled = id.startsWith("customfield_") && name !== undefined ? `${name} (${id})` : id;
    return { id, name: titled, type: plain ? typeFor(type) : ("string" as const) };
  });
  return {
    columns: [ID, { name: "key", type: "string" }, ...columns.map(({ name, type }) => ({ name, type }))],
    rowsOf(row) {
      const values = membersOf(row.fields);
      return [[text(row.id), text(row.key), ...columns.map(({ id, type }) => typed(type, values[id]))]];
    },
  };
}

/** Lists that are files of their own. */
const HIDDEN = new Set(["comment", "worklog", "attachment"]);
const ID = { name: "id", type: "string" } as const;

function describe({ id, name, schema }: Json): Field {
  const { type } = membersOf(schema);
  return {
    id: String(id),
    ...(typeof name === "string" ? { name } : {}),
    ...(typeof type === "string" ? { type } : {}),
  };
}

function typeFor(type: string | undefined): ColumnType {
  if (type === "number") return "number";
  return type === "datetime" ? "time" : "string";
}

function byRank(a: string, b: string): number {
  const rank = (id: string) => (LEADING.includes(id) ? LEADING.indexOf(id) : LEADING.length);
  const number = (id: string) => Number(/^customfield_(\d+)$/.exec(id)?.[1] ?? -1);
  return rank(a) - rank(b) || number(a) - number(b) || (a < b ? -1 : 1);
}

function typed(type: ColumnType, value: unknown): Cell {
  if (type === "string") return cellOf(value);
  if (type === "number") return typeof value === "number" ? value : null;
  const at = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : new Date(at);
}

const text = (value: unknown) => cellOf(value);
const columns = (names: string) => names.split(" ").map((name) => ({ name, type: "string" as const }));
const numbers = new Set(["timeSpentSeconds", "size"]);

const simple = (names: string, read: (row: Json) => readonly unknown[]): Table => ({
  columns: columns(names).map(({ name, type }) => ({ name, type: numbers.has(name) ? "number" : type })),
  rowsOf: (row) => [read(row).map((value) => (typeof value === "number" ? value : cellOf(value)))],
});

/** The tables of everything that is no issue. */
export const TABLES: Readonly<Record<Exclude<Kind, "issues">, Table>> = {
  comments: simple("issue_id id author author_id created updated body", (row) => [
    ...[row.issue_id, row.id, row.author, personId(row.author), row.created, row.updated, textOf(row.body)],
  ]),
  worklogs: simple("issue_id id author author_id started timeSpentSeconds comment created updated", (row) => [
    ...[row.issue_id, row.id, row.author, personId(row.author), row.started, row.timeSpentSeconds],
    ...[textOf(row.comment), row.created, row.updated],
  ]),
  changelog: {
    columns: columns(
      "issue_id history_id author author_id created field fieldId from fromString to toString",
    ),
    rowsOf: (row) =>
      itemsOf(row.items).map(({ field, fieldId, from, fromString, to, ...rest }) =>
        [
          ...[row.issue_id, row.id, row.author, personId(row.author), row.created],
          // Every object has a member of this name; only Jira's own counts.
          ...[field, fieldId, from, fromString, to, Object.hasOwn(rest, "toString") ? rest.toString : null],
        ].map(cellOf),
      ),
  },
  remotelinks: simple("issue_id id globalId relationship application url title", (row) => {
    const { url, title } = membersOf(row.object);
    const { name } = membersOf(row.application);
    return [row.issue_id, String(row.id), row.globalId, row.relationship, name, url, title];
  }),
  attachments: simple("issue_id id filename author author_id created size mimeType file sha256", (row) => [
    ...[row.issue_id, String(row.id), row.filename, row.author, personId(row.author), row.created, row.size],
    ...[row.mimeType, row.file, row.sha256],
  ]),
  users: simple("id displayName emailAddress active timeZone accountType", (row) => [
    ...[personId(row), row.displayName, row.emailAddress, row.active, row.timeZone, row.accountType],
  ]),
  projects: simple("id key name projectTypeKey lead lead_id", (row) => [
    ...[row.id, row.key, row.name, row.projectTypeKey, row.lead, personId(row.lead)],
  ]),
  sprints: simple("id name state originBoardId startDate endDate completeDate goal", (row) => [
    ...[String(row.id), row.name, row.state, asText(row.originBoardId), row.startDate, row.endDate],
    ...[row.completeDate, row.goal],
  ]),
  deleted: simple("issue_id reason", (row) => [row.issue_id, row.reason]),
};

function asText(value: unknown): string | null {
  return value === undefined || value === null ? null : String(value);
}
