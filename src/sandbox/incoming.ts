/** One request as handlers see it; what it costs to look at is paid only when somebody looks. */
import type { IncomingMessage } from "node:http";
import type { Face } from "./face.ts";
import { type Fault, viewUrl } from "./faults.ts";
import type { SandboxRequest } from "./message.ts";

export class Incoming implements SandboxRequest {
  readonly id: number;
  readonly face: Face;
  readonly method: string;
  readonly path: string;
  readonly target: string;
  readonly rawQuery: string;
  readonly headers: IncomingMessage["headers"];
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly received_ms: number;
  reason: string | null = null;
  readonly #context: string;
  readonly #rewrite: string | undefined;
  #query: URLSearchParams | undefined;
  #cookies: Map<string, string> | undefined;

  constructor(
    id: number,
    face: Face,
    message: IncomingMessage,
    split: { readonly path: string; readonly rawQuery: string; readonly context: string },
    body: Buffer,
    fault: Fault | undefined,
    now_ms: number,
  ) {
    this.id = id;
    this.face = face;
    this.method = message.method ?? "GET";
    this.path = split.path;
    this.target = message.url ?? "/";
    this.rawQuery = split.rawQuery;
    this.headers = message.headers;
    this.rawHeaders = message.rawHeaders;
    this.body = body;
    this.received_ms = now_ms + (fault?.clock_skew_s ?? 0) * 1000;
    this.#context = split.context;
    this.#rewrite = fault?.rewrite_url;
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.rawQuery);
    return this.#query;
  }

  get view_url(): string {
    return viewUrl(this.#rewrite, this.headers.host ?? "localhost", this.#context, this.path);
  }

  form(): URLSearchParams {
    const type = (this.headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
    return new URLSearchParams(
      type === "application/x-www-form-urlencoded" ? this.body.toString("utf8") : "",
    );
  }

  json(): unknown {
    try {
      return JSON.parse(this.body.toString("utf8")) as unknown;
    } catch {
      return undefined;
    }
  }

  cookie(name: string): string | undefined {
    this.#cookies ??= parseCookies(this.headers.cookie);
    return this.#cookies.get(name);
  }

  note(reason: string): void {
    this.reason = reason;
  }
}

function parseCookies(header: string | undefined): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of (header ?? "").split(";")) {
    const cut = pair.indexOf("=");
    if (cut < 0) continue;
    const name = pair.slice(0, cut).trim();
    const value = pair.slice(cut + 1).trim();
    // The first of several wins: browsers send the most specific path first.
    if (name !== "" && !cookies.has(name)) cookies.set(name, value);
  }
  return cookies;
}
