/** Work logged on an issue. */
import { instantOfJira } from "../jql/values.ts";
import { empty } from "../message.ts";
import { type Issue, type JiraRecord, type Json, nextId } from "../world/model.ts";
import { bodyObject, type Call, isObject, issueParam, ok, type Row, signedIn, timestamp } from "./call.ts";
import { author, beginEdit, type HistoryItem, recordHistory } from "./edits.ts";
import { applyEstimate, durationText, type EstimateChange, readEstimate, secondsOf } from "./estimates.ts";
import { slice } from "./page.ts";
import { personOf } from "./people.ts";
import { badFields, badRequest, forbidden, notFound } from "./refuse.ts";
import { HIDDEN_DOCUMENTS, partOf } from "./render.ts";
import { richTextIn, richTextOut } from "./rich-fields.ts";

const MOST = 5000;

/** One worklog in the language of the version. */
export function worklogJson(call: Call, issue: Issue, worklog: JiraRecord): JiraRecord {
  const shown = partOf(call, issue, worklog);
  if (issue.loaded && !call.adf) return shown;
  if (worklog.comment !== undefined)
    shown.comment = richTextOut(call, worklog.comment, worklog[HIDDEN_DOCUMENTS]);
  if (!issue.loaded) shown.issueId ??= issue.id;
  return shown;
}

/** A worklog that was read and found right, not yet added. */
export type NewWorklog = {
  readonly seconds: number;
  readonly started: string;
  readonly text: { readonly wiki: string; readonly document: Json | undefined } | undefined;
  readonly visibility: JiraRecord | undefined;
};

/** Reads a worklog that is being written; of one that exists, what is not sent stays. */
export function readWorklog(call: Call, body: JiraRecord, before?: JiraRecord): NewWorklog {
  signedIn(call);
  const kept = before !== undefined && body.timeSpent === undefined && body.timeSpentSeconds === undefined;
  const seconds = kept ? Number(before.timeSpentSeconds) : secondsSent(body);
  if (seconds === undefined || seconds <= 0)
    throw badFields({ timeLogged: "Invalid time duration entered." });
  const text =
    body.comment === undefined || body.comment === null
      ? undefined
      : richTextIn(call, body.comment, "comment", "Comment body is not valid!");
  const visibility = isObject(body.visibility) ? body.visibility : undefined;
  return { seconds, started: startedAt(call, body, before), text, visibility };
}

function secondsSent(body: JiraRecord): number | undefined {
  if (typeof body.timeSpentSeconds === "number") return body.timeSpentSeconds;
  return secondsOf(String(body.timeSpent ?? ""));
}

/** Adds a worklog. */
export function addWorklog(
  call: Call,
  issue: Issue,
  work: NewWorklog,
  estimate: EstimateChange = { kind: "auto" },
): JiraRecord {
  beginEdit(call, issue);
  const id = nextId(call.site, "worklog");
  const now = timestamp(call.now);
  const worklog: JiraRecord = {
    self: `{base}/rest/api/2/issue/${issue.id}/worklog/${id}`,
    author: author(call),
    updateAuthor: author(call),
    created: now,
    updated: now,
    id,
    issueId: issue.id,
  };
  write(worklog, work);
  issue.worklogs.push(worklog);
  account(call, issue, id, work.seconds, estimate);
  tell(call, issue, worklog, "created");
  return worklog;
}

function tell(call: Call, issue: Issue, worklog: JiraRecord, what: "created" | "updated" | "deleted"): void {
  const shown = worklogJson({ ...call, adf: false, version: "2" }, issue, worklog);
  call.happenings.push({ event: `worklog_${what}`, issue, worklog: shown });
}

function write(worklog: JiraRecord, work: NewWorklog): void {
  worklog.started = work.started;
  worklog.timeSpent = durationText(work.seconds);
  worklog.timeSpentSeconds = work.seconds;
  if (work.visibility !== undefined) worklog.visibility = work.visibility;
  if (work.text === undefined) return;
  worklog.comment = work.text.wiki;
  delete worklog[HIDDEN_DOCUMENTS];
  if (work.text.document !== undefined) worklog[HIDDEN_DOCUMENTS] = work.text.document;
}

/** Adds up what was spent, moves the estimate, and writes both into the history. */
function account(call: Call, issue: Issue, id: string, change: number, estimate: EstimateChange): void {
  const fields = beginEdit(call, issue);
  const before = fields.timespent ?? null;
  fields.timespent = issue.worklogs.reduce((sum, one) => sum + (Number(one.timeSpentSeconds) || 0), 0);
  const items: HistoryItem[] = [
    plainItem("timespent", before, fields.timespent),
    { field: "WorklogId", fieldId: "WorklogId", custom: false, from: [null, null], to: [id, id] },
  ];
  const moved = applyEstimate(fields, change, estimate);
  if (moved !== undefined) items.push(plainItem("timeestimate", moved.before, moved.after));
  recordHistory(call, issue, items);
}

