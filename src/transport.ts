import { lookup as systemLookup } from "node:dns/promises";
import type { LookupFunction } from "node:net";
import { connect as connectTls } from "node:tls";
import { Agent, buildConnector, type Dispatcher } from "undici";
import { Answer, AnswerBody } from "./answer-body.ts";
import {
  type Address,
  type Allowance,
  assertPublic,
  type Door,
  isAllowed,
  literalAddress,
  pinnedLookup,
  type Resolve,
  readUrl,
  redirectTarget,
} from "./egress.ts";
import { isLatchkeyError, LatchkeyError } from "./errors.ts";
import { alertOf, mayBeAlert, mayBeTlsPort, networkFailure, type Stage, tlsRefusal } from "./failures.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";
import type { Log } from "./log.ts";
import { throughProxy } from "./tunnel.ts";
import {
  certificatesOf,
  collect,
  joinedHeaders,
  LIMITS,
  type OpenAnswer,
  type OpenRequest,
  outgoingHeaders,
  rawHeaderPairs,
  reachName,
  type SendOptions,
  type SiteReach,
  type TransportLimits,
} from "./wire.ts";

export type { Address, Allowance } from "./egress.ts";
export type {
  BodySink,
  Flow,
  OpenAnswer,
  OpenRequest,
  SendOptions,
  SiteReach,
  TransportLimits,
} from "./wire.ts";

export type Transport = {
  /**
   * One exchange, the answer read whole and decompressed.
   * @throws LatchkeyError of origin `network`; `details.stage` is `connect` where nothing was sent yet
   */
  send(request: HttpRequest, options?: SendOptions): Promise<HttpResponse>;
  /** One exchange, the body streamed as it comes, with back-pressure. */
  open(request: OpenRequest, options?: SendOptions): Promise<OpenAnswer>;
  close(): Promise<void>;
};

export type TransportParts = {
  readonly allowances: () => readonly Allowance[] | Promise<readonly Allowance[]>;
  readonly reach?: (url: URL) => SiteReach | undefined;
  readonly log: Log;
  readonly defaults?: Partial<TransportLimits>;
  /** All addresses of a name; default the system's resolver. */
  readonly lookup?: Resolve;
};

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const TLS_PROBE_MS = 2_000;
const ALERT_MS = 300;

/**
 * The one outward door. Whatever a caller hands it, a private address is dialled only where an operator allowed
 * the very origin and path, and the address that was checked is the address that is dialled.
 */
