import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { LatchkeyError } from "../../errors.ts";

/** A call to the proxy, whichever skin received it. */
export type Incoming = {
  readonly method: string;
  readonly connection_id: string;
  /** Path below the site's base, raw. */
  readonly path: string;
  /** Without the question mark; raw. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** Absent for a request without a body. */
  readonly body: Readable | undefined;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
};

/** Bodies up to this size are kept, so that a call whose token was refused can be sent again. */
export const RESENDABLE_BYTES = 1_000_000;
/** A form has to be read before it is signed, so it has a limit of its own. */
const FORM_BYTES = 1_000_000;

const TARGET = /^\/jira\/([A-Za-z0-9_]{1,64})(\/[^?]*)?(?:\?(.*))?$/s;

/** Splits `/jira/{connection_id}/{path}?{query}`; `undefined` where the target is not the proxy's. */
export function readTarget(
  target: string,
  base_path: string,
): { connection_id: string; path: string; query: string } | undefined {
  if (!target.startsWith(`${base_path}/jira/`)) return undefined;
  const found = TARGET.exec(target.slice(base_path.length));
  if (!found) return undefined;
  return { connection_id: found[1]!, path: found[2] ?? "/", query: found[3] ?? "" };
}

/** The key of `Authorization: Bearer lk_…`. @throws LatchkeyError `unauthenticated` */
export function keyOf(headers: IncomingHttpHeaders): string {
  const found = /^Bearer +(lk_[A-Za-z0-9_-]+)$/i.exec(headers.authorization ?? "");
  if (!found) throw new LatchkeyError("unauthenticated");
  return found[1]!;
}

export type OutgoingBody =
  | { readonly kind: "none" }
  /** Small enough to be kept: may be sent again. */
  | { readonly kind: "kept"; readonly bytes: Buffer; readonly form: boolean }
  /** Larger: passes once, as it comes. */
  | { readonly kind: "stream"; readonly stream: Readable; length: number | undefined };

/**
 * Keeps a small body and passes a large one on. Bytes are counted as they come; `Content-Length` only decides
 * which way to begin.
 */
export async function readBody(incoming: Incoming): Promise<OutgoingBody> {
  const { body, headers } = incoming;
  if (!body) return { kind: "none" };
  const form = /^application\/x-www-form-urlencoded\b/i.test(headers["content-type"] ?? "");
  const declared = headers["content-length"] === undefined ? undefined : Number(headers["content-length"]);
  if (!form && (declared === undefined || declared > RESENDABLE_BYTES)) {
    return { kind: "stream", stream: body, length: declared };
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > FORM_BYTES)
      throw new LatchkeyError(
        "body_too_large",
        `A ${form ? "form" : "body"} of at most ${FORM_BYTES} bytes passes.`,
      );
    chunks.push(bytes);
  }
  return size === 0 && !form ? { kind: "none" } : { kind: "kept", bytes: Buffer.concat(chunks), form };
}
