/** Attachments: put on an issue, described, read and taken away. */
import { empty, json, type SandboxResponse, text } from "../message.ts";
import { type Issue, type JiraRecord, nextId } from "../world/model.ts";
import { contentOf, redirectToMedia, serveContent, serveThumbnail } from "./attachment-content.ts";
import { type Call, isObject, issueParam, maySee, ok, type Row, signedIn, timestamp } from "./call.ts";
import { author, beginEdit, recordHistory } from "./edits.ts";
import { filesOf, type UploadedFile } from "./multipart.ts";
import { personOf } from "./people.ts";
import { forbidden, JiraError, notFound } from "./refuse.ts";
import { rendered } from "./render.ts";

const MOST_FILES = 60;

function limit(call: Call): number {
  return Number(call.sandbox.switch("attachment_limit_bytes"));
}

/** The attachments of an issue. */
export function attachmentsOf(issue: Issue): JiraRecord[] {
  const list = isObject(issue.raw.fields) ? issue.raw.fields.attachment : undefined;
  return Array.isArray(list) ? list.filter(isObject) : [];
}

type Found = { readonly issue: Issue; readonly attachment: JiraRecord };

/** The attachment of an id that the caller may see; 404 where there is none. */
export function attachmentCalled(call: Call, id: string): Found {
  for (const issue of Object.values(call.site.issues)) {
    const attachment = attachmentsOf(issue).find((one) => String(one.id) === id);
    if (attachment !== undefined && maySee(call, call.site.projects[issue.projectId]))
      return { issue, attachment };
  }
  throw notFound(`The attachment with id '${id.slice(0, 100)}' does not exist`);
}

function attachmentParam(call: Call): Found {
  return attachmentCalled(call, call.params.attachment ?? "");
}

/** An attachment as this face and version shows it. */
export function attachmentJson(call: Call, attachment: JiraRecord): JiraRecord {
  return rendered(call, attachment) as JiraRecord;
}

/** The uploaded files of the request, or what is wrong with it as Jira says it. */
export function uploaded(call: Call): readonly UploadedFile[] | SandboxResponse {
  const token = call.request.headers["x-atlassian-token"];
  if (token !== "no-check" && token !== "nocheck") {
    call.request.note("a multipart upload needs the header X-Atlassian-Token: no-check");
    return text(403, "XSRF check failed");
  }
  const files = filesOf(call.request.headers["content-type"], call.request.body);
  if (files === undefined) {
    call.request.note("the body is no multipart form");
    return json(415, { errorMessages: ["The request must be multipart/form-data."], errors: {} });
  }
  const named = files.filter((file) => file.field === "file");
  if (named.length === 0) throw new JiraError(400, ["No file was sent: the part must be named 'file'."]);
  if (named.length > MOST_FILES)
    throw new JiraError(413, [`No more than ${MOST_FILES} files can be uploaded at once.`]);
  const large = named.find((file) => file.content.length > limit(call));
  if (large === undefined) return named;
  const status = call.site.face === "cloud" ? 413 : 404;
  throw new JiraError(status, [
    `The file '${large.filename.slice(0, 100)}' exceeds its maximum permitted size of ${limit(call)} bytes.`,
  ]);
}

