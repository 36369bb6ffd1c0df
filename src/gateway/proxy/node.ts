import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import type { BodySink, Flow, OpenAnswer } from "../../transport.ts";
import type { Admitted } from "./admit.ts";
import { type AtOnce, type Passage, sendAtOnce } from "./at-once.ts";
import { type Forwarded, forward, note } from "./forward.ts";
import { beginProxyExchange, type ProxyExchange, type ProxyFront, refusalOf } from "./front.ts";
import { flatHeaders } from "./headers.ts";
import { type Incoming, readTarget } from "./incoming.ts";

/**
 * The proxy's fast path, straight on node:http. Answers `false` where the request is not the proxy's.
 */
export function proxyOnNode(front: ProxyFront, request: IncomingMessage, response: ServerResponse): boolean {
  const target = readTarget(request.url ?? "", front.base);
  if (!target) return false;
  new NodeCall(front, request, response, target).begin();
  return true;
}

/** A caller that takes nothing for so long is cut off: it holds one of the connections to Jira that others wait for. */
const STALLED_MS = 120_000;

/** One call from its head to the last byte of its answer: one object, which is told of everything that happens. */
class NodeCall implements Incoming, Passage, BodySink {
  readonly method: string;
  readonly connection_id: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: (() => Readable) | undefined;
  readonly #front: ProxyFront;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #exchange: ProxyExchange;
  #gone: AbortController | undefined;
  #left = false;
  #at_once: AtOnce | undefined;
  #flow: Flow | undefined;
  #settled: ((bytes_out: number) => void) | undefined;
  #bytes = 0;
  #listens = false;
  #patience: NodeJS.Timeout | undefined;

  constructor(
    front: ProxyFront,
    request: IncomingMessage,
    response: ServerResponse,
    target: { readonly connection_id: string; readonly path: string; readonly query: string },
  ) {
    const { headers, method = "GET" } = request;
    this.method = method;
    this.connection_id = target.connection_id;
    this.path = target.path;
    this.query = target.query;
    this.headers = headers;
    const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
    this.body = hasBody ? () => request : undefined;
    this.#front = front;
    this.#request = request;
    this.#response = response;
    this.#exchange = beginProxyExchange(front, method);
  }

  begin(): void {
    this.#response.once("close", () => this.#closed());
    this.#at_once = sendAtOnce(this.#front.parts, this, this);
    if (!this.#at_once) this.#forward();
  }

  /** Made for who asks for it. */
  get signal(): AbortSignal {
    if (!this.#gone) {
      this.#gone = new AbortController();
      if (this.#left) this.#gone.abort();
    }
    return this.#gone.signal;
  }

  handOver(admitted: Admitted): void {
    this.#at_once = undefined;
    this.#forward(admitted);
  }

  passes(answer: OpenAnswer, call: AtOnce): void {
    this.#settled = (bytes_out) => {
      const { parts } = this.#front;
      const measured = {
        status: answer.status,
        bytes_in: 0,
        bytes_out,
        duration_ms: parts.now() - call.began,
      };
      note(parts, call.admitted, this.method, measured);
    };
    this.#pass(answer.status, flatHeaders(answer), answer);
  }

  data(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    if (this.#response.write(chunk)) return true;
    this.#patience ??= setTimeout(() => this.#response.destroy(), STALLED_MS);
    if (!this.#listens) {
      this.#listens = true;
      this.#response.on("drain", () => this.#drained());
    }
    return false;
  }

  end(): void {
    this.#response.end();
  }

  /** Half an answer must not look like a whole one: the caller's connection is cut. */
  failed(): void {
    this.#response.destroy();
  }

  #forward(admitted?: Admitted): void {
    forward(this.#front.parts, this, admitted)
      .then((forwarded) => {
        this.#settled = forwarded.settled;
        this.#pass(forwarded.status, forwarded.headers.flat(), forwarded);
      })
      .catch((error: unknown) => refuse(this.#front, this.#exchange, error, this.#request, this.#response));
  }

  #pass(status: number, headers: string[], body: Pick<Forwarded, "body" | "pour">): void {
    const response = this.#response;
    if (response.destroyed) {
      this.#flow = pourInto(body, this);
      this.#finish();
      return;
    }
    headers.push("x-request-id", this.#exchange.request_id);
    for (const [name, value] of unread(this.#request)) headers.push(name, value);
    response.writeHead(status, headers);
    this.#flow = pourInto(body, this);
    // Jira's head must not wait for its first byte of body; where that has come already, they leave together.
    process.nextTick(headOf, this);
  }

  flushHead(): void {
    const response = this.#response;
    if (this.#bytes === 0 && !response.writableEnded && !response.destroyed) response.flushHeaders();
  }

  #drained(): void {
    clearTimeout(this.#patience);
    this.#patience = undefined;
    this.#flow?.resume();
  }

  #closed(): void {
    if (!this.#response.writableFinished) {
      this.#left = true;
      this.#gone?.abort();
      if (!this.#flow) this.#at_once?.leave();
    }
    this.#exchange.over(this.#response.statusCode);
    this.#finish();
  }

  #finish(): void {
    clearTimeout(this.#patience);
    this.#flow?.cancel();
    this.#settled?.(this.#bytes);
    this.#settled = undefined;
  }
}

function headOf(call: NodeCall): void {
  call.flushHead();
}

function pourInto(from: Pick<Forwarded, "body" | "pour">, sink: BodySink): Flow {
  if (from.pour) return from.pour(sink);
  const { body } = from;
  body.once("error", sink.failed.bind(sink));
  body.on("data", (chunk: Buffer) => {
    if (!sink.data(chunk)) body.pause();
  });
  body.once("end", () => sink.end());
  return { resume: () => void body.resume(), cancel: () => void body.destroy() };
}

function refuse(
  front: ProxyFront,
  exchange: ProxyExchange,
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { problem, headers } = refusalOf(front, exchange.request_id, error);
  response.writeHead(problem.status, { ...headers, ...Object.fromEntries(unread(request)) });
  response.end(request.method === "HEAD" ? undefined : JSON.stringify(problem));
}

/** A body that nobody will read must not keep the connection busy. */
function unread(request: IncomingMessage): (readonly [string, string])[] {
  return request.complete ? [] : [["connection", "close"]];
}
