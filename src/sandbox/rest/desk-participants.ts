/** Who takes part in a request besides its reporter, and the files on it. */
import type { SandboxResponse } from "../message.ts";
import type { JiraRecord, User } from "../world/model.ts";
import { attach, attachmentsOf, uploaded } from "./attachments.ts";
import { bodyObject, type Call, isObject, ok, type Row, signedIn } from "./call.ts";
import { addComment } from "./comments.ts";
import { deskDate, deskPage, deskParam, deskPerson, filled } from "./desk-page.ts";
import { commentJson, type Found, participants } from "./desk-request-view.ts";
import { requestParam, requestPath } from "./desk-requests.ts";
import { beginEdit } from "./edits.ts";
import type { UploadedFile } from "./multipart.ts";
import { personOf, userCalled } from "./people.ts";
import { JiraError } from "./refuse.ts";

const HOUR_MS = 3_600_000;

/** The people a body names: by account id on Cloud, by user name on Data Center. */
function named(call: Call): User[] {
  const body = bodyObject(call);
  const names = call.site.face === "cloud" ? body.accountIds : body.usernames;
  return (Array.isArray(names) ? names : []).map((text) => {
    const user = userCalled(call.world, String(text));
    if (user === undefined)
      throw new JiraError(400, [`The user '${String(text).slice(0, 100)}' does not exist.`]);
    return user;
  });
}

function join(call: Call): unknown {
  const found = requestParam(call);
  const users = named(call);
  beginEdit(call, found.issue);
  const { request } = found;
  for (const { name } of users) if (!request.participants.includes(name)) request.participants.push(name);
  return participants(call, found);
}

function leave(call: Call): unknown {
  const found = requestParam(call);
  const names = named(call).map((user) => user.name);
  const outside = names.find((name) => !found.request.participants.includes(name));
  if (outside !== undefined)
    throw new JiraError(400, [`The user '${outside}' is not a participant of this request.`]);
  beginEdit(call, found.issue);
  found.request.participants = found.request.participants.filter((name) => !names.includes(name));
  return participants(call, found);
}

type Waiting = { readonly site: string; readonly file: UploadedFile; readonly until_ms: number };
/** Files that were sent but belong to no request yet; they are not kept over a restart. */
const waiting = new Map<string, Waiting>();

function keep(call: Call): SandboxResponse {
  deskParam(call);
  const files = uploaded(call);
  if ("status" in files) return files;
  for (const [id, one] of waiting) if (one.until_ms < call.now) waiting.delete(id);
  const temporaryAttachments = files.map((file) => {
    const id = `temp${BigInt(`0x${call.sandbox.random(8).toString("hex")}`)}`;
    waiting.set(id, { site: call.site.id, file, until_ms: call.now + HOUR_MS });
    return { temporaryAttachmentId: id, fileName: file.filename };
  });
  return ok({ temporaryAttachments }, 201);
}

function attachmentJson(call: Call, attachment: JiraRecord): JiraRecord {
  const links = filled(call, {
    self: attachment.self ?? null,
    jiraRest: attachment.self ?? null,
    content: attachment.content ?? null,
    ...(attachment.thumbnail === undefined ? {} : { thumbnail: attachment.thumbnail }),
  });
  const writer = isObject(attachment.author) ? personOf(call.world, attachment.author) : undefined;
  return {
    filename: attachment.filename ?? "",
    author: deskPerson(call, writer),
    created: deskDate(call, Date.parse(String(attachment.created).replace("+0000", "Z"))),
    size: attachment.size ?? 0,
    mimeType: attachment.mimeType ?? "application/octet-stream",
    _links: links as JiraRecord,
  };
}

function attachmentPage(call: Call, found: Found, all: readonly JiraRecord[]): unknown {
  const path = `/request/${found.issue.id}/attachment`;
  return deskPage(call, path, all, (one) => attachmentJson(call, one));
}

function attachKept(call: Call): unknown {
  const found = requestParam(call);
  signedIn(call);
  const body = bodyObject(call);
  if (typeof body.public !== "boolean") throw new JiraError(400, ["The field 'public' is required."]);
  const ids = Array.isArray(body.temporaryAttachmentIds) ? body.temporaryAttachmentIds.map(String) : [];
  if (ids.length === 0) throw new JiraError(400, ["The list of temporary attachment ids is missing."]);
  const files = ids.map((id) => {
    const one = waiting.get(id);
    if (one === undefined || one.site !== call.site.id || one.until_ms < call.now)
      throw new JiraError(400, [`The temporary attachment '${id.slice(0, 100)}' does not exist.`]);
    return one.file;
  });
  for (const id of ids) waiting.delete(id);
  const added = files.map((file) => attach(call, found.issue, file));
  const note = isObject(body.additionalComment) ? String(body.additionalComment.body ?? "") : "";
  const names = added.map((one) => `[^${String(one.filename)}]`).join(" ");
  const comment = addComment(call, found.issue, { wiki: `${note} ${names}`.trim(), document: undefined });
  if (!body.public) found.request.internalComments.push(String(comment.id));
  return {
    comment: commentJson(call, found.issue, found.request, comment),
    attachments: attachmentPage(call, found, added),
  };
}

export const deskParticipantRows: readonly Row[] = [
  ["GET", `${requestPath}/{issue}/participant`, (call) => ok(participants(call, requestParam(call)))],
  ["POST", `${requestPath}/{issue}/participant`, (call) => ok(join(call))],
  ["DELETE", `${requestPath}/{issue}/participant`, (call) => ok(leave(call))],
  [
    "GET",
    `${requestPath}/{issue}/attachment`,
    (call) => {
      const found = requestParam(call);
      return ok(attachmentPage(call, found, attachmentsOf(found.issue)));
    },
  ],
  ["POST", `${requestPath}/{issue}/attachment`, (call) => ok(attachKept(call), 201)],
  ["POST", "/rest/servicedeskapi/servicedesk/{desk}/attachTemporaryFile", keep],
];
