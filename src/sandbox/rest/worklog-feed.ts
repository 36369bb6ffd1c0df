/** Worklogs of all issues: which were written or deleted since when, and many at once. */
import { instantOfJira } from "../jql/values.ts";
import type { Issue, JiraRecord } from "../world/model.ts";
import { bodyObject, type Call, maySee, ok, type Row, signedIn, wholeNumber } from "./call.ts";
import { badRequest } from "./refuse.ts";
import { worklogJson } from "./worklogs.ts";

const PAGE = 1000;
/** What happened within the last minute is not told yet. */
const SETTLED_MS = 60_000;

type Held = { readonly issue: Issue; readonly worklog: JiraRecord };
type Change = { readonly id: string; readonly at: number };

function visible(call: Call): Held[] {
  return Object.values(call.site.issues)
    .filter((issue) => maySee(call, call.site.projects[issue.projectId]))
    .flatMap((issue) => issue.worklogs.map((worklog) => ({ issue, worklog })));
}

/** A page of changes, oldest first; `nextPage` begins where `until` ends. */
function feed(call: Call, part: "updated" | "deleted", changes: readonly Change[]): unknown {
  const since = wholeTime(call);
  const settled = call.now - SETTLED_MS;
  const all = changes
    .filter((change) => change.at > since && change.at <= settled)
    .sort((a, b) => a.at - b.at || Number(a.id) - Number(b.id));
  let shown = all.slice(0, PAGE);
  // A page ends between two instants, never inside one: the next page asks for what came after.
  const last = shown[shown.length - 1];
  if (last !== undefined && all.length > PAGE) shown = all.filter((change) => change.at <= last.at);
  const until = shown[shown.length - 1]?.at ?? since;
  const path = `${call.base}/rest/api/${call.version}/worklog/${part}?since=`;
  const lastPage = shown.length >= all.length;
  return {
    values: shown.map(({ id, at }) => ({ worklogId: Number(id), updatedTime: at, properties: [] })),
    since,
    until,
    self: path + since,
    ...(lastPage ? {} : { nextPage: path + until }),
    lastPage,
  };
}

function wholeTime(call: Call): number {
  const text = call.query.get("since");
  // Milliseconds have more digits than the whole numbers of other parameters.
  if (text !== null && /^\d{1,15}$/.test(text)) return Number(text);
  return wholeNumber(call, "since", 0);
}

function many(call: Call): unknown[] {
  const { ids } = bodyObject(call);
  if (!Array.isArray(ids) || ids.length === 0) throw badRequest("The list of worklog ids must not be empty.");
  if (ids.length > PAGE) throw badRequest(`No more than ${PAGE} worklogs can be asked for at once.`);
  const wanted = new Set(ids.map(String));
  return visible(call)
    .filter(({ worklog }) => wanted.has(String(worklog.id)))
    .map(({ issue, worklog }) => worklogJson(call, issue, worklog));
}

export const worklogFeedRows: readonly Row[] = [
  [
    "GET",
    "/rest/api/{version}/worklog/updated",
    (call) => {
      signedIn(call);
      const changes = visible(call).map(({ worklog }) => ({
        id: String(worklog.id),
        at: instantOfJira(worklog.updated) ?? 0,
      }));
      return ok(feed(call, "updated", changes));
    },
  ],
  [
    "GET",
    "/rest/api/{version}/worklog/deleted",
    (call) => {
      signedIn(call);
      const gone = call.site.deletedWorklogs ?? [];
      return ok(
        feed(
          call,
          "deleted",
          gone.map(({ id, at_ms }) => ({ id, at: at_ms })),
        ),
      );
    },
  ],
  [
    "POST",
    "/rest/api/{version}/worklog/list",
    (call) => {
      signedIn(call);
      return ok(many(call));
    },
  ],
];
