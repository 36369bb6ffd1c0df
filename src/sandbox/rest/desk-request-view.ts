/** How customer requests are shown. */
import { instantOfJira } from "../jql/values.ts";
import type { CustomerRequest, Issue, JiraRecord, Json, ServiceDesk } from "../world/model.ts";
import { type Call, isObject, maySee } from "./call.ts";
import { requestTypeJson } from "./desk.ts";
import { deskBase, deskDate, deskPage, deskPerson } from "./desk-page.ts";
import { writableFields } from "./edits.ts";
import { personOf, userCalled } from "./people.ts";

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
/** A request with its issue. */
export type Found = { readonly issue: Issue; readonly request: CustomerRequest };

/** Whether the caller may read a request: as a member of its project, its reporter or a participant. */
export function mayRead(call: Call, issue: Issue, request: CustomerRequest): boolean {
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

/** `NEW`, `INDETERMINATE`, `DONE` or `UNDEFINED`. */
export function statusCategory(issue: Issue): string {
  const { status } = writableFields(issue);
  const key = isObject(status) && isObject(status.statusCategory) ? status.statusCategory.key : "new";
  return (
    ({ new: "NEW", indeterminate: "INDETERMINATE", done: "DONE" } as Record<string, string>)[String(key)] ??
    "UNDEFINED"
  );
}

/** The statuses a request has had, the latest first. */
export function statusesOf(call: Call, issue: Issue): JiraRecord[] {
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
  // The paging of the request itself is not that of the lists inside it.
  const inner = { ...call, query: new URLSearchParams() };
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
    shown.status = deskPage(inner, `${path}/status`, statusesOf(call, issue), (one) => one) as Json;
  }
  if (expand.includes("comment")) {
    shown.comments = deskPage(inner, `${path}/comment`, visibleComments(inner, { issue, request }), (one) =>
      commentJson(call, issue, request, one),
    ) as Json;
  }
  if (expand.includes("participant")) shown.participants = participants(inner, { issue, request }) as Json;
  return shown;
}

function fieldValues(desk: ServiceDesk | undefined, request: CustomerRequest, fields: JiraRecord): Json[] {
  const form = desk?.requestTypeFields[request.requestTypeId] ?? [];
  return form.map((field) => {
    const value = fields[String(field.fieldId)] ?? null;
    return { fieldId: field.fieldId ?? null, label: field.name ?? null, value };
  });
}

/** One comment, author and dates in the form of the service desk. */
export function commentJson(
  call: Call,
  issue: Issue,
  request: CustomerRequest,
  comment: JiraRecord,
): JiraRecord {
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

/** A page of the people who take part in a request. */
export function participants(call: Call, { issue, request }: Found): unknown {
  const users = request.participants
    .map((name) => userCalled(call.world, name))
    .filter((user) => user !== undefined);
  return deskPage(call, `/request/${issue.id}/participant`, users, (user) => deskPerson(call, user));
}

/** What customers may see of the comments: internal ones only for people of the desk's project. */
export function visibleComments(call: Call, { issue, request }: Found): JiraRecord[] {
  const agent = maySee(call, call.site.projects[issue.projectId]);
  const wantsPublic = call.query.get("public") !== "false";
  const wantsInternal = call.query.get("internal") !== "false";
  return issue.comments.filter((comment) =>
    request.internalComments.includes(String(comment.id)) ? agent && wantsInternal : wantsPublic,
  );
}
