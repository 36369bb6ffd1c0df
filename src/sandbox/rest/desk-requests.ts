/** Customer requests: read, raise, comment, move on. */

import { instantOfJira } from "../jql/values.ts";
import { empty } from "../message.ts";
import {
  type CustomerRequest,
  findIssue,
  type Issue,
  type JiraRecord,
  type Json,
  type ServiceDesk,
} from "../world/model.ts";
import { bodyObject, type Call, isObject, listed, maySee, ok, type Row, signedIn } from "./call.ts";
import { addComment } from "./comments.ts";
import { requestTypeJson } from "./desk.ts";
import { deskBase, deskCalled, deskDate, deskPage, deskPerson } from "./desk-page.ts";
import { raiseRequest } from "./desk-raise.ts";
import { beginEdit, writableFields } from "./edits.ts";
import { personOf, userCalled } from "./people.ts";
import { JiraError } from "./refuse.ts";
import { stepsOf, takeStep } from "./workflow.ts";

const EXPANDS = [
  "participant",
  "status",
  "sla",
  "requestType",
  "serviceDesk",
  "attachment",
  "action",
  "comment",
];
const PATH = "/rest/servicedeskapi/request";

type Found = { readonly issue: Issue; readonly request: CustomerRequest };

function requestParam(call: Call): Found {
  signedIn(call);
  const issue = findIssue(call.site, call.params.issue ?? "");
  const request = issue === undefined ? undefined : call.site.requests[issue.id];
  if (issue === undefined || request === undefined || !mayRead(call, issue, request)) {
    throw new JiraError(404, ["The request you are trying to view does not exist."]);
  }
  return { issue, request };
}

function mayRead(call: Call, issue: Issue, request: CustomerRequest): boolean {
  const name = call.user?.name ?? "";
  return (
    maySee(call, call.site.projects[issue.projectId]) ||
    request.reporter === name ||
    request.participants.includes(name)
  );
}

function statusName(issue: Issue): string {
  const { status } = writableFields(issue);
  return isObject(status) ? String(status.name) : "";
}

function statusCategory(issue: Issue): string {
  const { status } = writableFields(issue);
  const key = isObject(status) && isObject(status.statusCategory) ? status.statusCategory.key : "new";
  return (
    ({ new: "NEW", indeterminate: "INDETERMINATE", done: "DONE" } as Record<string, string>)[String(key)] ??
    "UNDEFINED"
  );
}

/** The statuses a request has had, the latest first. */
function statusesOf(call: Call, issue: Issue): JiraRecord[] {
  const changes: { name: string; at: number }[] = [];
  let first: string | undefined;
  for (const history of issue.changelog) {
    for (const item of Array.isArray(history.items) ? history.items : []) {
      if (!isObject(item) || item.field !== "status") continue;
      first ??= String(item.fromString);
      changes.unshift({
        name: String(item.toString),
        at: instantOfJira(history.created) ?? issue.updated_ms,
      });
    }
  }
  changes.push({ name: first ?? statusName(issue), at: issue.created_ms });
  return changes.map(({ name, at }) => ({ status: name, statusDate: deskDate(call, at) }));
}

/** One request, with what `expand` asks for. */
export function requestJson(call: Call, { issue, request }: Found, expand: readonly string[]): JiraRecord {
  const desk = call.site.serviceDesks[request.serviceDeskId];
  const fields = writableFields(issue);
  const self = `${deskBase(call)}/request/${issue.id}`;
  const shown: JiraRecord = {
    _expands: EXPANDS.filter((name) => !expand.includes(name)),
    issueId: issue.id,
    issueKey: issue.key,
    summary: fields.summary ?? "",
    requestTypeId: request.requestTypeId,
    serviceDeskId: request.serviceDeskId,
    createdDate: deskDate(call, issue.created_ms),
    reporter: deskPerson(call, userCalled(call.world, request.reporter)),
    requestFieldValues: fieldValues(desk, request, fields),
    currentStatus: {
      status: statusName(issue),
      statusCategory: statusCategory(issue),
      statusDate: (statusesOf(call, issue)[0] as JiraRecord).statusDate ?? null,
    },
    _links: {
      jiraRest: `${call.base}/rest/api/2/issue/${issue.id}`,
      web: `${call.base}/servicedesk/customer/portal/${request.serviceDeskId}/${issue.key}`,
      self,
      agent: `${call.base}/browse/${issue.key}`,
    },
  };
  return expanded(call, { issue, request }, desk, shown, expand);
}

