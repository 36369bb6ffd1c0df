/** The bytes of an attachment on their way out: whole, in ranges, by a redirect to a signed address. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { empty, redirect, type Sandbox, type SandboxRequest, type SandboxResponse } from "../message.ts";
import type { JiraRecord, Site } from "../world/model.ts";
import { badRequest } from "./refuse.ts";

const LINK_LIFE_S = 600;
/** One transparent point: what stands for every thumbnail. */
const POINT = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==",
  "base64",
);

/** The content of an attachment; undefined where only its description is known, as with loaded issues. */
export function contentOf(site: Site, attachment: JiraRecord): Buffer | undefined {
  const files = site.files ?? {};
  const id = String(attachment.id);
  return Object.hasOwn(files, id) ? Buffer.from(files[id] ?? "", "base64") : undefined;
}

/** Serves content, or the part of it that `Range` asks for. */
export function serveContent(
  request: SandboxRequest,
  attachment: JiraRecord,
  content: Buffer,
): SandboxResponse {
  const headers: Array<readonly [string, string]> = [
    ["Content-Type", String(attachment.mimeType ?? "application/octet-stream")],
    [
      "Content-Disposition",
      `attachment; filename*=UTF-8''${encodeURIComponent(String(attachment.filename))}`,
    ],
    ["X-Content-Type-Options", "nosniff"],
    ["Accept-Ranges", "bytes"],
  ];
  const range = request.headers.range;
  if (range === undefined) return { status: 200, headers, body: content };
  const bounds = boundsOf(range, content.length);
  if (bounds === "malformed") throw badRequest("The Range header is malformed.");
  if (bounds === undefined) return empty(416, [["Content-Range", `bytes */${content.length}`]]);
  const [first, last] = bounds;
  return {
    status: 206,
    headers: [...headers, ["Content-Range", `bytes ${first}-${last}/${content.length}`]],
    body: content.subarray(first, last + 1),
  };
}

/** Serves what stands for the small picture of any image. */
export function serveThumbnail(request: SandboxRequest): SandboxResponse {
  return serveContent(request, { mimeType: "image/png", filename: "thumbnail.png" }, POINT);
}

function boundsOf(range: string, size: number): readonly [number, number] | "malformed" | undefined {
  const [, from = "", to = ""] = /^bytes=(\d*)-(\d*)$/.exec(range.trim()) ?? [undefined, "", ""];
  if (from === "" && to === "") return "malformed";
  const first = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === "" || to === "" ? size - 1 : Math.min(size - 1, Number(to));
  if (to !== "" && from !== "" && Number(to) < first) return "malformed";
  return first >= size || last < first ? undefined : [first, last];
}

function signature(sandbox: Sandbox, text: string): Buffer {
  const { seed } = sandbox.state;
  return createHmac("sha256", `media:${seed}:${sandbox.cloudUrl}`).update(text).digest();
}

/** Sends the caller to where the media lie: an address that is good for ten minutes and needs no credentials. */
export function redirectToMedia(sandbox: Sandbox, site: Site, attachment: JiraRecord): SandboxResponse {
  const expires = Math.floor(sandbox.now() / 1000) + LINK_LIFE_S;
  const subject = `${site.id}/${String(attachment.id)}/${expires}`;
  const token = signature(sandbox, subject).toString("base64url");
  const name = encodeURIComponent(String(attachment.filename));
  return redirect(`${sandbox.cloudUrl}/media/${subject}/${name}?token=${token}`, 303);
}

/** Whether an address made by `redirectToMedia` is sound and has not run out. */
export function mediaAddressHolds(
  sandbox: Sandbox,
  address: { readonly site: string; readonly id: string; readonly expires: string; readonly token: string },
): boolean {
  const wanted = signature(sandbox, `${address.site}/${address.id}/${address.expires}`);
  const given = Buffer.from(address.token, "base64url");
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return false;
  return Number(address.expires) * 1000 > sandbox.now();
}