function plainItem(field: string, before: Json, after: Json): HistoryItem {
  const end = (value: Json): readonly [string | null, string | null] =>
    value === null ? [null, null] : [String(value), String(value)];
  return { field, fieldId: field, custom: false, from: end(before), to: end(after) };
}

function startedAt(call: Call, body: JiraRecord, before: JiraRecord | undefined): string {
  if (body.started === undefined || body.started === null)
    return before === undefined ? timestamp(call.now) : String(before.started);
  const text = String(body.started);
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}$/.test(text)) return text;
  throw badRequest(
    `Cannot deserialize value of type \`java.util.Date\` from String "${text.slice(0, 60)}": expected the format yyyy-MM-dd'T'HH:mm:ss.SSSZ`,
  );
}

function found(call: Call): { issue: Issue; worklog: JiraRecord } {
  const issue = issueParam(call);
  const worklog = issue.worklogs.find((one) => String(one.id) === call.params.worklog);
  if (worklog === undefined) throw notFound(`Cannot find worklog with id: '${call.params.worklog}'.`);
  return { issue, worklog };
}

function mayWrite(call: Call, worklog: JiraRecord): void {
  const user = signedIn(call);
  const writer = isObject(worklog.author) ? personOf(call.world, worklog.author) : undefined;
  if (user.admin || writer === undefined || writer.name === user.name) return;
  const message = "You do not have the permission to update the worklog.";
  throw call.site.face === "cloud" ? badRequest(message) : forbidden(message);
}

/** Worklogs started within `startedAfter` and `startedBefore`, milliseconds since the epoch. */
function startedWithin(call: Call, issue: Issue): readonly JiraRecord[] {
  const limit = (name: string): number | undefined => {
    const text = call.query.get(name);
    return text === null || !/^-?\d+$/.test(text) ? undefined : Number(text);
  };
  const [after, before] = [limit("startedAfter"), limit("startedBefore")];
  if (after === undefined && before === undefined) return issue.worklogs;
  return issue.worklogs.filter((one) => {
    const at = instantOfJira(one.started) ?? 0;
    return (after === undefined || at >= after) && (before === undefined || at <= before);
  });
}

function change(call: Call): JiraRecord {
  const { issue, worklog } = found(call);
  mayWrite(call, worklog);
  const work = readWorklog(call, bodyObject(call), worklog);
  const estimate = readEstimate(call);
  const before = Number(worklog.timeSpentSeconds) || 0;
  beginEdit(call, issue);
  write(worklog, work);
  worklog.updateAuthor = author(call);
  worklog.updated = timestamp(call.now);
  account(call, issue, String(worklog.id), work.seconds - before, estimate);
  tell(call, issue, worklog, "updated");
  return worklogJson(call, issue, worklog);
}

function remove(call: Call): void {
  const { issue, worklog } = found(call);
  mayWrite(call, worklog);
  const estimate = readEstimate(call);
  beginEdit(call, issue);
  issue.worklogs = issue.worklogs.filter((one) => one !== worklog);
  call.site.deletedWorklogs ??= [];
  call.site.deletedWorklogs.push({ id: String(worklog.id), at_ms: call.now });
  account(call, issue, String(worklog.id), -(Number(worklog.timeSpentSeconds) || 0), estimate);
  tell(call, issue, worklog, "deleted");
}

export const worklogRows: readonly Row[] = [
  [
    "GET",
    "/rest/api/{version}/issue/{issue}/worklog",
    (call) => {
      const issue = issueParam(call);
      const page = slice(call, startedWithin(call, issue), MOST, MOST);
      return ok({
        startAt: page.startAt,
        maxResults: call.query.has("maxResults") ? page.maxResults : page.items.length,
        total: page.total,
        worklogs: page.items.map((worklog) => worklogJson(call, issue, worklog)),
      });
    },
  ],
  [
    "POST",
    "/rest/api/{version}/issue/{issue}/worklog",
    (call) => {
      const issue = issueParam(call);
      const work = readWorklog(call, bodyObject(call));
      return ok(worklogJson(call, issue, addWorklog(call, issue, work, readEstimate(call))), 201);
    },
  ],
  [
    "GET",
    "/rest/api/{version}/issue/{issue}/worklog/{worklog}",
    (call) => {
      const { issue, worklog } = found(call);
      return ok(worklogJson(call, issue, worklog));
    },
  ],
  ["PUT", "/rest/api/{version}/issue/{issue}/worklog/{worklog}", (call) => ok(change(call))],
  [
    "DELETE",
    "/rest/api/{version}/issue/{issue}/worklog/{worklog}",
    (call) => {
      remove(call);
      return empty(204);
    },
  ],
];
