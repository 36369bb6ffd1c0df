import { lookup as systemLookup } from "node:dns/promises";
import type { LookupFunction } from "node:net";
import { connect as connectTls } from "node:tls";
import { Agent, buildConnector, type Dispatcher } from "undici";
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
import { alertOf, mayBeAlert, mayBeTlsPort, tlsRefusal } from "./failures.ts";
import type { HttpRequest, HttpResponse } from "./http.ts";
import type { Log } from "./log.ts";
import { throughProxy } from "./tunnel.ts";
import { type Direct, type DirectRequest, type Receiver, UnderWay } from "./under-way.ts";
import {
  certificatesOf,
  collect,
  LIMITS,
  type OpenAnswer,
  type OpenRequest,
  outgoingHeaders,
  reachName,
  type SendOptions,
  type SiteReach,
  type TransportLimits,
} from "./wire.ts";

export type { Address, Allowance } from "./egress.ts";
export type { Direct, DirectRequest, Receiver } from "./under-way.ts";
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
  /**
   * As `open`, without a promise between, for a request without a body; the address is held to what an end user's
   * is. `undefined` where something would have to be read first: nothing was sent then, and nobody is told.
   */
  direct?(request: DirectRequest, receiver: Receiver): Direct | undefined;
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
/** Addresses that are kept as they were found. */
const MOST_WAYS = 1_000;
/** As it goes on the wire, without a fragment. */
const PLAIN_QUERY = /^[\x21\x22\x24-\x7e]*$/;

/** Where a request goes, and by which connections. */
type Way = {
  readonly url: URL;
  readonly host: string;
  readonly origin: string;
  readonly target: string;
  readonly door: Door;
  readonly reach: SiteReach | undefined;
  readonly agent: Agent;
};

/**
 * The one outward door. Whatever a caller hands it, a private address is dialled only where an operator allowed
 * the very origin and path, and the address that was checked is the address that is dialled.
 */
export function createTransport(parts: TransportParts): Transport {
  const limits: TransportLimits = { ...LIMITS, ...parts.defaults };
  const resolve = parts.lookup ?? resolveBySystem;
  const limited = { body_timeout_ms: limits.body_timeout_ms };
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

  /** What was found out about addresses, as long as the same private ones are allowed. */
  let ways: { readonly allowed: readonly Allowance[]; readonly found: Map<string, Way> } | undefined;

  function wayTo(text: string, allowed: readonly Allowance[]): Way {
    if (ways?.allowed !== allowed || ways.found.size >= MOST_WAYS) ways = { allowed, found: new Map() };
    const known = ways.found.get(text);
    if (known) return known;
    const made = wayOf(text, {}, allowed);
    ways.found.set(text, made);
    return made;
  }

  function wayOf(text: string, options: SendOptions, allowed: readonly Allowance[]): Way {
    const { url, target } = readUrl(text);
    const door = doorFor(url, options, allowed);
    const reach = parts.reach?.(url);
    return { url, host: url.host, origin: url.origin, target, door, reach, agent: agentFor(door, reach) };
  }

  function note({ url }: Way, method: string, started: number, outcome: Record<string, unknown>): void {
    parts.log.debug("http_exchange", () => ({
      method,
      host: url.host,
      path: url.pathname,
      query_names: [...new Set(url.searchParams.keys())],
      duration_ms: Math.round(performance.now() - started),
      ...outcome,
    }));
  }

  /** Why it failed. Behind a proxy nothing of the site is dialled from here. */
  async function causeOf(thrown: unknown, { url, door, reach }: Way): Promise<unknown> {
    return reach?.http_proxy ? thrown : await askForTls(thrown, url, pinnedLookup(resolve, door), reach);
  }

  async function once(request: OpenRequest, options: SendOptions, streams: boolean): Promise<OpenAnswer> {
    const trusted = options.trust === "operator";
    const way = wayOf(request.url, options, trusted ? [] : await parts.allowances());
    const started = performance.now();
    const { method, body } = request;
    try {
      const { signal, timeout_ms = limits.timeout_ms } = options;
      const answer = await new Promise<OpenAnswer>((answered, failed) => {
        const call = new UnderWay({ answered, failed }, { host: way.host, timeout_ms, streams, signal });
        const headers = outgoingHeaders(request.headers, !streams);
        dispatch({ ...way, method, headers, body, timeout_ms, ...limited }, call);
      });
      note(way, method, started, { status: answer.status });
      return answer;
    } catch (thrown) {
      const told = await causeOf(thrown, way);
      note(way, method, started, { failed: isLatchkeyError(told) ? told.code : "aborted" });
      throw told;
    }
  }

  function direct(request: DirectRequest, receiver: Receiver): Direct | undefined {
    const allowed = parts.allowances();
    if (allowed instanceof Promise || !PLAIN_QUERY.test(request.query)) return undefined;
    const way = wayTo(request.url, allowed);
    const { method, query, headers, timeout_ms } = request;
    const started = performance.now();
    const answered = (answer: OpenAnswer) => {
      note(way, method, started, { status: answer.status });
      receiver.answered(answer);
    };
    const failed = (thrown: unknown) =>
      void causeOf(thrown, way).then((told) => {
        note(way, method, started, { failed: isLatchkeyError(told) ? told.code : "aborted" });
        receiver.failed(told);
      });
    const call = new UnderWay({ answered, failed }, { host: way.host, timeout_ms, streams: true });
    const { agent, origin } = way;
    const target = query === "" ? way.target : `${way.target}?${query}`;
    dispatch({ agent, origin, target, method, headers, body: null, timeout_ms, ...limited }, call);
    return call;
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
    direct,
    async close() {
      const open = [...agents.values()];
      agents.clear();
      ways = undefined;
      // An answer under way may hold tokens that exist nowhere else: it may finish, within its own time limit.
      const late = setTimeout(() => void open.map((agent) => agent.destroy()), limits.timeout_ms);
      await Promise.all(open.map((agent) => agent.close().catch(() => {})));
      clearTimeout(late);
    },
  };
}

/** Which door an address goes through. @throws egress_refused */
function doorFor(url: URL, options: SendOptions, allowed: readonly Allowance[]): Door {
  if (options.trust === "operator" || isAllowed(url, allowed)) return "permitted";
  const literal = literalAddress(url);
  if (literal !== undefined) assertPublic(literal, url.hostname);
  return "guarded";
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

type Sending = {
  readonly agent: Agent;
  readonly origin: string;
  /** Path and query as they go on the wire. */
  readonly target: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: OpenRequest["body"] | null;
  readonly timeout_ms: number;
  readonly body_timeout_ms: number;
};

function dispatch(sending: Sending, call: UnderWay): void {
  if (!call.begin()) return;
  const { agent, origin, target, method, headers, body, timeout_ms, body_timeout_ms } = sending;
  try {
    agent.dispatch(
      {
        origin,
        path: target,
        method: method as Dispatcher.HttpMethod,
        headers,
        body: body ?? null,
        headersTimeout: Math.max(timeout_ms, 1_000),
        bodyTimeout: body_timeout_ms,
      },
      call as Dispatcher.DispatchHandler,
    );
  } catch (thrown) {
    call.fail(thrown);
  }
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