export function createTransport(parts: TransportParts): Transport {
  const limits: TransportLimits = { ...LIMITS, ...parts.defaults };
  const resolve = parts.lookup ?? resolveBySystem;
  const agents = new Map<string, Agent>();

  /**
   * Guarded and permitted connections never mix: a connection opened under an allowance for `/jira` must not
   * serve a request for another path of the same private host.
   */
  function agentFor(door: Door, reach: SiteReach | undefined): Agent {
    const key = `${door} ${reachName(reach)}`;
    const known = agents.get(key);
    if (known) return known;
    const made = new Agent({
      allowH2: false,
      connections: limits.connections,
      maxHeaderSize: 64 * 1024,
      connect: connectorFor(pinnedLookup(resolve, door), reach, limits.connect_timeout_ms),
    });
    agents.set(key, made);
    return made;
  }

  async function doorFor(url: URL, options: SendOptions): Promise<Door> {
    if (options.trust === "operator" || isAllowed(url, await parts.allowances())) return "permitted";
    const literal = literalAddress(url);
    if (literal !== undefined) assertPublic(literal, url.hostname);
    return "guarded";
  }

  async function once(request: OpenRequest, options: SendOptions, streams: boolean): Promise<OpenAnswer> {
    const { url, target } = readUrl(request.url);
    const door = await doorFor(url, options);
    const reach = parts.reach?.(url);
    const started = performance.now();
    const note = (outcome: Record<string, unknown>) =>
      parts.log.debug("http_exchange", () => ({
        method: request.method,
        host: url.host,
        path: url.pathname,
        query_names: [...new Set(url.searchParams.keys())],
        duration_ms: Math.round(performance.now() - started),
        ...outcome,
      }));
    try {
      const answer = await exchange(agentFor(door, reach), request, url, target, {
        timeout_ms: options.timeout_ms ?? limits.timeout_ms,
        body_timeout_ms: limits.body_timeout_ms,
        streams,
        ...(options.signal ? { signal: options.signal } : {}),
      });
      note({ status: answer.status });
      return answer;
    } catch (thrown) {
      // Behind a proxy nothing of the site is dialled from here.
      const told = reach?.http_proxy
        ? thrown
        : await askForTls(thrown, url, pinnedLookup(resolve, door), reach);
      note({ failed: isLatchkeyError(told) ? told.code : "aborted" });
      throw told;
    }
  }

  async function followed(request: OpenRequest, options: SendOptions, streams: boolean): Promise<OpenAnswer> {
    let current = request;
    for (let hop = 0; ; hop++) {
      const answer = await once(current, options, streams);
      const location = answer.headers.location;
      const follows = options.follow_within !== undefined && /^(GET|HEAD)$/.test(request.method);
      if (!follows || location === undefined || !REDIRECTS.has(answer.status)) return answer;
      answer.body.destroy();
      const url = redirectTarget(current.url, location, options.follow_within!, hop);
      const { authorization: _a, cookie: _c, ...bare } = current.headers;
      const same = new URL(url).origin === new URL(current.url).origin;
      current = { ...current, url, headers: same ? current.headers : bare };
    }
  }

  return {
    async send(request, options = {}) {
      const answer = await followed(request, options, false);
      const host = new URL(request.url).host;
      const body = await collect(answer, options.max_bytes ?? limits.max_bytes, host);
      const refusal = tlsRefusal(answer.status, new TextDecoder().decode(body.subarray(0, 2_000)));
      if (refusal) throw new LatchkeyError(refusal, undefined, { details: { host } });
      const { "content-encoding": _encoding, "content-length": _length, ...headers } = answer.headers;
      return { status: answer.status, headers, body };
    },
    open: (request, options = {}) => followed(request, options, true),
    async close() {
      const open = [...agents.values()];
      agents.clear();
      // An answer under way may hold tokens that exist nowhere else: it may finish, within its own time limit.
      const late = setTimeout(() => void open.map((agent) => agent.destroy()), limits.timeout_ms);
      await Promise.all(open.map((agent) => agent.close().catch(() => {})));
      clearTimeout(late);
    },
  };
}

/** What a site's own TLS takes, and the way there. */
function connectorFor(
  lookup: LookupFunction,
  reach: SiteReach | undefined,
  timeout: number,
): NonNullable<Agent.Options["connect"]> {
  const { trusted, own } = certificatesOf(reach);
  if (!reach?.http_proxy) return { timeout, lookup, ...trusted, ...own };
  // The proxy is the operator's, and may be private; it resolves the names of sites.
  const toProxy = buildConnector({ timeout, allowH2: false, ...trusted });
  const toTarget = buildConnector({ timeout, allowH2: false, ...trusted, ...own });
  return throughProxy(reach.http_proxy, toProxy, toTarget, timeout);
}

