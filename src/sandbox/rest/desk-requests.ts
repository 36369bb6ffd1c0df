/** Customer requests: read, raise, comment, move on. */
import { empty } from "../message.ts";
import type { JiraRecord } from "../world/model.ts";
import { bodyObject, type Call, isObject, issueCalled, listed, ok, type Row, signedIn } from "./call.ts";
import { addComment } from "./comments.ts";
import { deskCalled, deskPage } from "./desk-page.ts";
import { raiseRequest } from "./desk-raise.ts";
import {
  commentJson,
  type Found,
  mayRead,
  requestJson,
  statusCategory,
  statusesOf,
  visibleComments,
} from "./desk-request-view.ts";
import { writableFields } from "./edits.ts";
import { JiraError } from "./refuse.ts";
import { stepsOf, takeStep } from "./workflow.ts";

export const requestPath = "/rest/servicedeskapi/request";

/** The request of the path; 404 where the caller may not read it. */
export function requestParam(call: Call): Found {
  signedIn(call);
  const issue = issueCalled(call, call.params.issue ?? "");
  const request = issue === undefined ? undefined : call.site.requests[issue.id];
  if (issue === undefined || request === undefined || !mayRead(call, issue, request)) {
    throw new JiraError(404, ["The request you are trying to view does not exist."]);
  }
  return { issue, request };
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

function writeComment(call: Call, { issue, request }: Found): JiraRecord {
  const body = bodyObject(call);
  if (typeof body.body !== "string" || body.body.trim() === "")
    throw new JiraError(400, ["Comment body can not be empty!"]);
  if (typeof body.public !== "boolean") throw new JiraError(400, ["The field 'public' is required."]);
  const comment = addComment(call, issue, { wiki: body.body, document: undefined });
  if (!body.public) request.internalComments.push(String(comment.id));
  return commentJson(call, issue, request, comment);
}

/** Comments by `public` and `internal`, both true unless told otherwise. */
function wantedComments(call: Call, found: Found): readonly JiraRecord[] {
  const wants = (name: string): boolean => call.query.get(name) !== "false";
  return visibleComments(call, found).filter((one) =>
    found.request.internalComments.includes(String(one.id)) ? wants("internal") : wants("public"),
  );
}

/** A part of requests of which the sandbox has none: an empty page. */
function nothingOf(part: string): Row {
  return [
    "GET",
    `${requestPath}/{issue}/${part}`,
    (call) => ok(deskPage(call, `/request/${requestParam(call).issue.id}/${part}`, [], (item) => item)),
  ];
}

export const deskRequestRows: readonly Row[] = [
  [
    "GET",
    requestPath,
    (call) => {
      signedIn(call);
      const expand = listed(call, "expand");
      return ok(deskPage(call, "/request", wantedRequests(call), (one) => requestJson(call, one, expand)));
    },
  ],
  ["POST", requestPath, (call) => ok(requestJson(call, raiseRequest(call, bodyObject(call)), []), 201)],
  [
    "GET",
    `${requestPath}/{issue}`,
    (call) => ok(requestJson(call, requestParam(call), listed(call, "expand"))),
  ],
  [
    "GET",
    `${requestPath}/{issue}/comment`,
    (call) => {
      const found = requestParam(call);
      const path = `/request/${found.issue.id}/comment`;
      return ok(
        deskPage(call, path, wantedComments(call, found), (one) =>
          commentJson(call, found.issue, found.request, one),
        ),
      );
    },
  ],
  ["POST", `${requestPath}/{issue}/comment`, (call) => ok(writeComment(call, requestParam(call)), 201)],
  [
    "GET",
    `${requestPath}/{issue}/comment/{comment}`,
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
    `${requestPath}/{issue}/transition`,
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
    `${requestPath}/{issue}/transition`,
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
    `${requestPath}/{issue}/status`,
    (call) => {
      const { issue } = requestParam(call);
      return ok(deskPage(call, `/request/${issue.id}/status`, statusesOf(call, issue), (one) => one));
    },
  ],
  ...["sla", "approval"].map(nothingOf),
];