function expanded(
  call: Call,
  { issue, request }: Found,
  desk: ServiceDesk | undefined,
  shown: JiraRecord,
  expand: readonly string[],
): JiraRecord {
  const path = `/request/${issue.id}`;
  const type = desk?.requestTypes.find((one) => String(one.id) === request.requestTypeId);
  if (expand.includes("requestType") && desk !== undefined && type !== undefined) {
    shown.requestType = requestTypeJson(call, desk, type);
  }
  if (expand.includes("serviceDesk") && desk !== undefined) {
    const project = call.site.projects[desk.projectId];
    shown.serviceDesk = {
      id: desk.id,
      projectId: desk.projectId,
      projectKey: project?.key ?? "",
      projectName: project?.raw.name ?? "",
    };
  }
  if (expand.includes("status")) {
    shown.status = deskPage(call, `${path}/status`, statusesOf(call, issue), (one) => one) as Json;
  }
  if (expand.includes("comment")) {
    shown.comments = deskPage(call, `${path}/comment`, issue.comments, (one) =>
      commentJson(call, issue, request, one),
    ) as Json;
  }
  if (expand.includes("participant")) shown.participants = participants(call, { issue, request }) as Json;
  return shown;
}

function fieldValues(desk: ServiceDesk | undefined, request: CustomerRequest, fields: JiraRecord): Json[] {
  const form = desk?.requestTypeFields[request.requestTypeId] ?? [];
  return form.map((field) => {
    const value = fields[String(field.fieldId)] ?? null;
    return { fieldId: field.fieldId ?? null, label: field.name ?? null, value };
  });
}

function commentJson(call: Call, issue: Issue, request: CustomerRequest, comment: JiraRecord): JiraRecord {
  const writer = isObject(comment.author) ? personOf(call.world, comment.author) : undefined;
  const id = String(comment.id);
  return {
    _expands: ["attachment", "renderedBody"],
    id,
    body: comment.body ?? "",
    public: !request.internalComments.includes(id),
    author: deskPerson(call, writer),
    created: deskDate(call, instantOfJira(comment.created) ?? issue.created_ms),
    _links: { self: `${deskBase(call)}/request/${issue.id}/comment/${id}` },
  };
}

function participants(call: Call, { issue, request }: Found): unknown {
  const users = request.participants
    .map((name) => userCalled(call.world, name))
    .filter((user) => user !== undefined);
  return deskPage(call, `/request/${issue.id}/participant`, users, (user) => deskPerson(call, user));
}

function wantedRequests(call: Call): Found[] {
  const text = (call.query.get("searchTerm") ?? "").toLowerCase();
  const deskText = call.query.get("serviceDeskId");
  const deskId = deskText === null ? undefined : (deskCalled(call, deskText)?.id ?? "");
  const type = call.query.get("requestTypeId");
  const status = call.query.get("requestStatus") ?? "ALL_REQUESTS";
  const ownership = listed(call, "requestOwnership");
  const me = call.user?.name ?? "";
  const owned = ownership.length === 0 || ownership.includes("OWNED_REQUESTS");
  const joined = ownership.length === 0 || ownership.includes("PARTICIPATED_REQUESTS");
  const all = ownership.includes("ALL_REQUESTS");
  return Object.values(call.site.requests)
    .flatMap((request) => {
      const issue = call.site.issues[request.issueId];
      return issue === undefined || !mayRead(call, issue, request) ? [] : [{ issue, request }];
    })
    .filter(({ issue, request }) => {
      const mine = (owned && request.reporter === me) || (joined && request.participants.includes(me));
      if (!all && !mine) return false;
      if (deskId !== undefined && request.serviceDeskId !== deskId) return false;
      if (type !== null && request.requestTypeId !== type) return false;
      const closed = statusCategory(issue) === "DONE";
      if ((status === "OPEN_REQUESTS" && closed) || (status === "CLOSED_REQUESTS" && !closed)) return false;
      return String(writableFields(issue).summary ?? "")
        .toLowerCase()
        .includes(text);
    })
    .sort((a, b) => b.issue.updated_ms - a.issue.updated_ms || Number(b.issue.id) - Number(a.issue.id));
}

