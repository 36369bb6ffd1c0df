import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { GatewayParts } from "../parts.ts";
import { asLatchkeyError, problemHeaders, toProblem } from "../problem.ts";
import { type Forwarded, forward } from "./forward.ts";
import { type Incoming, readTarget } from "./incoming.ts";

/**
 * The proxy's fast path, straight on node:http. Answers `false` where the request is not the proxy's.
 */
export function proxyOnNode(
  parts: GatewayParts,
  base_path: string,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const target = readTarget(request.url ?? "", base_path);
  if (!target) return false;
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  const hasBody =
    request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
  const incoming: Incoming = {
    method: request.method ?? "GET",
    ...target,
    headers: request.headers,
    body: hasBody ? request : undefined,
    signal: gone.signal,
  };
  void forward(parts, incoming).then(
    (forwarded) => pass(forwarded, request, response),
    (error: unknown) => refuse(parts, error, request, response),
  );
  return true;
}

function pass(forwarded: Forwarded, request: IncomingMessage, response: ServerResponse): void {
  const { body } = forwarded;
  let bytes = 0;
  response.writeHead(forwarded.status, forwarded.headers.flat());
  response.on("drain", () => body.resume());
  response.once("close", () => {
    body.destroy();
    forwarded.settled(bytes);
  });
  body.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (!response.write(chunk)) body.pause();
  });
  body.once("end", () => response.end());
  // Half an answer must not look like a whole one: the caller's connection is cut.
  body.once("error", () => response.destroy());
  if (request.method === "HEAD") body.resume();
}

function refuse(
  parts: GatewayParts,
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const id = randomUUID();
  const problem = toProblem(error, id, "holder");
  parts.log[problem.status >= 500 ? "warn" : "info"]("proxy_refused", {
    request_id: id,
    code: problem.code,
    method: request.method,
    ...(problem.status >= 500 ? { error: asLatchkeyError(error) } : {}),
  });
  // A body that nobody will read must not keep the connection busy.
  const unread = !request.complete;
  response.writeHead(problem.status, {
    ...problemHeaders(problem, error),
    ...(unread ? { connection: "close" } : {}),
  });
  response.end(JSON.stringify(problem));
}
