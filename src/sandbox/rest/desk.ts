/** Service desks, their request types and forms, customers and organizations. */

import { requestTypeGroups } from "../world/desk.ts";
import type { JiraRecord, ServiceDesk } from "../world/model.ts";
import { type Call, isObject, maySee, ok, type Row, signedIn } from "./call.ts";
import { deskBase, deskDate, deskPage, deskParam, deskPerson, filled, optedIn } from "./desk-page.ts";
import { JiraError } from "./refuse.ts";

const DESK = "/rest/servicedeskapi/servicedesk";
const BUILT_MS = Date.UTC(2026, 10, 2);

function deskJson(call: Call, desk: ServiceDesk): JiraRecord {
  const project = call.site.projects[desk.projectId];
  return {
    id: desk.id,
    projectId: desk.projectId,
    projectName: project?.raw.name ?? "",
    projectKey: project?.key ?? "",
    _links: { self: `${deskBase(call)}/servicedesk/${desk.id}` },
  };
}

/** A request type; `_links.self` names the desk it was read through. */
export function requestTypeJson(call: Call, desk: ServiceDesk, type: JiraRecord): JiraRecord {
  return {
    _expands: [],
    ...(filled(call, type) as JiraRecord),
    serviceDeskId: desk.id,
    _links: { self: `${deskBase(call)}/servicedesk/${desk.id}/requesttype/${String(type.id)}` },
  };
}

function visibleDesks(call: Call): ServiceDesk[] {
  return Object.values(call.site.serviceDesks).filter((desk) =>
    maySee(call, call.site.projects[desk.projectId]),
  );
}

function typeParam(call: Call, desk: ServiceDesk): JiraRecord {
  const type = desk.requestTypes.find((one) => String(one.id) === call.params.type);
  if (type === undefined)
    throw new JiraError(404, ["The Request Type you are trying to view does not exist."]);
  return type;
}

function requestTypes(call: Call): readonly (readonly [ServiceDesk, JiraRecord])[] {
  const desks = call.query.getAll("serviceDeskId").flatMap((text) => text.split(","));
  const text = (call.query.get("searchQuery") ?? "").toLowerCase();
  return visibleDesks(call)
    .filter((desk) => desks.length === 0 || desks.includes(desk.id))
    .flatMap((desk) => desk.requestTypes.map((type) => [desk, type] as const))
    .filter(([, type]) => `${String(type.name)} ${String(type.description)}`.toLowerCase().includes(text));
}

export const deskRows: readonly Row[] = [
  [
    "GET",
    "/rest/servicedeskapi/info",
    (call) =>
      ok({
        version: "10.3.0",
        platformVersion: "10.3.2",
        buildDate: deskDate(call, BUILT_MS),
        buildChangeSet: "4c1b2d3e5f60718293a4b5c6d7e8f90112233445",
        isLicensedForUse: true,
        _links: { self: `${deskBase(call)}/info` },
      }),
  ],
  [
    "GET",
    DESK,
    (call) => {
      signedIn(call);
      return ok(deskPage(call, "/servicedesk", visibleDesks(call), (desk) => deskJson(call, desk)));
    },
  ],
  ["GET", `${DESK}/{desk}`, (call) => ok(deskJson(call, deskParam(call)))],
  [
    "GET",
    `${DESK}/{desk}/requesttype`,
    (call) => {
      const desk = deskParam(call);
      const group = call.query.get("groupId");
      const text = (call.query.get("searchQuery") ?? "").toLowerCase();
      const types = desk.requestTypes.filter(
        (type) =>
          (group === null || (Array.isArray(type.groupIds) && type.groupIds.includes(group))) &&
          `${String(type.name)} ${String(type.description)}`.toLowerCase().includes(text),
      );
      const path = `/servicedesk/${desk.id}/requesttype`;
      return ok(deskPage(call, path, types, (type) => requestTypeJson(call, desk, type)));
    },
  ],
  [
    "GET",
    `${DESK}/{desk}/requesttype/{type}`,
    (call) => {
      const desk = deskParam(call);
      return ok(requestTypeJson(call, desk, typeParam(call, desk)));
    },
  ],
  [
    "GET",
    `${DESK}/{desk}/requesttype/{type}/field`,
    (call) => {
      const desk = deskParam(call);
      const type = typeParam(call, desk);
      return ok({
        canRaiseOnBehalfOf: call.user?.admin === true,
        canAddRequestParticipants: true,
        requestTypeFields: filled(call, desk.requestTypeFields[String(type.id)] ?? []),
      });
    },
  ],
  [
    "GET",
    `${DESK}/{desk}/requesttypegroup`,
    (call) =>
      ok(
        deskPage(
          call,
          `/servicedesk/${deskParam(call).id}/requesttypegroup`,
          requestTypeGroups(),
          (group) => group,
        ),
      ),
  ],
  [
    "GET",
    "/rest/servicedeskapi/requesttype",
    (call) => {
      signedIn(call);
      optedIn(call);
      return ok(
        deskPage(call, "/requesttype", requestTypes(call), ([desk, type]) =>
          requestTypeJson(call, desk, type),
        ),
      );
    },
  ],
  [
    "GET",
    `${DESK}/{desk}/customer`,
    (call) => {
      const desk = deskParam(call);
      optedIn(call);
      const text = (call.query.get("query") ?? "").toLowerCase();
      const users = Object.values(call.world.users).filter((user) =>
        `${user.displayName} ${user.emailAddress} ${user.name}`.toLowerCase().includes(text),
      );
      return ok(deskPage(call, `/servicedesk/${desk.id}/customer`, users, (user) => deskPerson(call, user)));
    },
  ],
  [
    "GET",
    `${DESK}/{desk}/queue`,
    (call) => {
      const desk = deskParam(call);
      const key = call.site.projects[desk.projectId]?.key ?? "";
      const fields = ["issuetype", "issuekey", "summary", "created", "reporter", "duedate"];
      const queues = [
        {
          id: "1",
          name: "Open requests",
          jql: `project = ${key} AND resolution = EMPTY ORDER BY created ASC`,
        },
        {
          id: "2",
          name: "Unassigned requests",
          jql: `project = ${key} AND assignee is EMPTY AND resolution = EMPTY`,
        },
      ];
      return ok(
        deskPage(call, `/servicedesk/${desk.id}/queue`, queues, (queue) => ({
          ...queue,
          fields,
          _links: { self: `${deskBase(call)}/servicedesk/${desk.id}/queue/${queue.id}` },
        })),
      );
    },
  ],
  [
    "GET",
    `${DESK}/{desk}/organization`,
    (call) => ok(deskPage(call, `/servicedesk/${deskParam(call).id}/organization`, [], (item) => item)),
  ],
  [
    "GET",
    "/rest/servicedeskapi/organization",
    (call) => {
      signedIn(call);
      return ok(deskPage(call, "/organization", [], (item) => item));
    },
  ],
  [
    "POST",
    "/rest/servicedeskapi/customer",
    (call) => {
      const me = signedIn(call);
      const body = call.request.json();
      if (!me.admin) throw new JiraError(403, ["You do not have permission to create customers."]);
      const email = isObject(body) ? body.email : undefined;
      if (typeof email !== "string" || !email.includes("@"))
        throw new JiraError(400, ["The email address is not valid."]);
      const known = Object.values(call.world.users).find(
        (user) => user.emailAddress.toLowerCase() === email.toLowerCase(),
      );
      if (known === undefined)
        throw new JiraError(400, [
          "The sandbox makes no new accounts: name the e-mail address of one of its people.",
        ]);
      return ok(deskPerson(call, known), 201);
    },
  ],
];
