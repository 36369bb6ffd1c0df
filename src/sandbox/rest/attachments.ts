/** Attachments: what is known of them. Their content is not kept. */
import type { JiraRecord } from "../world/model.ts";
import { type Call, isObject, maySee, ok, type Row } from "./call.ts";
import { notFound } from "./refuse.ts";
import { rendered } from "./render.ts";

function attachmentParam(call: Call): JiraRecord {
  for (const issue of Object.values(call.site.issues)) {
    const list = isObject(issue.raw.fields) ? issue.raw.fields.attachment : undefined;
    if (!Array.isArray(list)) continue;
    const found = list.filter(isObject).find((one) => String(one.id) === call.params.attachment);
    if (found !== undefined && maySee(call, call.site.projects[issue.projectId])) return found;
  }
  throw notFound(`The attachment with id '${call.params.attachment}' does not exist`);
}

export const attachmentRows: readonly Row[] = [
  ["GET", "/rest/api/{version}/attachment/meta", () => ok({ enabled: true, uploadLimit: 10_485_760 })],
  ["GET", "/rest/api/{version}/attachment/{attachment}", (call) => ok(rendered(call, attachmentParam(call)))],
];