/** What customers may see of the comments: internal ones only for people of the desk's project. */
function visibleComments(call: Call, { issue, request }: Found): JiraRecord[] {
  const agent = maySee(call, call.site.projects[issue.projectId]);
  const wantsPublic = call.query.get("public") !== "false";
  const wantsInternal = call.query.get("internal") !== "false";
  return issue.comments.filter((comment) =>
    request.internalComments.includes(String(comment.id)) ? agent && wantsInternal : wantsPublic,
  );
}

function writeComment(call: Call, { issue, request }: Found): JiraRecord {
  const body = bodyObject(call);
  if (typeof body.body !== "string" || body.body.trim() === "")
    throw new JiraError(400, ["Comment body can not be empty!"]);
  if (typeof body.public !== "boolean") throw new JiraError(400, ["The field 'public' is required."]);
  const comment = addComment(call, issue, { wiki: body.body, document: undefined });
  if (!body.public) request.internalComments.push(String(comment.id));
  return commentJson(call, issue, request, comment);
}

export const deskRequestRows: readonly Row[] = [
  [
    "GET",
    PATH,
    (call) => {
      signedIn(call);
      const expand = listed(call, "expand");
      return ok(deskPage(call, "/request", wantedRequests(call), (one) => requestJson(call, one, expand)));
    },
  ],
  ["POST", PATH, (call) => ok(requestJson(call, raiseRequest(call, bodyObject(call)), []), 201)],
  ["GET", `${PATH}/{issue}`, (call) => ok(requestJson(call, requestParam(call), listed(call, "expand")))],
  [
    "GET",
    `${PATH}/{issue}/comment`,
    (call) => {
      const found = requestParam(call);
      const path = `/request/${found.issue.id}/comment`;
      return ok(
        deskPage(call, path, visibleComments(call, found), (one) =>
          commentJson(call, found.issue, found.request, one),
        ),
      );
    },
  ],
  ["POST", `${PATH}/{issue}/comment`, (call) => ok(writeComment(call, requestParam(call)), 201)],
  [
    "GET",
    `${PATH}/{issue}/comment/{comment}`,
    (call) => {
      const found = requestParam(call);
      const comment = visibleComments(call, found).find((one) => String(one.id) === call.params.comment);
      if (comment === undefined)
        throw new JiraError(404, ["The comment you are trying to view does not exist."]);
      return ok(commentJson(call, found.issue, found.request, comment));
    },
  ],
  [
    "GET",
    `${PATH}/{issue}/transition`,
    (call) => {
      const { issue } = requestParam(call);
      return ok(
        deskPage(call, `/request/${issue.id}/transition`, stepsOf(call, issue), ({ id, name }) => ({
          id,
          name,
        })),
      );
    },
  ],
  [
    "POST",
    `${PATH}/{issue}/transition`,
    (call) => {
      const { issue } = requestParam(call);
      const body = bodyObject(call);
      takeStep(call, issue, { transition: { id: body.id ?? null } });
      const note = isObject(body.additionalComment) ? body.additionalComment.body : undefined;
      if (typeof note === "string" && note.trim() !== "")
        addComment(call, issue, { wiki: note, document: undefined });
      return empty(204);
    },
  ],
  [
    "GET",
    `${PATH}/{issue}/status`,
    (call) => {
      const { issue } = requestParam(call);
      return ok(deskPage(call, `/request/${issue.id}/status`, statusesOf(call, issue), (one) => one));
    },
  ],
  ["GET", `${PATH}/{issue}/participant`, (call) => ok(participants(call, requestParam(call)))],
  [
    "POST",
    `${PATH}/{issue}/participant`,
    (call) => {
      const found = requestParam(call);
      const body = bodyObject(call);
      const named = call.site.face === "cloud" ? body.accountIds : body.usernames;
      for (const text of Array.isArray(named) ? named : []) {
        const user = userCalled(call.world, String(text));
        if (user === undefined)
          throw new JiraError(400, [`The user '${String(text).slice(0, 100)}' does not exist.`]);
        beginEdit(call, found.issue);
        if (!found.request.participants.includes(user.name)) found.request.participants.push(user.name);
      }
      return ok(participants(call, found));
    },
  ],
  [
    "GET",
    `${PATH}/{issue}/sla`,
    (call) => ok(deskPage(call, `/request/${requestParam(call).issue.id}/sla`, [], (item) => item)),
  ],
];
