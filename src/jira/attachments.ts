import type { Dialect } from "../protocol/flavors.ts";
import { segment } from "./address.ts";
import type { Caller } from "./caller.ts";
import { objectFrom, unlessAbsent, unreadable } from "./issues.ts";
import type { Jira, Json } from "./model.ts";
import type { NewFile } from "./resources.ts";

/** Files on issues. Contents are streamed, and never followed to where Jira redirects. */
export function attachmentResource(
  caller: Caller,
  dialect: Dialect,
  random: (bytes: number) => Uint8Array,
): Pick<Jira, "attachments"> {
  const one = (id: string) => caller.api(`/attachment/${segment(id)}`);
  const get = (id: string) => objectFrom(caller.request({ path: one(id) }), "attachment");

  /** Cloud serves the bytes itself when told not to redirect; Data Center has them outside the REST API. */
  const contentOf = (id: string, filename: string) =>
    dialect.deployment === "cloud"
      ? { path: caller.api(`/attachment/content/${segment(id)}`), query: { redirect: "false" } }
      : { path: `/secure/attachment/${segment(id)}/${segment(filename)}` };

  return {
    attachments: {
      async list(key) {
        const path = caller.api(`/issue/${segment(key)}`);
        const issue = await objectFrom(caller.request({ path, query: { fields: "attachment" } }), "issue");
        const { attachment = [] } = (issue.fields ?? {}) as Json;
        if (!Array.isArray(attachment)) throw unreadable("list of attachments");
        return attachment as Json[];
      },
      get,
      async download(id, { signal } = {}) {
        const { filename, size } = await get(id);
        if (typeof filename !== "string") throw unreadable("attachment");
        const answer = await caller.open({
          ...contentOf(id, filename),
          headers: { accept: "*/*", "accept-encoding": "identity" },
          ...(signal ? { signal } : {}),
        });
        const type = answer.headers["content-type"] ?? "application/octet-stream";
        return { filename, type, bytes: typeof size === "number" ? size : 0, body: answer.body };
      },
      async add(key, files) {
        const boundary = `latchkey-${Buffer.from(random(18)).toString("hex")}`;
        const answer = await caller.request({
          method: "POST",
          path: caller.api(`/issue/${segment(key)}/attachments`),
          headers: { "content-type": `multipart/form-data; boundary=${boundary}` },
          body: multipart(files, boundary),
        });
        const added = answer.json();
        if (!Array.isArray(added)) throw unreadable("list of attachments");
        return added as Json[];
      },
      delete: (id) =>
        unlessAbsent(
          caller.request({ method: "DELETE", path: one(id) }).then(() => true),
          false,
        ),
    },
  };
}

/** @see RFC 7578; a name keeps its letters and loses what would end the header. */
function multipart(files: readonly NewFile[], boundary: string): Uint8Array {
  const parts = files.flatMap(({ filename, content, type = "application/octet-stream" }) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    const name = filename.replace(/[\u0000-\u001f\u007f]/g, " ").replace(/"/g, "%22");
    const kind = type.replace(/[^\u0021-\u007e ;]/g, "");
    const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: ${kind}\r\n\r\n`;
    return [Buffer.from(head), Buffer.from(content), Buffer.from("\r\n")];
  });
  return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
}
