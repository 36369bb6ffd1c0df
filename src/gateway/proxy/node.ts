import type { IncomingMessage, ServerResponse } from "node:http";
import type { BodySink, Flow } from "../../transport.ts";
import { type Forwarded, forward } from "./forward.ts";
import { beginProxyExchange, type ProxyExchange, type ProxyFront, refusalOf } from "./front.ts";
import { type Incoming, readTarget } from "./incoming.ts";

/**
 * The proxy's fast path, straight on node:http. Answers `false` where the request is not the proxy's.
 */
export function proxyOnNode(front: ProxyFront, request: IncomingMessage, response: ServerResponse): boolean {
  const target = readTarget(request.url ?? "", front.base);
  if (!target) return false;
  const method = request.method ?? "GET";
  const exchange = beginProxyExchange(front, method);
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
    exchange.over(response.statusCode);
  });
  const hasBody =
    request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
  const incoming: Incoming = {
    method,
    ...target,
    headers: request.headers,
    body: hasBody ? () => request : undefined,
    signal: gone.signal,
  };
  forward(front.parts, incoming)
    .then((forwarded) => pass(exchange, forwarded, request, response))
    .catch((error: unknown) => refuse(front, exchange, error, request, response));
  return true;
}

/** A caller that takes nothing for so long is cut off: it holds one of the connections to Jira that others wait for. */
const STALLED_MS = 120_000;

function pass(
  exchange: ProxyExchange,
  forwarded: Forwarded,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (response.destroyed) {
    forwarded.body.destroy();
    forwarded.settled(0);
    return;
  }
  let patience: NodeJS.Timeout | undefined;
  const headers = [...forwarded.headers, ["x-request-id", exchange.request_id] as const, ...unread(request)];
  response.writeHead(forwarded.status, headers.flat());
  let bytes = 0;
  const flow = pourInto(forwarded, {
    data(chunk) {
      bytes += chunk.length;
      if (response.write(chunk)) return true;
      patience ??= setTimeout(() => response.destroy(), STALLED_MS);
      return false;
    },
    end: () => void response.end(),
    // Half an answer must not look like a whole one: the caller's connection is cut.
    failed: () => void response.destroy(),
  });
  response.once("close", () => {
    clearTimeout(patience);
    flow.cancel();
    forwarded.settled(bytes);
  });
  response.on("drain", () => {
    clearTimeout(patience);
    patience = undefined;
    flow.resume();
  });
  // Jira's head must not wait for its first byte of body; where that has come already, they leave together.
  if (bytes === 0 && !response.writableEnded) response.flushHeaders();
}

function pourInto(forwarded: Forwarded, sink: BodySink): Flow {
  if (forwarded.pour) return forwarded.pour(sink);
  const { body } = forwarded;
  body.once("error", sink.failed);
  body.on("data", (chunk: Buffer) => {
    if (!sink.data(chunk)) body.pause();
  });
  body.once("end", sink.end);
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
