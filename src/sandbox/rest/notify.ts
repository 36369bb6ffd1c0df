/** Mail about an issue: what is asked for is checked, and nothing is sent. */
import { empty } from "../message.ts";
import { bodyObject, type Call, isObject, issueParam, type Row, signedIn } from "./call.ts";
import { writableFields } from "./edits.ts";
import { userCalled } from "./people.ts";
import { badRequest } from "./refuse.ts";

function notify(call: Call): void {
  const issue = issueParam(call);
  signedIn(call);
  const to = bodyObject(call).to;
  if (!isObject(to)) throw badRequest("No recipients were defined for notification.");
  const users = Array.isArray(to.users) ? to.users : [];
  for (const one of users) {
    const name = isObject(one) ? String(one.accountId ?? one.name ?? "") : "";
    if (userCalled(call.world, name) === undefined)
      throw badRequest(`The user '${name.slice(0, 100)}' does not exist.`);
  }
  const groups = [
    ...(Array.isArray(to.groups) ? to.groups : []),
    ...(Array.isArray(to.groupIds) ? to.groupIds : []),
  ];
  const crowds = ["reporter", "watchers", "voters"].some((name) => to[name] === true);
  const assigned = to.assignee === true;
  if (assigned && !isObject(writableFields(issue).assignee))
    throw badRequest("The issue is unassigned, so there is no assignee to notify.");
  if (users.length === 0 && groups.length === 0 && !crowds && !assigned)
    throw badRequest("No recipients were defined for notification.");
}

export const notifyRows: readonly Row[] = [
  [
    "POST",
    "/rest/api/{version}/issue/{issue}/notify",
    (call) => {
      notify(call);
      return empty(204);
    },
  ],
];
