import type { Readable } from "node:stream";
import type { HttpHeaders, HttpRequest, HttpResponse } from "./http.ts";
import type { Log } from "./log.ts";

/** What an operator allows although it is private: one origin, from one path downwards. */
export type Allowance = { readonly origin: string /** `/` or `/jira`. */; readonly base_path: string };

/** How one site is reached, where the defaults do not do. */
export type SiteReach = {
  /** PEM certificates that are trusted besides the system's. */
  readonly ca?: string;
};

export type TransportLimits = {
  /** Until the connection stands, TLS included; default 10 000 ms. */
  readonly connect_timeout_ms: number;
  /** The whole exchange of `send`, or until the head of `open`; default 15 000 ms. */
  readonly timeout_ms: number;
  /** Silence within a body; default 30 000 ms. */
  readonly body_timeout_ms: number;
  /** Largest answer of `send`, after decompression; default 10 MB. */
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
  readonly rawHeaders: string[];
  /** Not decompressed. Destroying it cancels the exchange. */
  readonly body: Readable;
};

export type Transport = {
  send(request: HttpRequest, options?: SendOptions): Promise<HttpResponse>;
  open(request: OpenRequest, options?: SendOptions): Promise<OpenAnswer>;
  close(): Promise<void>;
};

export type Address = { readonly address: string; readonly family: 4 | 6 };

export type TransportParts = {
  readonly allowances: () => readonly Allowance[] | Promise<readonly Allowance[]>;
  readonly reach?: (url: URL) => SiteReach | undefined;
  readonly log: Log;
  readonly defaults?: Partial<TransportLimits>;
  /** All addresses of a name; default the system's resolver. */
  readonly lookup?: (hostname: string) => Promise<readonly Address[]>;
};

export function createTransport(_parts: TransportParts): Transport {
  throw new Error("not built yet");
}
