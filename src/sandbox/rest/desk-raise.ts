/** Raising a request: the form of its type is checked, then an issue is made of it. */
import type { CustomerRequest, Issue, JiraRecord, ServiceDesk, User } from "../world/model.ts";
import { personRecord } from "../world/people.ts";
import { type Call, isObject, signedIn } from "./call.ts";
import { deskCalled } from "./desk-page.ts";
import { writableFields } from "./edits.ts";
import { createIssue } from "./issues.ts";
import { userCalled } from "./people.ts";
import { JiraError } from "./refuse.ts";
import { isDocument } from "./richtext.ts";

/** Makes a request from what was sent; nothing is made where the form is not filled in right. */
export function raiseRequest(call: Call, body: JiraRecord): { issue: Issue; request: CustomerRequest } {
  const me = signedIn(call);
  const desk = deskOf(call, body);
  const type = desk.requestTypes.find((one) => String(one.id) === String(body.requestTypeId));
  if (type === undefined)
    throw new JiraError(400, ["The Request Type you are trying to view does not exist."]);
  const values = isObject(body.requestFieldValues) ? body.requestFieldValues : {};
  checkForm(desk, type, values);
  const reporter = reporterOf(call, me, body);
  const participants = participantsOf(call, body);
  const adf = body.isAdfRequest === true;
  if (adf && values.description !== undefined && !isDocument(values.description)) {
    throw new JiraError(400, ["The description must be an Atlassian Document when isAdfRequest is true."]);
  }
  // The form speaks wiki text unless it says otherwise, whatever the version of the Jira API.
  const issue = createIssue(
    { ...call, adf },
    {
      fields: {
        ...values,
        project: { id: desk.projectId },
        issuetype: { id: type.issueTypeId ?? null },
      },
    },
  );
  writableFields(issue).reporter = personRecord(reporter, call.site.face === "cloud");
  const request: CustomerRequest = {
    issueId: issue.id,
    serviceDeskId: desk.id,
    requestTypeId: String(type.id),
    reporter: reporter.name,
    internalComments: [],
    participants,
  };
  call.site.requests[issue.id] = request;
  return { issue, request };
}

function deskOf(call: Call, body: JiraRecord): ServiceDesk {
  const wanted = body.serviceDeskId;
  const desk =
    typeof wanted === "string" || typeof wanted === "number" ? deskCalled(call, String(wanted)) : undefined;
  if (desk === undefined)
    throw new JiraError(400, ["The Service Desk you are trying to view does not exist."]);
  return desk;
}

function checkForm(desk: ServiceDesk, type: JiraRecord, values: JiraRecord): void {
  const form = desk.requestTypeFields[String(type.id)] ?? [];
  const known = new Set(form.map((field) => String(field.fieldId)));
  const missing = form.filter((field) => field.required === true && isBlank(values[String(field.fieldId)]));
  const errors = [
    ...missing.map(
      (field) =>
        `Your request could not be created: '${String(field.name)}' is required (${String(field.fieldId)}).`,
    ),
    ...Object.keys(values)
      .filter((id) => !known.has(id))
      .map(
        (id) =>
          `Your request could not be created: the field '${id.slice(0, 100)}' is not on the form of this request type.`,
      ),
  ];
  if (errors.length > 0) throw new JiraError(400, [errors.join(" ")]);
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === "string" && value.trim() === "");
}

function reporterOf(call: Call, me: User, body: JiraRecord): User {
  if (body.raiseOnBehalfOf === undefined || body.raiseOnBehalfOf === null) return me;
  const user = userCalled(call.world, String(body.raiseOnBehalfOf));
  if (user === undefined)
    throw new JiraError(400, [`The user '${String(body.raiseOnBehalfOf).slice(0, 100)}' does not exist.`]);
  return user;
}

function participantsOf(call: Call, body: JiraRecord): string[] {
  const names = Array.isArray(body.requestParticipants) ? body.requestParticipants : [];
  return names.map((name) => {
    const user = userCalled(call.world, String(name));
    if (user === undefined)
      throw new JiraError(400, [`The user '${String(name).slice(0, 100)}' does not exist.`]);
    return user.name;
  });
}
