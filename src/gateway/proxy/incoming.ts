import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
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
  /** Begins to read; absent for a request without a body. */
  readonly body: (() => Readable) | undefined;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
};

/** Bodies up to this size are kept, so that a call whose token was refused can be sent again. */
export const RESENDABLE_BYTES = 1_000_000;

const TARGET = /^\/jira\/([A-Za-z0-9_]{1,64})(\/[^?]*)?(?:\?(.*))?$/s;

/**
 * Splits `/jira/{connection_id}/{path}?{query}`; `undefined` where the target is not the proxy's.
 * @param base_path where the gateway is mounted; what stands before it may have cut that off already
 */
export function readTarget(
  target: string,
  base_path: string,
): { connection_id: string; path: string; query: string } | undefined {
  const below = target.startsWith(`${base_path}/jira/`) ? target.slice(base_path.length) : target;
  const found = TARGET.exec(below);
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
  | { readonly kind: "stream"; readonly stream: Readable; readonly length: number | undefined };

/**
 * Keeps a small body and passes a large one on. Bytes are counted as they come: `Content-Length` says at most that
 * keeping is not worth trying.
 *
 * @throws LatchkeyError `body_too_large` for a form that cannot be kept, and so not be signed;
 *   `media_type_unsupported` for one in other letters than UTF-8
 */
export async function readBody(incoming: Incoming): Promise<OutgoingBody> {
  const { body, headers } = incoming;
  if (!body) return { kind: "none" };
  const form = isForm(headers["content-type"] ?? "");
  const declared = headers["content-length"] === undefined ? undefined : Number(headers["content-length"]);
  // The caller's stream outlives the call: destroying it would cut the connection before our answer is out.
  const chunks = body().iterator({ destroyOnReturn: false });
  const kept: Buffer[] = [];
  let size = 0;
  while (size <= RESENDABLE_BYTES && (form || (declared ?? 0) <= RESENDABLE_BYTES)) {
    const next = await chunks.next();
    if (next.done) {
      return size === 0 && !form ? { kind: "none" } : { kind: "kept", bytes: Buffer.concat(kept), form };
    }
    kept.push(Buffer.from(next.value as Uint8Array));
    size += (next.value as Uint8Array).length;
  }
  if (form) throw new LatchkeyError("body_too_large", `A form of at most ${RESENDABLE_BYTES} bytes passes.`);
  return { kind: "stream", stream: Readable.from(following(kept, chunks)), length: declared };
}

/** @throws media_type_unsupported for a form whose letters Jira might read as others than were checked */
function isForm(content_type: string): boolean {
  if (!/^\s*application\/x-www-form-urlencoded\b/i.test(content_type)) return false;
  const [charset, ...more] = [...content_type.matchAll(/charset\s*=\s*["']?([^"';,\s]*)/gi)].map(
    ([, one]) => one,
  );
  if (more.length === 0 && /^(utf-?8|us-ascii)?$/i.test(charset ?? "")) return true;
  throw new LatchkeyError("media_type_unsupported", "A form passes in UTF-8 only.");
}

async function* following(
  kept: Buffer[],
  rest: NodeJS.AsyncIterator<unknown>,
): AsyncGenerator<Uint8Array, void> {
  yield* kept.splice(0);
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value as Uint8Array;
}