/** Puts a file on an issue. */
export function attach(call: Call, issue: Issue, file: UploadedFile): JiraRecord {
  const fields = beginEdit(call, issue);
  const id = nextId(call.site, "attachment");
  const cloud = call.site.face === "cloud";
  const name = file.filename.replace(/^.*[\\/]/, "").slice(0, 255) || "file";
  const content = cloud
    ? `{base}/rest/api/2/attachment/content/${id}`
    : `{base}/secure/attachment/${id}/${encodeURIComponent(name)}`;
  const thumbnail = cloud
    ? `{base}/rest/api/2/attachment/thumbnail/${id}`
    : `{base}/secure/thumbnail/${id}/_thumb_${id}.png`;
  const attachment: JiraRecord = {
    self: `{base}/rest/api/2/attachment/${id}`,
    id,
    filename: name,
    author: author(call),
    created: timestamp(call.now),
    size: file.content.length,
    mimeType: file.type,
    content,
    ...(/^image\/(?:png|jpeg|gif|bmp)$/.test(file.type) ? { thumbnail } : {}),
  };
  call.site.files ??= {};
  call.site.files[id] = file.content.toString("base64");
  fields.attachment = [...attachmentsOf(issue), attachment];
  recordHistory(call, issue, [
    { field: "Attachment", fieldId: "attachment", custom: false, from: [null, null], to: [id, name] },
  ]);
  tell(call, issue, attachment, "created");
  return attachment;
}

function tell(call: Call, issue: Issue, attachment: JiraRecord, what: "created" | "deleted"): void {
  const shown = attachmentJson({ ...call, adf: false }, attachment);
  call.happenings.push({ event: `attachment_${what}`, issue, more: { attachment: shown } });
}

function detach(call: Call): void {
  const { issue, attachment } = attachmentParam(call);
  const user = signedIn(call);
  const writer = isObject(attachment.author) ? personOf(call.world, attachment.author) : undefined;
  if (!user.admin && writer !== undefined && writer.name !== user.name)
    throw forbidden("You do not have permission to delete this attachment.");
  const fields = beginEdit(call, issue);
  const id = String(attachment.id);
  fields.attachment = attachmentsOf(issue).filter((one) => String(one.id) !== id);
  if (call.site.files !== undefined) delete call.site.files[id];
  recordHistory(call, issue, [
    {
      field: "Attachment",
      fieldId: "attachment",
      custom: false,
      from: [id, String(attachment.filename)],
      to: [null, null],
    },
  ]);
  tell(call, issue, attachment, "deleted");
}

/** Cloud sends callers on to its media store, unless they ask for the bytes themselves. */
function content(call: Call): SandboxResponse | undefined {
  if (call.site.face !== "cloud") return undefined;
  const { attachment } = attachmentParam(call);
  const bytes = contentOf(call.site, attachment);
  if (bytes === undefined) throw notFound("The content of this attachment is not kept by the sandbox.");
  if (call.query.get("redirect") === "false") return serveContent(call.request, attachment, bytes);
  return redirectToMedia(call.sandbox, call.site, attachment);
}

function thumbnail(call: Call): SandboxResponse | undefined {
  if (call.site.face !== "cloud") return undefined;
  const { attachment } = attachmentParam(call);
  if (attachment.thumbnail === undefined && call.query.get("fallbackToDefault") === "false")
    throw notFound("The thumbnail of this attachment does not exist.");
  return serveThumbnail(call.request);
}

export const attachmentRows: readonly Row[] = [
  ["GET", "/rest/api/{version}/attachment/meta", (call) => ok({ enabled: true, uploadLimit: limit(call) })],
  ["GET", "/rest/api/{version}/attachment/content/{attachment}", content],
  ["GET", "/rest/api/{version}/attachment/thumbnail/{attachment}", thumbnail],
  [
    "GET",
    "/rest/api/{version}/attachment/{attachment}",
    (call) => {
      const shown = attachmentJson(call, attachmentParam(call).attachment);
      // Alone on Cloud its id is a number; inside an issue it is a text.
      return ok(call.site.face === "cloud" ? { ...shown, id: Number(shown.id) } : shown);
    },
  ],
  [
    "DELETE",
    "/rest/api/{version}/attachment/{attachment}",
    (call) => {
      detach(call);
      return empty(204);
    },
  ],
  [
    "POST",
    "/rest/api/{version}/issue/{issue}/attachments",
    (call) => {
      const issue = issueParam(call);
      signedIn(call);
      const files = uploaded(call);
      if ("status" in files) return files;
      return ok(files.map((file) => attachmentJson(call, attach(call, issue, file))));
    },
  ],
];
