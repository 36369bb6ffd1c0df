/** Reads a form of our own pages: small, url-encoded, every field once. */
import { LatchkeyError } from "../errors.ts";

const MAX_BYTES = 64 * 1024;

/** The fields of a form; bytes are counted while they arrive, whatever Content-Length says. */
export async function readForm(request: Request): Promise<URLSearchParams> {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  if (request.body === null) return new URLSearchParams();
  if (type !== "application/x-www-form-urlencoded" && type !== "") {
    throw new LatchkeyError("bad_request", "This address takes an ordinary form.", {
      fix: "Send it as application/x-www-form-urlencoded.",
    });
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new LatchkeyError("body_too_large");
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
}

/** One field, trimmed; `undefined` when empty or absent. */
export function field(form: URLSearchParams, name: string): string | undefined {
  const values = form.getAll(name);
  if (values.length > 1) throw new LatchkeyError("bad_request", `The field ${name} came more than once.`);
  const value = values[0]?.trim();
  return value === undefined || value === "" ? undefined : value;
}