async function resolveBySystem(hostname: string): Promise<readonly Address[]> {
  const found = await systemLookup(hostname, { all: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
}

type ExchangeOptions = {
  readonly timeout_ms: number;
  readonly body_timeout_ms: number;
  /** The clock stops at the head: a long download is no failure. */
  readonly streams: boolean;
  readonly signal?: AbortSignal;
};

/** One request on one connection. The answer's body is a stream that pauses the socket when nobody reads. */
function exchange(
  agent: Agent,
  request: OpenRequest,
  url: URL,
  target: string,
  options: ExchangeOptions,
): Promise<OpenAnswer> {
  return new Promise((settle, reject) => {
    let stage: Stage = "connect";
    let controller: Dispatcher.DispatchController | undefined;
    let body: AnswerBody | undefined;
    let over: unknown;
    let inTime = false;

    const unlimited = () => {
      inTime = true;
      clearTimeout(timer);
    };
    const finish = () => {
      unlimited();
      options.signal?.removeEventListener("abort", onAbort);
    };
    const fail = (thrown: unknown) => {
      finish();
      over ??= thrown;
      const told = over === options.signal?.reason ? over : networkFailure(over, url.host, stage);
      reject(told);
      body?.fail(told as Error);
    };
    const stop = (reason: Error) => {
      over ??= reason;
      if (controller) controller.abort(reason);
      else fail(reason);
    };
    const onAbort = () => stop(options.signal?.reason as Error);
    const late = () => {
      if (!inTime) stop(new LatchkeyError("timed_out", undefined, { details: { host: url.host, stage } }));
    };
    // A process that was stopped wakes with its timers first: an answer that lies in the socket goes before them.
    const timer = setTimeout(() => setImmediate(late), options.timeout_ms);
    if (options.signal?.aborted) return fail(options.signal.reason);
    options.signal?.addEventListener("abort", onAbort, { once: true });

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        if (over !== undefined) return started.abort(over as Error);
        controller = started;
        stage = "send";
      },
      onResponseStart(started, status, headers) {
        if (status < 200) return;
        stage = "body";
        if (options.streams) unlimited();
        body = new AnswerBody(started, finish);
        settle(new Answer(status, joinedHeaders(headers), rawHeaderPairs(started.rawHeaders, headers), body));
      },
      onResponseData: (_started, chunk) => body?.data(chunk),
      onResponseEnd() {
        finish();
        body?.end();
      },
      onResponseError: (_started, error) => fail(error),
    };
    try {
      agent.dispatch(
        {
          origin: url.origin,
          path: target,
          method: request.method as Dispatcher.HttpMethod,
          headers: outgoingHeaders(request.headers, !options.streams),
          body: request.body ?? null,
          headersTimeout: Math.max(options.timeout_ms, 1_000),
          bodyTimeout: options.body_timeout_ms,
        },
        handler,
      );
    } catch (thrown) {
      fail(thrown);
    }
  });
}

/**
 * A server that speaks TLS answers plain http with silence, an alert or a page of its own; one that wants a client
 * certificate cuts the connection, and its alert is lost with it. Asking the same port for a TLS handshake settles
 * both, and sends nothing of the request again.
 */
async function askForTls(
  thrown: unknown,
  url: URL,
  lookup: LookupFunction,
  reach: SiteReach | undefined,
): Promise<unknown> {
  if (!isLatchkeyError(thrown)) return thrown;
  const secure = url.protocol === "https:";
  if (secure ? reach?.client_certificate !== undefined || !mayBeAlert(thrown) : !mayBeTlsPort(thrown))
    return thrown;
  const found = await new Promise<string | undefined>((settle) => {
    const socket = connectTls({
      host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: Number(url.port || (secure ? 443 : 80)),
      lookup,
      rejectUnauthorized: false,
      timeout: TLS_PROBE_MS,
      ...(literalAddress(url) === undefined ? { servername: url.hostname } : {}),
    });
    const end = (known?: string) => {
      socket.destroy();
      settle(known);
    };
    // The alert comes after the handshake, if it comes.
    socket.once("secureConnect", () => (secure ? socket.setTimeout(ALERT_MS).resume() : end("tls")));
    socket.once("timeout", () => end());
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code));
    socket.once("close", () => end());
  });
  const details = { host: url.host };
  if (secure) return found === undefined ? thrown : (alertOf(found, url.host) ?? thrown);
  return found === "tls"
    ? new LatchkeyError("http_not_https", undefined, { cause: thrown, details })
    : thrown;
}
