import { type Readable, type Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from "node:zlib";
import { LatchkeyError } from "./errors.ts";
import type { HttpHeaders, HttpRequest } from "./http.ts";
import type { Secret } from "./secret.ts";

/** How one site is reached, where the defaults do not do. */
export type SiteReach = {
  /** PEM certificates that are trusted instead of the system's. */
  readonly ca?: string;
  /** PEM, for a server that wants to know who connects. */
  readonly client_certificate?: { readonly cert: string; readonly key: Secret };
  /** Everything to this site goes through it, and it resolves the site's name. */
  readonly http_proxy?: { readonly url: string; readonly user?: string; readonly password?: Secret };
};

/** Connections of one reach are never lent to another. */
export function reachName({ ca = "", client_certificate, http_proxy }: SiteReach = {}): string {
  return JSON.stringify([ca, client_certificate?.cert, http_proxy?.url, http_proxy?.user]);
}

/** What is trusted, and what is shown, when TLS is made. */
export function certificatesOf({ ca, client_certificate }: SiteReach = {}) {
  const trusted = ca === undefined ? {} : { ca };
  if (!client_certificate) return { trusted, own: {} };
  return { trusted, own: { cert: client_certificate.cert, key: client_certificate.key.reveal() } };
}

export type TransportLimits = {
  /** Until the connection stands, TLS included; default 10 000 ms. */
  readonly connect_timeout_ms: number;
  /** The whole exchange of `send`, or until the head of `open`; default 15 000 ms. */
  readonly timeout_ms: number;
  /** Silence within a body; default 30 000 ms. */
  readonly body_timeout_ms: number;
  /** Largest answer of `send`, after decompression; default 10 MB. `open` has no limit of its own. */
  readonly max_bytes: number;
  /** Connections per origin; default 64. */
  readonly connections: number;
};

export type SendOptions = {
  /** Whose URL this is. `operator`: it was typed on the command line and may be private. Default `end-user`. */
  readonly trust?: "end-user" | "operator";
  readonly timeout_ms?: number;
  readonly max_bytes?: number;
  /** A base URL: redirects of GET and HEAD are followed inside it, at most five. Default: a 3xx is the answer. */
  readonly follow_within?: string;
  readonly signal?: AbortSignal;
};

export type OpenRequest = Omit<HttpRequest, "body"> & { readonly body?: string | Uint8Array | Readable };

export type OpenAnswer = {
  readonly status: number;
  readonly headers: HttpHeaders;
  /** Names and values as received, in turn. */
  readonly rawHeaders: readonly string[];
  /** Not decompressed. Destroying it cancels the exchange. */
  readonly body: Readable;
  /** Hands the body on without a stream between; instead of asking for `body`, and once. */
  pour?(sink: BodySink): Flow;
};

/** Takes a body chunk by chunk, as it comes. */
export type BodySink = {
  /** Answers false where it wants no more until {@link Flow.resume}. */
  data(chunk: Buffer): boolean;
  end(): void;
  /** It ends here, before its end. */
  failed(error: Error): void;
};

export type Flow = {
  resume(): void;
  /** Nobody wants the rest. */
  cancel(): void;
};

export const LIMITS: TransportLimits = {
  connect_timeout_ms: 10_000,
  timeout_ms: 15_000,
  body_timeout_ms: 30_000,
  max_bytes: 10_000_000,
  connections: 64,
};

export type HeaderBag = Readonly<Record<string, string | string[] | undefined>>;

/** Headers that belong to one connection, or that only the connection may set. @see RFC 9110 section 7.6.1 */
const HOP_BY_HOP = new Set([
  "connection",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Headers as they go out; `decodes` asks for compression, since the answer will be decompressed here. */
export function outgoingHeaders(headers: HttpHeaders, decodes: boolean): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (!HOP_BY_HOP.has(lower)) out[lower] = value;
  }
  if (decodes) out["accept-encoding"] = "gzip, deflate, br";
  return out;
}

/** Received headers with lower-case names, repeated ones joined. @see RFC 9110 section 5.3 */
export function joinedHeaders(headers: HeaderBag): HttpHeaders {
  const out: Record<string, string> = Object.create(null);
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) out[name.toLowerCase()] = Array.isArray(value) ? value.join(", ") : value;
  }
  return out;
}

/** Names and values in turn, as received. */
export function rawHeaderPairs(raw: unknown, headers: HeaderBag): string[] {
  if (Array.isArray(raw)) {
    return raw.map((one: unknown) => (Buffer.isBuffer(one) ? one.toString("latin1") : String(one)));
  }
  return Object.entries(headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value ?? ""]).flatMap((one) => [name, one]),
  );
}

/** RFC 9110 calls zlib's format `deflate`; some servers send the raw one. Its first byte tells. */
function inflateFor(first: number): Transform {
  return (first & 0x0f) === 8 ? createInflate() : createInflateRaw();
}

async function decoderFor(encoding: string, body: Readable): Promise<Transform | undefined> {
  if (encoding === "" || encoding === "identity") return undefined;
  if (encoding === "gzip" || encoding === "x-gzip") return createGunzip();
  if (encoding === "br") return createBrotliDecompress();
  if (encoding === "deflate") {
    const first = await firstByte(body);
    return first === undefined ? undefined : inflateFor(first);
  }
  body.destroy();
  throw new LatchkeyError("jira_answer_unreadable", "The answer is compressed in a way nobody asked for.");
}

async function firstByte(body: Readable): Promise<number | undefined> {
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    body.unshift(chunk);
    return (chunk as Buffer)[0];
  }
  return undefined;
}

/**
 * Reads a body whole and decompresses it. Bytes are counted as they come out, so that a small answer which
 * unpacks to a huge one is stopped at the limit and not after it.
 * @throws answer_too_large, jira_answer_unreadable
 */
export async function collect(
  answer: { readonly status: number; readonly headers: HttpHeaders; readonly body: Readable },
  max_bytes: number,
  host: string,
): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      if (size > max_bytes) {
        done(new LatchkeyError("answer_too_large", undefined, { details: { host, max_bytes } }));
        return;
      }
      chunks.push(chunk);
      done();
    },
  });
  const encoding = (answer.headers["content-encoding"] ?? "").trim().toLowerCase();
  const decoder = await decoderFor(encoding, answer.body);
  try {
    await (decoder ? pipeline(answer.body, decoder, sink) : pipeline(answer.body, sink));
  } catch (thrown) {
    // A HEAD or an empty answer names an encoding and carries nothing to decode.
    if (isZlib(thrown) && size === 0 && answer.body.readableEnded && nothingCame(decoder))
      return new Uint8Array();
    if (isZlib(thrown)) {
      throw new LatchkeyError("jira_answer_unreadable", "The answer's compression is damaged.", {
        details: { host },
      });
    }
    throw thrown;
  }
  return Buffer.concat(chunks, size);
}

function nothingCame(decoder: Transform | undefined): boolean {
  return decoder !== undefined && "bytesWritten" in decoder && decoder.bytesWritten === 0;
}

function isZlib(thrown: unknown): boolean {
  const code = (thrown as { code?: unknown } | null)?.code;
  return (
    typeof code === "string" &&
    (code.startsWith("Z_") ||
      code.startsWith("ERR__ERROR_FORMAT") ||
      code.startsWith("ERR_BROTLI") ||
      code.startsWith("ERR_PADDING"))
  );
}
