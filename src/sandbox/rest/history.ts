/** What happened to issues: Cloud's pages of changes, of one issue or of many. */
import { instantOfJira } from "../jql/values.ts";
import type { Issue, JiraRecord } from "../world/model.ts";
import { bodyObject, type Call, isObject, issueCalled, issueParam, maySee, ok, type Row } from "./call.ts";
import { classicPage } from "./page.ts";
import { badRequest } from "./refuse.ts";
import { partOf } from "./render.ts";

const MOST_ISSUES = 1000;
const MOST_FIELDS = 10;
const USUAL_HISTORIES = 1000;
const MOST_HISTORIES = 10_000;

/** One history entry. */
export function historyJson(call: Call, issue: Issue, history: JiraRecord): JiraRecord {
  return partOf(call, issue, history);
}

type Entry = { readonly issue: Issue; readonly history: JiraRecord; readonly at: number };

function concerns(history: JiraRecord, fieldIds: readonly string[]): boolean {
  if (fieldIds.length === 0) return true;
  const items = Array.isArray(history.items) ? history.items.filter(isObject) : [];
  return items.some((item) => fieldIds.includes(String(item.fieldId ?? item.field)));
}

function names(value: unknown, name: string, most: number): string[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw badRequest(`'${name}' must be a list.`);
  if (value.length > most) throw badRequest(`'${name}' must hold no more than ${most} entries.`);
  return value.map(String);
}

/** Where a page begins: the number of entries before it, for the same question. */
function readCursor(token: unknown): number {
  if (token === undefined || token === null || token === "") return 0;
  const at = Number(Buffer.from(String(token), "base64url").toString("utf8"));
  if (Number.isInteger(at) && at >= 0) return at;
  throw badRequest("Invalid or expired nextPageToken.");
}

/** The changes of many issues, by time and then by issue, told issue by issue. */
function bulk(call: Call): unknown {
  const body = bodyObject(call);
  const wanted = names(body.issueIdsOrKeys, "issueIdsOrKeys", MOST_ISSUES);
  if (wanted.length === 0) throw badRequest("'issueIdsOrKeys' must name at least one issue.");
  const fieldIds = names(body.fieldIds, "fieldIds", MOST_FIELDS);
  const size = body.maxResults ?? USUAL_HISTORIES;
  if (typeof size !== "number" || !Number.isInteger(size) || size < 1 || size > MOST_HISTORIES)
    throw badRequest(`'maxResults' must be between 1 and ${MOST_HISTORIES}.`);
  const issues = new Set(wanted.map((name) => issueCalled(call, name)));
  const entries: Entry[] = [...issues].flatMap((issue) => {
    if (issue === undefined || !maySee(call, call.site.projects[issue.projectId])) return [];
    return issue.changelog
      .filter((history) => concerns(history, fieldIds))
      .map((history) => ({ issue, history, at: instantOfJira(history.created) ?? 0 }));
  });
  entries.sort((a, b) => a.at - b.at || Number(a.issue.id) - Number(b.issue.id));
  const start = readCursor(body.nextPageToken);
  const part = entries.slice(start, start + size);
  const end = start + part.length;
  return {
    issueChangeLogs: byIssue(call, part),
    ...(end < entries.length ? { nextPageToken: Buffer.from(String(end)).toString("base64url") } : {}),
  };
}

function byIssue(call: Call, part: readonly Entry[]): unknown[] {
  const groups = new Map<Issue, JiraRecord[]>();
  for (const { issue, history, at } of part) {
    const shown = historyJson(call, issue, history);
    const form = call.sandbox.switch("bulk_changelog_created");
    if (form !== "iso") shown.created = form === "seconds" ? Math.floor(at / 1000) : at;
    groups.set(issue, [...(groups.get(issue) ?? []), shown]);
  }
  return [...groups].map(([issue, changeHistories]) => ({ issueId: issue.id, changeHistories }));
}

function byIds(call: Call): unknown {
  const issue = issueParam(call);
  const { changelogIds } = bodyObject(call);
  if (!Array.isArray(changelogIds) || changelogIds.length === 0)
    throw badRequest("The list of changelog ids must not be empty.");
  const wanted = new Set(changelogIds.map(String));
  const histories = issue.changelog
    .filter((history) => wanted.has(String(history.id)))
    .map((history) => historyJson(call, issue, history));
  return { startAt: 0, maxResults: histories.length, total: histories.length, histories };
}

export const historyRows: readonly Row[] = [
  [
    "GET",
    "/rest/api/{version}/issue/{issue}/changelog",
    (call) => {
      // Data Center tells the history only as an expand of the issue.
      if (call.site.face !== "cloud") return undefined;
      const issue = issueParam(call);
      const path = `/rest/api/${call.version}/issue/${issue.key}/changelog`;
      return ok(
        classicPage(call, path, issue.changelog, (history) => historyJson(call, issue, history), 100, 100),
      );
    },
  ],
  [
    "POST",
    "/rest/api/{version}/issue/{issue}/changelog/list",
    (call) => (call.site.face === "cloud" ? ok(byIds(call)) : undefined),
  ],
  [
    "POST",
    "/rest/api/{version}/changelog/bulkfetch",
    (call) => (call.site.face === "cloud" ? ok(bulk(call)) : undefined),
  ],
];
