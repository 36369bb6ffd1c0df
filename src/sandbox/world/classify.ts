/** Recognizes recorded Jira JSON: issues, pages, lists and single records, and the address each was recorded at. */
import { addressOf, collectionOf, namedAddress, pathKind } from "./address.ts";
import type { JiraRecord, Json } from "./model.ts";

/** What a document holds, sorted for the site that takes it in. */
export type Findings = {
  readonly issues: JiraRecord[];
  readonly projects: JiraRecord[];
  /** Statuses, priorities, fields and the like: `kind` is the word in their address. */
  readonly records: Array<{ readonly kind: string; readonly record: JiraRecord }>;
  /** Comments, worklogs and remote links of an issue that may be here. */
  readonly parts: Array<{ readonly issue: string; readonly kind: string; readonly record: JiraRecord }>;
  readonly documents: Array<{ readonly path: string; readonly body: Json }>;
  /** How many empty search pages there were: Jira's own JSON, though it brings nothing. */
  emptyPages: number;
};

export function emptyFindings(): Findings {
  return { issues: [], projects: [], records: [], parts: [], documents: [], emptyPages: 0 };
}

/** Whether anything was recognized. */
export function holdsSomething(found: Findings): boolean {
  const { issues, projects, records, parts, documents, emptyPages } = found;
  return issues.length + projects.length + records.length + parts.length + documents.length + emptyPages > 0;
}

/** Sorts one document; what is not recognized is left out. */
export function classify(value: Json, name: string, found: Findings): void {
  if (Array.isArray(value)) classifyList(value, name, found);
  else if (isRecord(value)) classifyObject(value, name, found);
}

function classifyList(list: readonly Json[], name: string, found: Findings): void {
  const records = list.filter(isRecord);
  if (records.length === 0) return;
  const addresses = records.map(addressOf);
  const isList = records.every((record, i) => !isIssue(record) && addresses[i] !== undefined);
  if (!isList) {
    for (const record of records) classifyObject(record, name, found);
    return;
  }
  keepList(records, list as Json, undefined, found);
}

/** Keeps the records of a list one by one, and the list itself at its own address where it has a life of its own. */
function keepList(
  records: readonly JiraRecord[],
  whole: Json,
  at: string | undefined,
  found: Findings,
): void {
  for (const record of records) keepRecord(record, found);
  const first = addressOf(records[0]!);
  const path = at ?? (first === undefined ? undefined : collectionOf(first));
  if (path === undefined || liveLists.has(pathKind(first ?? path) ?? "")) return;
  found.documents.push({ path, body: whole });
}

/** Lists the sandbox answers from its own records, which the loaded ones join. */
const liveLists: ReadonlySet<string> = new Set([
  "status",
  "statuscategory",
  "priority",
  "issuetype",
  "resolution",
  "issueLinkType",
  "field",
  "project",
  "issue",
  "role",
  "board",
]);

function classifyObject(record: JiraRecord, name: string, found: Findings): void {
  if (isIssue(record)) {
    found.issues.push(record);
    return;
  }
  const page = pageOf(record);
  const own = addressOf(record);
  if (page?.name === "issues" && page.items.every((item) => isRecord(item) && isIssue(item))) {
    found.issues.push(...(page.items as JiraRecord[]));
    if (page.items.length === 0) found.emptyPages++;
    return;
  }
  if (page !== undefined && isPage(record, own)) {
    const items = page.items.filter(isRecord);
    if (items.length > 0 && items.every((item) => addressOf(item) !== undefined)) {
      keepList(items, record, own, found);
      return;
    }
  }
  if (own !== undefined) keepRecord(record, found);
  else if (isField(record)) found.records.push({ kind: "field", record });
  else if (hasKnownShape(record)) found.documents.push({ path: namedAddress(name), body: record });
}

function keepRecord(record: JiraRecord, found: Findings): void {
  const path = addressOf(record)!;
  const part = /^\/rest\/api(?:\/[^/]+)?\/issue\/([^/]+)\/(comment|worklog|remotelink)\/[^/]+$/.exec(path);
  if (part) found.parts.push({ issue: part[1]!, kind: part[2]!, record });
  const kind = pathKind(path);
  if (kind === "project" && isProject(record)) {
    found.projects.push(record);
    return;
  }
  if (kind !== undefined && shapes[kind]?.(record)) {
    found.records.push({ kind, record });
  } else if (shapes.statuscategory!(record)) {
    found.records.push({ kind: "statuscategory", record });
    return;
  }
  found.documents.push({ path, body: record });
}

/** A record takes its place among a site's own only when it has the shape of its kind: some were recorded at odd addresses. */
const shapes: Readonly<Record<string, (record: JiraRecord) => boolean>> = {
  status: (record) => hasIdAndName(record) && !("colorName" in record),
  statuscategory: (record) => "colorName" in record && record.id !== undefined,
  priority: hasIdAndName,
  issuetype: (record) => hasIdAndName(record) && typeof record.subtask === "boolean",
  resolution: (record) => hasIdAndName(record) && !("colorName" in record),
  issueLinkType: (record) => hasIdAndName(record) && "inward" in record,
  role: hasIdAndName,
  filter: hasIdAndName,
  board: hasIdAndName,
  sprint: hasIdAndName,
};

function hasIdAndName(record: JiraRecord): boolean {
  return record.id !== undefined && typeof record.name === "string";
}

/** An issue, also a short one that has only its key and address. */
export function isIssue(record: JiraRecord): boolean {
  if (typeof record.key !== "string" || !/^[A-Z][A-Z0-9_]*-\d+$/i.test(record.key)) return false;
  if (typeof record.id !== "string" && typeof record.id !== "number") return false;
  return isRecord(record.fields) || pathKind(addressOf(record) ?? "") === "issue";
}

function isProject(record: JiraRecord): boolean {
  return typeof record.key === "string" && typeof record.name === "string" && record.id !== undefined;
}

function isField(record: JiraRecord): boolean {
  return (
    typeof record.id === "string" && typeof record.name === "string" && typeof record.custom === "boolean"
  );
}

/** A record that is a page rather than a thing with lists inside: it has paging members, or nothing beside its list. */
function isPage(record: JiraRecord, own: string | undefined): boolean {
  if ("startAt" in record || "isLast" in record || "maxResults" in record || "nextPageToken" in record)
    return true;
  return own === undefined;
}

function pageOf(record: JiraRecord): { readonly name: string; readonly items: readonly Json[] } | undefined {
  const lists = Object.entries(record).filter((entry): entry is [string, Json[]] => Array.isArray(entry[1]));
  const paged = lists.find(([name]) => name === "issues") ?? (lists.length === 1 ? lists[0] : undefined);
  if (paged === undefined) return undefined;
  const [name, items] = paged;
  if (name !== "issues") return { name, items };
  // Agile reports have lists of that name too, of another kind.
  return items.length > 0 || "total" in record || "isLast" in record ? { name, items } : undefined;
}

const knownMembers = ["errorMessages", "transitions", "views", "sprintSupportEnabled", "rankCustomFieldId"];

/** Jira's answers that name no address of their own. */
function hasKnownShape(record: JiraRecord): boolean {
  return knownMembers.some((member) => member in record);
}

export function isRecord(value: Json | undefined): value is JiraRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
