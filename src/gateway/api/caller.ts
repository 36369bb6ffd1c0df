/** Who calls the API, and what is refused before a handler sees the call. */
import type { MiddlewareHandler } from "hono";
import { LatchkeyError } from "../../errors.ts";
import type { Handles, HandleView } from "../../handles/index.ts";

export type ApiEnv = {
  Variables: { request_id: string; handle: HandleView };
  Bindings: { readonly remote?: string };
};

const KEY = /^Bearer +(lk_[A-Za-z0-9_-]+)$/i;
const MAX_BODY = 1_000_000;

/**
 * The handle of `Authorization: Bearer lk_…`.
 * @param open Whether any handle may ask, with or without a right to the API.
 * @throws unauthenticated, forbidden without a right to the API
 */
export async function callerOf(handles: Handles, request: Request, open = false): Promise<HandleView> {
  const found = KEY.exec(request.headers.get("authorization") ?? "");
  if (!found) throw new LatchkeyError("unauthenticated");
  const handle = await handles.verify(found[1]!);
  if (!handle.limits.api && !open) {
    throw new LatchkeyError("forbidden", "The handle may call Jira through the proxy, but not this API.", {
      fix: "Create a handle with the api right read or manage.",
    });
  }
  return handle;
}

/** Reading asks for `read`, everything else for `manage`. */
export function demandRight(handle: HandleView, method: string): void {
  if (method === "GET" || method === "HEAD" || handle.limits.api === "manage") return;
  throw new LatchkeyError("forbidden", "The handle may read here, and change nothing.", {
    fix: "Use a handle with the api right manage.",
  });
}

/**
 * Reads the body where there is one: JSON, within the limit by the bytes that come, whatever Content-Length says.
 * What is put in its place has been parsed once, so nothing behind it meets a broken one.
 */
export const readJson: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const { raw } = c.req;
  if (raw.body !== null && c.req.method !== "GET" && c.req.method !== "HEAD") {
    const bytes = await within(raw.body);
    if (bytes.length > 0) {
      demandJson(raw.headers.get("content-type"), bytes);
      c.req.raw = new Request(raw.url, { method: raw.method, headers: raw.headers, body: bytes });
    } else c.req.raw = new Request(raw.url, { method: raw.method, headers: raw.headers });
  }
  await next();
};

async function within(body: ReadableStream<Uint8Array>): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > MAX_BODY)
      throw new LatchkeyError("body_too_large", `A body of at most ${MAX_BODY} bytes is read.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function demandJson(content_type: string | null, bytes: Buffer): void {
  const type = (content_type ?? "").split(";")[0]!.trim().toLowerCase();
  if (type !== "application/json") throw new LatchkeyError("media_type_unsupported");
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new LatchkeyError("bad_request", "The body is not JSON.", {
      fix: "Send one JSON object in UTF-8.",
    });
  }
}
