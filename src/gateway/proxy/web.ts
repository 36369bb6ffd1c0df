import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import type { GatewayParts } from "../parts.ts";
import { problemHeaders, toProblem } from "../problem.ts";
import { type Forwarded, forward } from "./forward.ts";
import { readTarget } from "./incoming.ts";

/** The same proxy for `fetch`-style handlers. Answers `undefined` where the request is not the proxy's. */
export async function proxyOnWeb(
  parts: GatewayParts,
  base_path: string,
  request: Request,
): Promise<Response | undefined> {
  const url = new URL(request.url);
  // `request.url` has been normalized on the way in; the path is checked as it will be sent either way.
  const target = readTarget(url.pathname + url.search, base_path);
  if (!target) return undefined;
  try {
    const forwarded = await forward(parts, {
      method: request.method,
      ...target,
      headers: Object.fromEntries(request.headers) as IncomingHttpHeaders,
      body: request.body ? Readable.fromWeb(request.body as NodeReadableStream) : undefined,
      signal: request.signal,
    });
    return answer(forwarded, request);
  } catch (error) {
    const problem = toProblem(error, randomUUID(), "holder");
    return new Response(JSON.stringify(problem), {
      status: problem.status,
      headers: problemHeaders(problem, error),
    });
  }
}

/** Statuses whose answers have no body. @see RFC 9110 section 6.4.1 */
const BODILESS = new Set([204, 205, 304]);

function answer(forwarded: Forwarded, request: Request): Response {
  const headers = forwarded.headers.map(([name, value]) => [name, value] as [string, string]);
  if (BODILESS.has(forwarded.status) || request.method === "HEAD") {
    forwarded.body.once("close", () => forwarded.settled(0));
    forwarded.body.resume();
    return new Response(null, { status: forwarded.status, headers });
  }
  return new Response(ReadableStream.from(counted(forwarded)), { status: forwarded.status, headers });
}

/** Passes chunks on as they are asked for; leaving early ends the call at Jira. */
async function* counted(forwarded: Forwarded): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of forwarded.body) {
      bytes += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  } finally {
    forwarded.body.destroy();
    forwarded.settled(bytes);
  }
}
