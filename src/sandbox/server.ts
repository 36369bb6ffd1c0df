/** The two faces on loopback: reads requests, strikes faults, finds handlers, keeps the log. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { answerControl, controlPath } from "./control.ts";
import type { Face } from "./face.ts";
import { type Fault, takeFault } from "./faults.ts";
import { Incoming } from "./incoming.ts";
import { empty, type Route, redirect, type SandboxResponse, text } from "./message.ts";
import { contextPath } from "./options.ts";
import { notFoundPage } from "./pages/not-found.ts";
import { maskQuery } from "./requests.ts";
import { createRouter } from "./router.ts";
import type { Running } from "./running.ts";

/** A request body larger than this is refused with 413; recorded worlds may be larger. */
const bodyLimit = 12 * 1024 * 1024;
const worldLimit = 256 * 1024 * 1024;

/** One face's HTTP server, not yet listening. */
export function createFace(face: Face, routes: readonly Route[], running: Running): Server {
  const find = createRouter(routes);
  const server = createServer({ keepAliveTimeout: 30_000 }, (message, response) => {
    serve(face, find, running, message, response).catch((error: unknown) => {
      // A caller that hangs up in the middle of its request is no failure of ours.
      if ((error as NodeJS.ErrnoException).code !== "ECONNRESET") running.failed(error);
      response.destroy();
    });
  });
  return server;
}

type Find = ReturnType<typeof createRouter<Route["handler"]>>;

async function serve(
  face: Face,
  find: Find,
  running: Running,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const began = performance.now();
  const split = splitTarget(face, message.url ?? "/");
  const isControl = split.full.startsWith(controlPath);
  const method = message.method ?? "GET";
  const fault = isControl
    ? undefined
    : takeFault(running.faults, { face, method, target: message.url ?? "/", path: split.path });
  const body = await readBody(message, isControl ? worldLimit : bodyLimit);
  const request = new Incoming(
    running.nextRequestId(),
    face,
    message,
    split,
    body ?? Buffer.alloc(0),
    fault,
    running.sandbox.now(),
  );
  if (isControl) {
    write(request, response, await answerControl(request, split.full, running), undefined);
    return;
  }
  if (fault?.delay_ms) await running.wait(fault.delay_ms);
  if (fault?.cut === true) {
    log(running, request, split, began, null, "cut", true);
    message.socket.destroy();
    return;
  }
  const answer =
    body === undefined
      ? refuseBody(request)
      : (faultAnswer(request, fault) ?? (await handle(find, request, split.outside, running)));
  if (fault?.lose_answer === true) {
    log(running, request, split, began, null, "lose_answer", true);
    message.socket.destroy();
    return;
  }
  const cut = typeof fault?.cut === "number" ? fault.cut : undefined;
  log(
    running,
    request,
    split,
    began,
    answer.status,
    cut === undefined ? "answered" : "cut",
    fault !== undefined,
  );
  write(request, response, withFaultHeaders(answer, fault), cut);
}

async function handle(
  find: Find,
  request: Incoming,
  outside: boolean,
  running: Running,
): Promise<SandboxResponse> {
  if (outside) return notFound(request);
  if (request.path === "") return redirect(`${contextPath}/`);
  const found = find(request.method, request.path);
  if (found === undefined) return notFound(request);
  if ("allowed" in found) {
    request.note(`the path has no ${request.method}, only ${found.allowed.join(", ")}`);
    return empty(405, [["Allow", found.allowed.join(", ")]]);
  }
  try {
    return await found.handler(request, found.params, running.sandbox);
  } catch (error) {
    running.failed(error);
    const words = error instanceof Error ? error.message : String(error);
    request.note(`the sandbox itself failed: ${words}`);
    return text(500, `The sandbox itself failed: ${words}\n`);
  }
}

function notFound(request: Incoming): SandboxResponse {
  request.note("there is nothing at this path");
  return notFoundPage(request.face, request.face === "cloud" ? "/" : `${contextPath}/`);
}

function refuseBody(request: Incoming): SandboxResponse {
  request.note("the body is larger than 12 MB");
  return text(413, "The body is larger than this server takes (12 MB).\n", [["Connection", "close"]]);
}

