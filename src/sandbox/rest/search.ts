/** Search: Cloud's by token, Data Center's by position, and what became of Cloud's old one. */
import { createHash } from "node:crypto";
import { type JqlResult, searchJql } from "../jql/index.ts";
import { personKeys } from "../jql/values.ts";
import { json } from "../message.ts";
import type { Issue, JiraRecord } from "../world/model.ts";
import { bodyObject, type Call, commaList, listed, maySee, ok, type Row } from "./call.ts";
import { indexLag } from "./edits.ts";
import { fieldNames, fieldSchemas } from "./field-names.ts";
import { type FieldChoice, fieldChoice, issueJson, wantsOnlyId } from "./issue-view.ts";
import { badRequest, JiraError } from "./refuse.ts";

const REMOVED =
  "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046";
const UNBOUNDED =
  "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.";
const TOKEN_LIFE_MS = 7 * 24 * 3_600_000;
const MOST = 100;
const MOST_IDS = 5000;
const MOST_DATA_CENTER = 1000;
const MOST_RECONCILED = 50;

/** What a search asks for, whether it came as a query or as a body. */
export type Wish = {
  readonly jql: string;
  readonly fields: readonly string[];
  readonly expand: readonly string[];
  readonly properties: readonly string[];
  readonly startAt: number;
  readonly maxResults: number;
  readonly token: string | undefined;
  readonly reconcile: readonly string[];
  readonly validate: boolean;
};

function number(value: unknown, name: string, fallback: number): number {
  if (value === undefined || value === null || value === "") return fallback;
  const parsed = typeof value === "number" ? value : Number(value);
  if (Number.isInteger(parsed)) return parsed;
  throw badRequest(
    `The value '${String(value).slice(0, 100)}' of the parameter '${name}' is not a valid number.`,
  );
}

function words(value: unknown): string[] {
  if (typeof value === "string") return commaList(value);
  if (typeof value === "number") return [String(value)];
  return Array.isArray(value) ? value.flatMap((item) => commaList(String(item))) : [];
}

/** Reads what a search asks for. */
export function wishOf(call: Call): Wish {
  const fromBody = call.request.method === "POST";
  const body: JiraRecord = fromBody ? bodyObject(call) : {};
  const read = (name: string): unknown => (fromBody ? body[name] : (call.query.get(name) ?? undefined));
  const many = (name: string): string[] => (fromBody ? words(body[name]) : listed(call, name));
  const validate = read("validateQuery");
  const jql = read("jql");
  if (jql !== undefined && jql !== null && typeof jql !== "string") {
    throw badRequest("Invalid request payload. Refer to the REST API documentation and try again.");
  }
  return {
    jql: jql ?? "",
    fields: many("fields"),
    expand: many("expand"),
    properties: many("properties"),
    startAt: Math.max(0, number(read("startAt"), "startAt", 0)),
    maxResults: number(read("maxResults"), "maxResults", 50),
    token: typeof read("nextPageToken") === "string" ? (read("nextPageToken") as string) : undefined,
    reconcile: many("reconcileIssues"),
    validate: validate !== "false" && validate !== false && validate !== "none" && validate !== "warn",
  };
}

/**
 * Runs a query for the caller, over the issues as the index knows them.
 *
 * @param fresh ids of issues that are looked at as they are now, however far the index lags behind
 */
export async function search(
  call: Call,
  jql: string,
  lenient = false,
  fresh: readonly string[] = [],
): Promise<JqlResult> {
  const { user, site } = call;
  const indexed = call.sandbox.index.issuesOf(site, call.now, indexLag(call), new Set(fresh));
  const result = await searchJql({
    jql,
    ...(indexed === undefined ? {} : { issues: indexed }),
    user: user?.name ?? "",
    lenient,
    context: {
      site: call.site,
      world: call.world,
      me: user === undefined ? [] : personKeys(user),
      now: call.now,
      timeZone: user?.timeZone ?? "UTC",
      locale: user?.locale ?? "en_US",
      // Searches of anonymous callers are empty rather than refused.
      ...(user === undefined ? {} : { sees: (id: string) => maySee(call, call.site.projects[id]) }),
    },
    visible: (issue) => maySee(call, call.site.projects[issue.projectId]),
  });
  if (!result.ok || indexed === undefined || site.face === "cloud") return result;
  // Data Center finds by the index, and shows what the database holds.
  return { ...result, issues: result.issues.flatMap((issue) => site.issues[issue.id] ?? []) };
}

function found(result: JqlResult): Extract<JqlResult, { ok: true }> {
  if (result.ok) return result;
  throw new JiraError(400, result.errors);
}

/** Where the next page begins: after an issue, which is found again even if issues before it came or went. */
type Place = { readonly after: string; readonly at: number; readonly query: string; readonly made: number };

function fingerprint(jql: string): string {
  return createHash("sha256").update(jql).digest("base64url").slice(0, 16);
}

