/** Who watches an issue and who voted for it. */
import { crowdOf } from "../jql/values.ts";
import { empty, type SandboxResponse } from "../message.ts";
import type { Issue } from "../world/model.ts";
import { type Call, isObject, issueParam, ok, type Row, signedIn } from "./call.ts";
import { beginEdit } from "./edits.ts";
import { personJson, userCalled } from "./people.ts";
import { notFound } from "./refuse.ts";

type Crowd = "watchers" | "voters";

function people(call: Call, issue: Issue, crowd: Crowd): unknown[] {
  return crowdOf(issue, crowd).flatMap((name) => {
    const user = userCalled(call.world, name);
    return user === undefined ? [] : [personJson(call, user)];
  });
}

/** Whether the caller is among those who watch or voted. */
export function isIn(call: Call, issue: Issue, crowd: Crowd): boolean {
  const { user } = call;
  return (
    user !== undefined && crowdOf(issue, crowd).some((name) => name === user.name || name === user.accountId)
  );
}

function selfOf(call: Call, issue: Issue, part: string): string {
  return `${call.base}/rest/api/${call.adf ? "3" : "2"}/issue/${issue.key}/${part}`;
}

function replace(call: Call, issue: Issue, crowd: Crowd, names: readonly string[]): SandboxResponse {
  const fields = beginEdit(call, issue);
  issue.raw[`{${crowd}}`] = [...new Set(names)];
  const [field, count] = crowd === "watchers" ? ["watches", "watchCount"] : ["votes", "votes"];
  const before = fields[field as string];
  fields[field as string] = { ...(isObject(before) ? before : {}), [count as string]: new Set(names).size };
  return empty(204);
}

/** The user a watcher call names: in the body a JSON string, in the query by the face's name; else the caller. */
function named(call: Call): string {
  const me = signedIn(call);
  const sent = call.request.json();
  const text = typeof sent === "string" ? sent : (call.query.get("accountId") ?? call.query.get("username"));
  if (text === null || text === "") return me.name;
  const user = userCalled(call.world, text);
  if (user === undefined) throw notFound(`The user named '${text.slice(0, 100)}' does not exist`);
  return user.name;
}

export const crowdRows: readonly Row[] = [
  [
    "GET",
    "/rest/api/{version}/issue/{issue}/watchers",
    (call) => {
      const issue = issueParam(call);
      const watchers = people(call, issue, "watchers");
      return ok({
        self: selfOf(call, issue, "watchers"),
        isWatching: isIn(call, issue, "watchers"),
        watchCount: watchers.length,
        watchers,
      });
    },
  ],
  [
    "POST",
    "/rest/api/{version}/issue/{issue}/watchers",
    (call) => {
      const issue = issueParam(call);
      return replace(call, issue, "watchers", [...crowdOf(issue, "watchers"), named(call)]);
    },
  ],
  [
    "DELETE",
    "/rest/api/{version}/issue/{issue}/watchers",
    (call) => {
      const issue = issueParam(call);
      const gone = named(call);
      return replace(
        call,
        issue,
        "watchers",
        crowdOf(issue, "watchers").filter((name) => name !== gone),
      );
    },
  ],
  [
    "GET",
    "/rest/api/{version}/issue/{issue}/votes",
    (call) => {
      const issue = issueParam(call);
      const voters = people(call, issue, "voters");
      return ok({
        self: selfOf(call, issue, "votes"),
        votes: voters.length,
        hasVoted: isIn(call, issue, "voters"),
        voters,
      });
    },
  ],
  [
    "POST",
    "/rest/api/{version}/issue/{issue}/votes",
    (call) => {
      const issue = issueParam(call);
      return replace(call, issue, "voters", [...crowdOf(issue, "voters"), signedIn(call).name]);
    },
  ],
  [
    "DELETE",
    "/rest/api/{version}/issue/{issue}/votes",
    (call) => {
      const issue = issueParam(call);
      const me = signedIn(call).name;
      return replace(
        call,
        issue,
        "voters",
        crowdOf(issue, "voters").filter((name) => name !== me),
      );
    },
  ],
];
