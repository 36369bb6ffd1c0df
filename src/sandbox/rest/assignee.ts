/** Who does an issue: set with the permission to assign alone, where editing it asks for more. */
import { empty } from "../message.ts";
import type { Issue, JiraRecord, Json } from "../world/model.ts";
import { bodyObject, type Call, isObject, issueParam, type Row, signedIn } from "./call.ts";
import { beginEdit, recordHistory } from "./edits.ts";
import { applyFields, planFields } from "./issue-fields.ts";
import { badFields } from "./refuse.ts";

/** "-1" asks for whom the project names: its lead. */
const AUTOMATIC = "-1";

function assign(call: Call, issue: Issue, body: JiraRecord): void {
  signedIn(call);
  const member = call.site.face === "cloud" ? "accountId" : "name";
  const named = body[member];
  if (named === undefined || (named !== null && typeof named !== "string")) {
    throw badFields({ assignee: `${member} is required; null takes the assignee away.` });
  }
  const person: Json =
    named === AUTOMATIC ? leadOf(call, issue, member) : named === null ? null : { [member]: named };
  const wanted = planFields(call, issue, { assignee: person }, {});
  beginEdit(call, issue);
  recordHistory(call, issue, applyFields(call, issue, wanted));
}

function leadOf(call: Call, issue: Issue, member: string): Json {
  const lead = call.site.projects[issue.projectId]?.raw.lead;
  const name = isObject(lead) ? lead[member] : undefined;
  return typeof name === "string" ? { [member]: name } : null;
}

export const assigneeRows: readonly Row[] = [
  [
    "PUT",
    "/rest/api/{version}/issue/{issue}/assignee",
    (call) => {
      assign(call, issueParam(call), bodyObject(call));
      return empty(204);
    },
  ],
];
