import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import type { KeptFile } from "../export/index.ts";
import { NO_PAGE } from "./headers.ts";

/** A file to be saved: never shown, never kept by anything in between. */
export function downloadOf({ name, path, bytes }: KeptFile): Response {
  const stream = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>;
  const plain = name.replace(/[^A-Za-z0-9._-]/g, "_");
  return new Response(stream, {
    headers: {
      ...NO_PAGE,
      "content-type": "application/octet-stream",
      "content-length": String(bytes),
      "content-disposition": `attachment; filename="${plain}"; filename*=UTF-8''${encodeURIComponent(name)}`,
    },
  });
}
