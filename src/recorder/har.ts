/**
 * A record as an HTTP Archive, which browsers' tools and proxies open. Values are masked as they are in the record;
 * what HAR has no place for stands under names that begin with an underscore.
 * @see http://www.softwareishard.com/blog/har-12-spec/
 */
import type { HttpHeaders } from "../http.ts";
import { ownVersion } from "./creator.ts";
import type { Evidence, Step } from "./step.ts";

type Pair = { readonly name: string; readonly value: string };

export type HarEntry = {
  readonly startedDateTime: string;
  /** Milliseconds. */
  readonly time: number;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly httpVersion: string;
    readonly cookies: readonly [];
    readonly headers: readonly Pair[];
    readonly queryString: readonly Pair[];
    readonly headersSize: -1;
    readonly bodySize: -1;
  };
  readonly response: {
    /** 0: no answer came. */
    readonly status: number;
    readonly statusText: string;
    readonly httpVersion: string;
    readonly cookies: readonly [];
    readonly headers: readonly Pair[];
    readonly content: { readonly size: number; readonly mimeType: string; readonly comment: string };
    readonly redirectURL: string;
    readonly headersSize: -1;
    readonly bodySize: number;
  };
  readonly cache: Readonly<Record<string, never>>;
  readonly timings: { readonly send: number; readonly wait: number; readonly receive: number };
  readonly comment: string;
  readonly _problem?: string;
  readonly _signature?: string;
  readonly _base_string?: string;
  readonly _their_base_string?: string;
  readonly _waited_before_next_ms?: number;
};

export type Har = {
  readonly log: {
    readonly version: "1.2";
    readonly creator: { readonly name: "Latchkey"; readonly version: string };
    readonly entries: readonly HarEntry[];
    readonly comment: string;
  };
};

/** @param comment what the record is of, in a sentence */
export function harOf(steps: readonly Step[], evidence: Evidence, comment: string): Har {
  return {
    log: {
      version: "1.2",
      creator: { name: "Latchkey", version: ownVersion() },
      entries: steps.flatMap((step) => (step.request ? [entryOf(step, step.request, evidence)] : [])),
      comment: `${comment} Secrets are masked with ***; bodies are not recorded.`,
    },
  };
}

function entryOf(step: Step, { method, url }: NonNullable<Step["request"]>, evidence: Evidence): HarEntry {
  const { response, oauth1, duration_ms = 0, problem, wait_ms } = step;
  const texts = evidence.exchanges?.[step.n];
  return {
    startedDateTime: new Date(step.at).toISOString(),
    time: duration_ms,
    request: {
      method,
      url,
      httpVersion: "HTTP/1.1",
      cookies: [],
      headers: oauth1 ? [{ name: "authorization", value: headerOf(oauth1.parameters) }] : [],
      queryString: queryOf(url),
      headersSize: -1,
      bodySize: -1,
    },
    response: answerOf(response),
    cache: {},
    timings: { send: 0, wait: duration_ms, receive: 0 },
    comment: `${step.n}. ${step.label} (${step.from} to ${step.to})`,
    ...(problem !== undefined && { _problem: problem }),
    ...(oauth1 && { _signature: oauth1.signature }),
    ...(texts && { _base_string: texts.ours }),
    ...(texts?.theirs !== undefined && { _their_base_string: texts.theirs }),
    ...(wait_ms !== undefined && { _waited_before_next_ms: wait_ms }),
  };
}

function answerOf(response: Step["response"]): HarEntry["response"] {
  const headers = response?.headers ?? {};
  const size = Number(headers["content-length"] ?? Number.NaN);
  return {
    status: response?.status ?? 0,
    statusText: "",
    httpVersion: response ? "HTTP/1.1" : "",
    cookies: [],
    headers: pairsOf(headers),
    content: {
      size: Number.isSafeInteger(size) && size >= 0 ? size : 0,
      mimeType: headers["content-type"] ?? "",
      comment: response ? "not recorded" : "no answer came",
    },
    redirectURL: headers.location ?? "",
    headersSize: -1,
    bodySize: -1,
  };
}

function headerOf(parameters: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}="${value.replace(/["\\]/g, "")}"`);
  return `OAuth ${pairs.join(", ")}`;
}

function pairsOf(headers: HttpHeaders): Pair[] {
  return Object.entries(headers).map(([name, value]) => ({ name, value }));
}

function queryOf(url: string): Pair[] {
  if (!URL.canParse(url)) return [];
  return [...new URL(url).searchParams].map(([name, value]) => ({ name, value }));
}