function writeToken(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

function readToken(call: Call, wish: Wish): Place | undefined {
  if (wish.token === undefined || wish.token === "") return undefined;
  try {
    const place = JSON.parse(Buffer.from(wish.token, "base64url").toString("utf8")) as Place;
    const sound =
      typeof place.after === "string" && Number.isInteger(place.at) && Number.isFinite(place.made);
    if (sound && place.query === fingerprint(wish.jql) && call.now - place.made <= TOKEN_LIFE_MS)
      return place;
  } catch {
    // Not a token of ours; refused below like one that has expired.
  }
  throw badRequest("Invalid or expired nextPageToken.");
}

function shown(call: Call, issue: Issue, choice: FieldChoice, wish: Wish): JiraRecord {
  if (call.site.face === "cloud" && wantsOnlyId(choice)) return { id: issue.id };
  const document = issueJson(
    call,
    issue,
    choice,
    wish.expand.filter((name) => name !== "names" && name !== "schema"),
  );
  if (wish.properties.length > 0) {
    document.properties = Object.fromEntries(
      Object.entries(issue.properties).filter(([name]) => wish.properties.includes(name)),
    );
  }
  return document;
}

/** `names` and `schema` stand once beside the issues of a page. */
function besides(call: Call, issues: readonly JiraRecord[], expand: readonly string[]): JiraRecord {
  const ids = [...new Set(issues.flatMap((issue) => Object.keys((issue.fields ?? {}) as JiraRecord)))];
  return {
    ...(expand.includes("names") ? { names: fieldNames(call, ids) } : {}),
    ...(expand.includes("schema") ? { schema: fieldSchemas(call, ids) } : {}),
  };
}

async function cloudSearch(call: Call) {
  const wish = wishOf(call);
  if (wish.jql.trim() === "") throw badRequest(UNBOUNDED);
  if (wish.reconcile.length > MOST_RECONCILED) {
    throw badRequest(`The 'reconcileIssues' parameter takes at most ${MOST_RECONCILED} issue ids.`);
  }
  const wrong = wish.reconcile.find((id) => !/^\d+$/.test(id));
  if (wrong !== undefined)
    throw badRequest(`The 'reconcileIssues' parameter takes issue ids, not '${wrong.slice(0, 60)}'.`);
  if (wish.maxResults < 1 && wish.maxResults !== 0)
    throw badRequest("The value of 'maxResults' must not be negative.");
  const { issues, bounded } = found(await search(call, wish.jql, false, wish.reconcile));
  if (!bounded) throw badRequest(UNBOUNDED);
  return ok(tokenPage(call, wish, issues, "none"));
}

/** A page in Cloud's newer style: where the next one begins stands in a token, and there is no total. */
export function tokenPage(
  call: Call,
  wish: Wish,
  issues: readonly Issue[],
  usual: "none" | "navigable",
): JiraRecord {
  const choice = fieldChoice(wish.fields, usual);
  const lean = choice.all === "named" && [...choice.named].every((name) => name === "id" || name === "key");
  const size = Math.min(lean ? MOST_IDS : MOST, wish.maxResults);
  const place = readToken(call, wish);
  const start = place === undefined ? 0 : positionAfter(issues, place);
  const part = issues.slice(start, start + size);
  const last = part[part.length - 1];
  const isLast = start + part.length >= issues.length || last === undefined;
  const rows = part.map((issue) => shown(call, issue, choice, wish));
  const query = fingerprint(wish.jql);
  return {
    issues: rows,
    ...(isLast
      ? {}
      : { nextPageToken: writeToken({ after: last.id, at: start + part.length, query, made: call.now }) }),
    isLast,
    ...besides(call, rows, wish.expand),
  };
}

function positionAfter(issues: readonly Issue[], place: Place): number {
  if (issues[place.at - 1]?.id === place.after) return place.at;
  const index = issues.findIndex((issue) => issue.id === place.after);
  return index === -1 ? place.at : index + 1;
}

async function dataCenterSearch(call: Call) {
  const wish = wishOf(call);
  const { issues, warnings } = found(await search(call, wish.jql, !wish.validate));
  const size = wish.maxResults < 0 ? MOST_DATA_CENTER : Math.min(MOST_DATA_CENTER, wish.maxResults);
  const choice = fieldChoice(wish.fields, "navigable");
  const rows = issues
    .slice(wish.startAt, wish.startAt + size)
    .map((issue) => shown(call, issue, choice, wish));
  return ok({
    expand: "schema,names",
    startAt: wish.startAt,
    maxResults: size,
    total: issues.length,
    issues: rows,
    ...besides(call, rows, wish.expand),
    ...(warnings.length === 0 ? {} : { warningMessages: warnings }),
  });
}

async function count(call: Call) {
  if (call.site.face !== "cloud") return undefined;
  const { jql } = bodyObject(call);
  if (typeof jql !== "string" || jql.trim() === "") throw badRequest(UNBOUNDED);
  const { issues, bounded } = found(await search(call, jql));
  if (!bounded) throw badRequest(UNBOUNDED);
  return ok({ count: issues.length });
}

function either(call: Call) {
  if (call.site.face === "datacenter") return dataCenterSearch(call);
  call.request.note("this search was removed from Jira Cloud");
  return json(410, { errorMessages: [REMOVED], errors: {} });
}

async function jqlSearch(call: Call) {
  return call.site.face === "cloud" ? cloudSearch(call) : undefined;
}

export const searchRows: readonly Row[] = [
  ["GET", "/rest/api/{version}/search/jql", jqlSearch],
  ["POST", "/rest/api/{version}/search/jql", jqlSearch],
  ["POST", "/rest/api/{version}/search/approximate-count", count],
  ["GET", "/rest/api/{version}/search", either],
  ["POST", "/rest/api/{version}/search", either],
];