function faultAnswer(request: Incoming, fault: Fault | undefined): SandboxResponse | undefined {
  if (fault === undefined || (fault.status === undefined && fault.body === undefined)) return undefined;
  request.note("a fault answered in place of Jira");
  const body = fault.body;
  const isText = typeof body === "string";
  return {
    status: fault.status ?? 200,
    headers: [["Content-Type", isText ? guessType(body) : "application/json;charset=UTF-8"]],
    body: isText ? body : body === undefined ? "" : JSON.stringify(body),
  };
}

function guessType(body: string): string {
  if (/^\s*[{[]/.test(body)) return "application/json;charset=UTF-8";
  return /^\s*</.test(body) ? "text/html;charset=UTF-8" : "text/plain;charset=UTF-8";
}

function withFaultHeaders(answer: SandboxResponse, fault: Fault | undefined): SandboxResponse {
  if (fault?.headers === undefined) return answer;
  const names = new Set(Object.keys(fault.headers).map((name) => name.toLowerCase()));
  const kept = (answer.headers ?? []).filter(([name]) => !names.has(name.toLowerCase()));
  const added = Object.entries(fault.headers).flatMap(([name, value]) =>
    (typeof value === "string" ? [value] : value).map((one): [string, string] => [name, one]),
  );
  return { ...answer, headers: [...kept, ...added] };
}

type Split = {
  readonly full: string;
  readonly path: string;
  readonly rawQuery: string;
  readonly context: string;
  /** On the Data Center face: not below the context path. */
  readonly outside: boolean;
};

function splitTarget(face: Face, target: string): Split {
  // A client that takes us for a proxy sends the whole URL.
  const local = target.startsWith("/") ? target : target.replace(/^https?:\/\/[^/?#]*/i, "") || "/";
  const mark = local.indexOf("?");
  const full = mark < 0 ? local : local.slice(0, mark);
  const rawQuery = mark < 0 ? "" : local.slice(mark + 1);
  if (face === "cloud") return { full, path: full, rawQuery, context: "", outside: false };
  const inside = full === contextPath || full.startsWith(`${contextPath}/`);
  const path = inside ? full.slice(contextPath.length) : full;
  return { full, path, rawQuery, context: inside ? contextPath : "", outside: !inside };
}

/** The whole body, or `undefined` when it is larger than the limit. */
function readBody(message: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    message.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else resolve(undefined);
    });
    message.on("end", () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    message.on("error", reject);
  });
}

let dateSecond = 0;
let dateText = "";

/** The Date header follows the movable clock: clients measure clock differences by it. */
function dateHeader(now_ms: number): string {
  const second = Math.floor(now_ms / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = new Date(now_ms).toUTCString();
  }
  return dateText;
}

function write(
  request: Incoming,
  response: ServerResponse,
  answer: SandboxResponse,
  cut: number | undefined,
): void {
  const body = answer.body === undefined ? undefined : Buffer.from(answer.body as string);
  const bodiless = answer.status === 204 || answer.status === 304;
  const names = new Set<string>();
  const lines: string[] = [];
  for (const [name, value] of answer.headers ?? []) {
    names.add(name.toLowerCase());
    lines.push(name, value);
  }
  if (!names.has("date")) lines.push("Date", dateHeader(request.received_ms));
  if (!bodiless && !names.has("content-length") && !names.has("transfer-encoding")) {
    lines.push("Content-Length", String(body?.length ?? 0));
  }
  response.sendDate = false;
  response.writeHead(answer.status, lines);
  if (cut !== undefined) {
    response.write((body ?? Buffer.alloc(0)).subarray(0, cut), () => response.destroy());
    return;
  }
  response.end(request.method === "HEAD" || bodiless ? undefined : body);
}

function log(
  running: Running,
  request: Incoming,
  split: Split,
  began: number,
  status: number | null,
  outcome: "answered" | "cut" | "lose_answer",
  fault: boolean,
): void {
  const authorization = request.headers.authorization;
  running.requests.add({
    id: request.id,
    at: new Date(request.received_ms).toISOString(),
    face: request.face,
    method: request.method,
    path: split.full,
    query: maskQuery(split.rawQuery),
    authorization: authorization === undefined ? null : (authorization.split(" ", 1)[0] ?? null),
    user_agent: request.headers["user-agent"] ?? null,
    status,
    reason: request.reason,
    outcome,
    duration_ms: Math.round((performance.now() - began) * 100) / 100,
    fault,
  });
}
