/** What travels through the sandbox: the request a handler gets, the answer it gives, the sandbox it acts on. */
import type { IncomingHttpHeaders } from "node:http";
import type { Face } from "./face.ts";
import type { Counters } from "./limits/counters.ts";
import type { ResolvedOptions } from "./options.ts";
import type { SandboxState } from "./state.ts";
import type { WebhookSender } from "./webhooks/sender.ts";
import type { SearchIndex } from "./world/search-index.ts";

export type SandboxRequest = {
  /** Counts up from 1 over both faces; the id of the line in `GET /__sandbox/requests`. */
  readonly id: number;
  readonly face: Face;
  /** Upper case. */
  readonly method: string;
  /** Raw and still percent-encoded; on the Data Center face without the context path. */
  readonly path: string;
  /** The request target as received, path and query, with the context path. */
  readonly target: string;
  /** Without the question mark; `""` when there is none. */
  readonly rawQuery: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /**
   * The request URL as this server believes it to be, without the query: scheme, host and port as received, or as
   * a fault's `rewrite_url` says, the way a wrongly configured reverse proxy would. OAuth 1.0a signatures are
   * verified against it.
   */
  readonly view_url: string;
  /** The fields of an `application/x-www-form-urlencoded` body; empty for every other body. */
  form(): URLSearchParams;
  /** The body as JSON, `undefined` where it is not JSON. */
  json(): unknown;
  cookie(name: string): string | undefined;
  /** Milliseconds since the epoch by the sandbox's movable clock, with `clock_skew_s` of a matching fault added. */
  readonly received_ms: number;
  /** Writes down why this request is refused; the last note is shown by `GET /__sandbox/requests`. */
  note(reason: string): void;
};

export type SandboxResponse = {
  status: number;
  /** Names as they go on the wire; a name may occur several times. */
  headers?: ReadonlyArray<readonly [string, string]>;
  body?: string | Buffer;
};

export type Handler = (
  request: SandboxRequest,
  params: Record<string, string>,
  sandbox: Sandbox,
) => SandboxResponse | Promise<SandboxResponse>;

/** A path pattern such as `/ex/jira/{cloudId}/{rest*}`; `{name*}` at the end takes all that is left. */
export type Route = {
  /** Upper case, or `*` for every method. */
  readonly method: string;
  readonly pattern: string;
  readonly handler: Handler;
};

/** The running sandbox as handlers see it. */
export type Sandbox = {
  readonly state: SandboxState;
  readonly options: ResolvedOptions;
  /** Milliseconds since the epoch by the movable clock. */
  now(): number;
  /** Random bytes; reproducible when a seed was given. */
  random(bytes: number): Buffer;
  /** A random word of letters and digits. */
  token(length: number): string;
  /** The value of a behaviour switch, its default when it was not set. */
  switch(name: string): string;
  /** Delivers webhooks. */
  readonly webhooks: WebhookSender;
  /** What search sees while `index_lag_ms` lets it lag behind. */
  readonly index: SearchIndex;
  /** What was used of every limit. */
  readonly counters: Counters;
  /** The Cloud issuer as shown to the outside, without a trailing slash. */
  readonly cloudUrl: string;
  /** The Data Center base URL as shown to the outside, context path included, without a trailing slash. */
  readonly dataCenterUrl: string;
  /** State has changed: a save is scheduled. Name the part that changed where it is known: saving it is cheaper. */
  touched(part?: "auth" | "world"): void;
};

const noStore: ReadonlyArray<readonly [string, string]> = [["Cache-Control", "no-store"]];

function withType(
  contentType: string,
  headers: ReadonlyArray<readonly [string, string]> | undefined,
): ReadonlyArray<readonly [string, string]> {
  if (headers === undefined) return [["Content-Type", contentType]];
  if (headers.some(([name]) => name.toLowerCase() === "content-type")) return headers;
  return [["Content-Type", contentType], ...headers];
}

/** A JSON answer. */
export function json(
  status: number,
  value: unknown,
  headers?: ReadonlyArray<readonly [string, string]>,
): SandboxResponse {
  return {
    status,
    headers: withType("application/json;charset=UTF-8", headers),
    body: JSON.stringify(value),
  };
}

/** An HTML page; never stored by the browser, since pages show who is signed in. */
export function html(
  status: number,
  body: string,
  headers: ReadonlyArray<readonly [string, string]> = noStore,
): SandboxResponse {
  return { status, headers: withType("text/html;charset=UTF-8", headers), body };
}

/** A plain text answer; pass a `Content-Type` header to say otherwise. */
export function text(
  status: number,
  body: string,
  headers?: ReadonlyArray<readonly [string, string]>,
): SandboxResponse {
  return { status, headers: withType("text/plain;charset=UTF-8", headers), body };
}

/** Sends the browser elsewhere. */
export function redirect(
  location: string,
  status = 302,
  headers: ReadonlyArray<readonly [string, string]> = [],
): SandboxResponse {
  return { status, headers: [["Location", location], ["Cache-Control", "no-store"], ...headers], body: "" };
}

/** An answer without a body. */
export function empty(status: number, headers?: ReadonlyArray<readonly [string, string]>): SandboxResponse {
  return headers === undefined ? { status } : { status, headers };
}
