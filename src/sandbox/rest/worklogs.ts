/** Work logged on an issue. */
import { empty } from "../message.ts";
import { type Issue, type JiraRecord, type Json, nextId } from "../world/model.ts";
import { bodyObject, type Call, issueParam, ok, type Row, signedIn, timestamp } from "./call.ts";
import { author, beginEdit } from "./edits.ts";
import { slice } from "./page.ts";
import { badFields, badRequest, notFound } from "./refuse.ts";
import { HIDDEN_DOCUMENTS, partOf } from "./render.ts";
import { richTextIn, richTextOut } from "./rich-fields.ts";

const MOST = 5000;
const HOUR = 3600;
const UNITS: Record<string, number> = { w: 40 * HOUR, d: 8 * HOUR, h: HOUR, m: 60 };

/** One worklog in the language of the version. */
export function worklogJson(call: Call, issue: Issue, worklog: JiraRecord): JiraRecord {
  const shown = partOf(call, issue, worklog);
  if (issue.loaded && !call.adf) return shown;
  if (worklog.comment !== undefined)
    shown.comment = richTextOut(call, worklog.comment, worklog[HIDDEN_DOCUMENTS]);
  if (!issue.loaded) shown.issueId ??= issue.id;
  return shown;
}

/** Seconds of `3h 20m` (a week is five days, a day eight hours), or undefined. */
export function secondsOf(text: string): number | undefined {
  if (!/^\s*(?:\d+(?:\.\d+)?[wdhm]\s*)+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)([wdhm])/g))
    seconds += Number(amount) * (UNITS[unit ?? "m"] ?? 0);
  return Math.round(seconds);
}

/** `3h 20m` of seconds. */
export function durationText(seconds: number): string {
  const parts: string[] = [];
  let left = seconds;
  for (const [unit, size] of Object.entries(UNITS)) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.join(" ") || "0m";
}

/** A worklog that was read and found right, not yet added. */
export type NewWorklog = {
  readonly seconds: number;
  readonly started: string;
  readonly text: { readonly wiki: string; readonly document: Json | undefined } | undefined;
};

/** Reads a worklog that is being written. */
export function readWorklog(call: Call, body: JiraRecord): NewWorklog {
  signedIn(call);
  const seconds =
    typeof body.timeSpentSeconds === "number"
      ? body.timeSpentSeconds
      : secondsOf(String(body.timeSpent ?? ""));
  if (seconds === undefined || seconds <= 0)
    throw badFields({ timeLogged: "Invalid time duration entered." });
  const text =
    body.comment === undefined || body.comment === null
      ? undefined
      : richTextIn(call, body.comment, "comment", "Comment body is not valid!");
  return { seconds, started: startedAt(call, body), text };
}

/** Adds a worklog. */
export function addWorklog(call: Call, issue: Issue, work: NewWorklog): JiraRecord {
  const fields = beginEdit(call, issue);
  const id = nextId(call.site, "worklog");
  const now = timestamp(call.now);
  const worklog: JiraRecord = {
    self: `{base}/rest/api/2/issue/${issue.id}/worklog/${id}`,
    author: author(call),
    updateAuthor: author(call),
    ...(work.text === undefined ? {} : { comment: work.text.wiki }),
    ...(work.text?.document === undefined ? {} : { [HIDDEN_DOCUMENTS]: work.text.document }),
    created: now,
    updated: now,
    started: work.started,
    timeSpent: durationText(work.seconds),
    timeSpentSeconds: work.seconds,
    id,
    issueId: issue.id,
  };
  issue.worklogs.push(worklog);
  fields.timespent = issue.worklogs.reduce((sum, one) => sum + (Number(one.timeSpentSeconds) || 0), 0);
  return worklog;
}

function startedAt(call: Call, body: JiraRecord): string {
  if (body.started === undefined || body.started === null) return timestamp(call.now);
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

export const worklogRows: readonly Row[] = [
  [
    "GET",
    "/rest/api/{version}/issue/{issue}/worklog",
    (call) => {
      const issue = issueParam(call);
      const page = slice(call, issue.worklogs, MOST, MOST);
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
      return ok(worklogJson(call, issue, addWorklog(call, issue, readWorklog(call, bodyObject(call)))), 201);
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
  [
    "DELETE",
    "/rest/api/{version}/issue/{issue}/worklog/{worklog}",
    (call) => {
      const { issue, worklog } = found(call);
      signedIn(call);
      beginEdit(call, issue);
      issue.worklogs = issue.worklogs.filter((one) => one !== worklog);
      return empty(204);
    },
  ],
];
