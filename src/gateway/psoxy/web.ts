/** The skin of the Psoxy-compatible addresses: `ANY /psoxy/{instance}/{path as Psoxy has it}`. */
import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { LatchkeyError } from "../../errors.ts";
import type { HandleView } from "../../handles/index.ts";
import { beginExchange } from "../exchange.ts";
import { NO_PAGE } from "../headers.ts";
import { asLatchkeyError, problemHeaders, toProblem } from "../problem.ts";
import { keyOf } from "../proxy/incoming.ts";
import type { ProxyFront } from "../proxy/index.ts";
import { call, type PsoxyCall } from "./call.ts";
import { causeOf } from "./causes.ts";
import { type Control, controlOf } from "./control.ts";
import { health } from "./health.ts";
import { type PsoxyInstance, policyOf } from "./instances.ts";
import { SITES, sites } from "./sites.ts";

const TARGET = /^\/psoxy\/([a-z0-9][a-z0-9_-]{0,50})(\/[^?]*)?(?:\?(.*))?$/s;
const ROUTE = "/psoxy/{instance}/{path}";
/** Psoxy says its version here; we say who answers in its place. */
const ANSWERED_BY = "latchkey";

type Answer = { readonly status: number; readonly headers: Headers; readonly body: string | Buffer | null };

/** Answers `undefined` where the request is not for an instance. */
export async function psoxyOnWeb(front: ProxyFront, request: Request): Promise<Response | undefined> {
  const url = new URL(request.url);
  const target = url.pathname + url.search;
  const found = TARGET.exec(
    target.startsWith(`${front.base}/psoxy/`) ? target.slice(front.base.length) : target,
  );
  if (!found) return undefined;
  const began = front.parts.now();
  const exchange = beginExchange(front.parts, front.metrics);
  const known: { instance?: PsoxyInstance; control?: Control } = {};
  let answer: Answer;
  try {
    const asked = askedOf(request, found[2] ?? "/", found[3] ?? "");
    answer = await answered(front, found[1]!, asked, known);
  } catch (error) {
    answer = refusal(front, exchange.request_id, error);
  }
  for (const [name, value] of metadata(known)) answer.headers.set(name, value);
  answer.headers.set("x-request-id", exchange.request_id);
  front.metrics.proxied(answer.status, Math.max(0, front.parts.now() - began) / 1000);
  exchange.answered(ROUTE, request.method, answer.status);
  const silent = request.method === "HEAD" || known.control?.no_body === true;
  if (silent) answer.headers.delete("content-length");
  const body = silent || answer.body === null ? null : new Uint8Array(Buffer.from(answer.body));
  return new Response(body, { status: answer.status, headers: answer.headers });
}

function askedOf(request: Request, path: string, query: string): PsoxyCall {
  const headers = Object.fromEntries(request.headers) as IncomingHttpHeaders;
  // Where the cloud before us has taken the usual header for itself, Psoxy's callers use this one.
  if (!/^Bearer +lk_/i.test(headers.authorization ?? "") && headers["x-psoxy-authorization"] !== undefined)
    headers.authorization = String(headers["x-psoxy-authorization"]);
  const stream = request.body as NodeReadableStream | null;
  return {
    method: request.method,
    path,
    query,
    headers,
    body: stream ? () => Readable.fromWeb(stream).on("error", () => {}) : undefined,
    signal: request.signal,
  };
}

async function answered(
  front: ProxyFront,
  name: string,
  given: PsoxyCall,
  known: { instance?: PsoxyInstance; control?: Control },
): Promise<Answer> {
  const { parts } = front;
  const handle = await parts.handles.verify(keyOf(given.headers));
  const instance = instanceFor(front, handle, name);
  known.instance = instance;
  const control = controlOf(given.headers, instance);
  known.control = control;
  const asked = { ...given, path: control.path ?? given.path, query: control.query ?? given.query };
  if (control.health) {
    const { healthy, body } = await health(parts, instance, handle, control.warnings);
    return jsonAnswer(healthy ? 200 : 412, body);
  }
  const reads = asked.method === "GET" || asked.method === "HEAD";
  if (reads && Number(asked.headers["content-length"] ?? 0) > 0)
    throw new LatchkeyError("bad_request", "A call that reads has no body.");
  if (instance.flavor === "cloud" && asked.path === SITES)
    return jsonAnswer(200, await sites(parts, instance, handle, asked));
  const forwarded = await call(parts, instance, handle, asked);
  const chunks: Buffer[] = [];
  for await (const chunk of forwarded.body) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  forwarded.settled(body.length);
  const headers = new Headers(forwarded.headers.map(([one, value]): [string, string] => [one, value]));
  if (forwarded.status >= 300) headers.set("x-psoxy-error", "API_ERROR");
  return { status: forwarded.status, headers, body: BODILESS.has(forwarded.status) ? null : body };
}

const BODILESS = new Set([204, 205, 304]);

/** Which instances there are is told to nobody whose handle is for another. */
function instanceFor({ parts }: ProxyFront, { limits }: HandleView, name: string): PsoxyInstance {
  const instance = parts.psoxy?.find(name);
  if (instance && limits.policy === policyOf(name)) return instance;
  throw new LatchkeyError("forbidden", "The handle is not for this instance.", {
    fix: `Create a handle with the policy ${policyOf(name)}.`,
  });
}

function jsonAnswer(status: number, json: unknown): Answer {
  const headers = new Headers({
    "content-type": "application/json",
    ...NO_PAGE,
  });
  return { status, headers, body: JSON.stringify(json) };
}

function metadata({
  instance,
  control,
}: {
  instance?: PsoxyInstance;
  control?: Control;
}): [string, string][] {
  if (!instance) return [];
  return [
    ["x-psoxy-rules-sha", instance.rules_sha],
    ["x-psoxy-pii-salt-sha256", instance.salt_sha256],
    ["x-psoxy-psoxy-version", ANSWERED_BY],
    ...(control?.warnings ?? []).map((warning): [string, string] => ["x-psoxy-warning", warning]),
  ];
}

/** The status and the word that Psoxy's callers read, and a problem in words for whoever looks closer. */
function refusal({ parts }: ProxyFront, request_id: string, thrown: unknown): Answer {
  const error = asLatchkeyError(thrown);
  const { status, word } = causeOf(error);
  parts.log[status >= 500 ? "warn" : "info"]("psoxy_refused", {
    request_id,
    code: error.code,
    ...(status >= 500 ? { error } : {}),
  });
  const { jira: _, ...problem } = toProblem(error, request_id, "holder");
  const headers = new Headers(problemHeaders({ ...problem, status }, error));
  if (word !== undefined) headers.set("x-psoxy-error", word);
  return { status, headers, body: JSON.stringify({ ...problem, status }) };
}
