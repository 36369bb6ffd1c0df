import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { LatchkeyError } from "../../errors.ts";
import { type Forwarded, forward } from "./forward.ts";
import { beginProxyExchange, type ProxyExchange, type ProxyFront, refusalOf } from "./front.ts";
import { readTarget } from "./incoming.ts";

/** The same proxy for `fetch`-style handlers. Answers `undefined` where the request is not the proxy's. */
export async function proxyOnWeb(front: ProxyFront, request: Request): Promise<Response | undefined> {
  const url = new URL(request.url);
  // A `Request` resolves dot segments before anyone sees them: what it resolved to is what is checked and sent.
  const target = readTarget(url.pathname + url.search, front.base);
  if (!target) return undefined;
  const exchange = beginProxyExchange(front, request.method);
  const stream = request.body as NodeReadableStream | null;
  try {
    const forwarded = await forward(front.parts, {
      method: request.method,
      ...target,
      headers: Object.fromEntries(request.headers) as IncomingHttpHeaders,
      body: stream ? () => readable(stream) : undefined,
      signal: request.signal,
    });
    return answered(exchange, forwarded, request);
  } catch (error) {
    const { problem, headers } = refusalOf(front, exchange.request_id, error);
    exchange.over(problem.status);
    return new Response(request.method === "HEAD" ? null : JSON.stringify(problem), {
      status: problem.status,
      headers,
    });
  }
}

function readable(stream: NodeReadableStream): Readable {
  const body = Readable.fromWeb(stream);
  // Nobody listens to a body that was given up on, and an unheard error would end the process.
  return body.on("error", () => {});
}

/** Statuses whose answers have no body. @see RFC 9110 section 6.4.1 */
const BODILESS = new Set([204, 205, 304]);

/** @throws LatchkeyError `jira_failed` for a status that no `Response` can have */
function answered(exchange: ProxyExchange, forwarded: Forwarded, request: Request): Response {
  if (forwarded.status < 600) return answer(exchange, forwarded, request);
  forwarded.body.on("error", () => {}).destroy();
  forwarded.settled(0);
  throw new LatchkeyError("jira_failed", "Jira's answer has a status that HTTP does not know.");
}

function answer(exchange: ProxyExchange, forwarded: Forwarded, request: Request): Response {
  const { status } = forwarded;
  const headers: [string, string][] = [
    ...forwarded.headers.map(([name, value]): [string, string] => [name, value]),
    ["x-request-id", exchange.request_id],
  ];
  if (BODILESS.has(status) || request.method === "HEAD") {
    forwarded.body.on("error", () => {});
    forwarded.body.once("close", () => {
      forwarded.settled(0);
      exchange.over(status);
    });
    forwarded.body.resume();
    return new Response(null, { status, headers });
  }
  return new Response(passedOn(exchange, forwarded), { status, headers });
}

/** Passes chunks on as they are asked for; a reader that leaves ends the call at Jira. */
function passedOn(exchange: ProxyExchange, forwarded: Forwarded): ReadableStream<Uint8Array> {
  const { body } = forwarded;
  const chunks = body[Symbol.asyncIterator]();
  let bytes = 0;
  body.once("close", () => {
    forwarded.settled(bytes);
    exchange.over(forwarded.status);
  });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await chunks.next();
        if (next.done) return controller.close();
        bytes += (next.value as Buffer).length;
        controller.enqueue(next.value as Buffer);
      },
      cancel() {
        body.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}
