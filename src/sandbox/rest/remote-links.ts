/** Links from an issue to things elsewhere; one with a `globalId` is written over, never doubled. */
import { empty } from "../message.ts";
import { type Issue, type JiraRecord, type Json, nextId } from "../world/model.ts";
import { bodyObject, type Call, isObject, issueParam, ok, type Row, signedIn } from "./call.ts";
import { beginEdit } from "./edits.ts";
import { badFields, notFound } from "./refuse.ts";
import { asLoaded, rendered } from "./render.ts";

const LONGEST_GLOBAL_ID = 255;

type Parts = Pick<JiraRecord, "globalId" | "application" | "relationship" | "object">;

function readLink(body: JiraRecord): Parts {
  const object = isObject(body.object) ? body.object : {};
  const errors: Record<string, string> = {};
  for (const name of ["url", "title"]) {
    const value = object[name];
    if (typeof value !== "string" || value.trim() === "") errors[name] = `'${name}' is required.`;
  }
  if (typeof body.globalId === "string" && body.globalId.length > LONGEST_GLOBAL_ID) {
    errors.globalId = `'globalId' must be no more than ${LONGEST_GLOBAL_ID} characters.`;
  }
  if (Object.keys(errors).length > 0) throw badFields(errors);
  return {
    globalId: typeof body.globalId === "string" && body.globalId !== "" ? body.globalId : null,
    application: isObject(body.application) ? body.application : null,
    relationship: typeof body.relationship === "string" ? body.relationship : null,
    object,
  };
}

/** What is null was not given, and is left out, as Jira does; `application` and `object.icon` stay as empty objects. */
function linkJson(call: Call, issue: Issue, link: JiraRecord): Json {
  if (issue.loaded) return asLoaded(call, link);
  const shown = rendered(call, link) as JiraRecord;
  for (const name of ["globalId", "relationship"]) if (shown[name] === null) delete shown[name];
  shown.application ??= {};
  return shown;
}

function identity(call: Call, link: JiraRecord): JiraRecord {
  return {
    id: link.id ?? null,
    self: (rendered(call, { self: link.self ?? null }) as JiraRecord).self ?? null,
  };
}

function byGlobalId(issue: Issue, globalId: string): JiraRecord | undefined {
  return issue.remoteLinks.find((link) => link.globalId === globalId);
}

function byId(call: Call, issue: Issue): JiraRecord {
  const link = issue.remoteLinks.find((one) => String(one.id) === call.params.link);
  if (link === undefined)
    throw notFound(`A remote issue link with id '${call.params.link}' could not be found.`);
  return link;
}

function write(call: Call, issue: Issue, body: JiraRecord): { link: JiraRecord; status: number } {
  signedIn(call);
  const parts = readLink(body);
  const before = typeof parts.globalId === "string" ? byGlobalId(issue, parts.globalId) : undefined;
  beginEdit(call, issue);
  if (before !== undefined) {
    Object.assign(before, parts);
    return { link: before, status: 200 };
  }
  const id = Number(nextId(call.site, "remotelink"));
  const link: JiraRecord = {
    id,
    self: `{base}/rest/api/2/issue/${issue.key}/remotelink/${id}`,
    ...(parts as JiraRecord),
  };
  issue.remoteLinks.push(link);
  return { link, status: 201 };
}

function drop(call: Call, issue: Issue, link: JiraRecord): void {
  signedIn(call);
  beginEdit(call, issue);
  issue.remoteLinks = issue.remoteLinks.filter((one) => one !== link);
}

export const remoteLinkRows: readonly Row[] = [
  [
    "GET",
    "/rest/api/{version}/issue/{issue}/remotelink",
    (call) => {
      const issue = issueParam(call);
      const globalId = call.query.get("globalId");
      if (globalId === null) return ok(issue.remoteLinks.map((link) => linkJson(call, issue, link)));
      const link = byGlobalId(issue, globalId);
      if (link === undefined) throw notFound("The specified remote issue link does not exist.");
      return ok(linkJson(call, issue, link));
    },
  ],
  [
    "POST",
    "/rest/api/{version}/issue/{issue}/remotelink",
    (call) => {
      const { link, status } = write(call, issueParam(call), bodyObject(call));
      return ok(identity(call, link), status);
    },
  ],
  [
    "DELETE",
    "/rest/api/{version}/issue/{issue}/remotelink",
    (call) => {
      const issue = issueParam(call);
      const globalId = call.query.get("globalId");
      if (globalId === null || globalId === "") throw badFields({ globalId: "'globalId' is required." });
      const link = byGlobalId(issue, globalId);
      if (link === undefined) throw notFound("The specified remote issue link does not exist.");
      drop(call, issue, link);
      return empty(204);
    },
  ],
  [
    "GET",
    "/rest/api/{version}/issue/{issue}/remotelink/{link}",
    (call) => {
      const issue = issueParam(call);
      return ok(linkJson(call, issue, byId(call, issue)));
    },
  ],
  [
    "PUT",
    "/rest/api/{version}/issue/{issue}/remotelink/{link}",
    (call) => {
      const issue = issueParam(call);
      const link = byId(call, issue);
      signedIn(call);
      const parts = readLink(bodyObject(call));
      beginEdit(call, issue);
      Object.assign(link, parts);
      return empty(204);
    },
  ],
  [
    "DELETE",
    "/rest/api/{version}/issue/{issue}/remotelink/{link}",
    (call) => {
      const issue = issueParam(call);
      drop(call, issue, byId(call, issue));
      return empty(204);
    },
  ],
];
