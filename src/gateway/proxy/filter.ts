/**
 * The way of a call whose answer is looked into: under a named policy, under a limit to projects, or where links are
 * to be rewritten. JSON only, both ways, read whole and bounded; what is sent and what leaves is written anew.
 */
import { Readable } from "node:stream";
import { isLatchkeyError, LatchkeyError } from "../../errors.ts";
import type { HandleView, SitePolicy } from "../../handles/index.ts";
import type { OpenAnswer } from "../../transport.ts";
import type { GatewayParts } from "../parts.ts";
import { type Admitted, outgoing } from "./admit.ts";
import { type AnswerBody, bodyOf, isJson, MAX_ANSWER_BYTES } from "./answer-body.ts";
import { exchange } from "./exchange.ts";
import { answerHeaders, filteredHeaders } from "./headers.ts";
import { holding } from "./held.ts";
import type { Incoming, OutgoingBody } from "./incoming.ts";
import { linksBelow } from "./links.ts";

export type Passed = {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Readable;
};

type Request = {
  readonly path: string;
  readonly query: string;
  readonly body: unknown;
  readonly operation?: string;
};

/** Whether somebody must look into the answer. */
export function isFiltered({ limits }: HandleView): boolean {
  return limits.policy !== "raw" || limits.projects !== undefined || limits.rewrite_links === true;
}

export async function filtered(
  parts: GatewayParts,
  incoming: Incoming,
  admitted: Admitted,
  body: OutgoingBody,
): Promise<Passed> {
  const { handle, connection } = admitted;
  const { limits } = handle;
  if (limits.policy === "raw" && !limits.projects) return await rewritten(parts, incoming, admitted, body);
  const asked = { ...admitted, body: jsonOf(body, admitted.headers) };
  const policy = await policyOf(parts, admitted);
  if (policy && admitted.headers["if-match"] !== undefined) {
    throw new LatchkeyError(
      "policy_denied",
      "The header If-Match compares with an answer that did not leave.",
      {
        fix: "Leave it out.",
      },
    );
  }
  let request: Request = asked;
  if (policy) request = await policy.ask({ ...asked, method: incoming.method });
  const guard =
    limits.projects &&
    (await guardOf(parts).before(connection, limits.projects, {
      ...request,
      method: incoming.method,
      // Psoxy's rules may let parameters pass without naming them.
      ruled: (policy?.endpoints.length ?? 0) > 0,
    }));
  if (guard) request = { ...request, ...guard.request };
  const sent = sentBody(request.body);
  const call = outgoing(connection, request.path, request.query, headersFor(admitted.headers, sent));
  const answer = await exchange(parts, incoming, admitted, call, sent).catch((error: unknown) => {
    throw policy && request.operation ? wordsTreated(error, policy, request.operation) : error;
  });
  const headers = policy ? policy.headers : (all: Readonly<Record<string, string>>) => ({ ...all });
  return await leave(parts, incoming, admitted, answer, headers, async (status, json) => {
    const inside = guard ? await guard.after(status, json) : json;
    const treated = policy && request.operation ? policy.answer(request.operation, status, inside) : inside;
    return limits.rewrite_links ? linksBelow(parts.public_url, connection, treated) : treated;
  });
}

/** Nothing is kept back: only links are rewritten, and only where the answer is JSON. */
async function rewritten(
  parts: GatewayParts,
  incoming: Incoming,
  admitted: Admitted,
  body: OutgoingBody,
): Promise<Passed> {
  const { connection } = admitted;
  const { range: _, ...headers } = admitted.headers;
  const answer = await exchange(
    parts,
    incoming,
    admitted,
    outgoing(connection, admitted.path, admitted.query, headers),
    body,
  );
  if (incoming.method === "HEAD" || !isJson(answer)) {
    return { status: answer.status, headers: answerHeaders(answer), body: answer.body };
  }
  const treat: Treat = async (_status, json) => linksBelow(parts.public_url, connection, json);
  return await leave(parts, incoming, admitted, answer, (all) => ({ ...all }), treat);
}

function guardOf(parts: GatewayParts) {
  if (parts.projects) return parts.projects;
  throw new LatchkeyError("internal", "A handle is limited to projects, and nobody knows them.");
}

async function policyOf(
  parts: GatewayParts,
  { handle, connection }: Admitted,
): Promise<SitePolicy | undefined> {
  const { policy } = handle.limits;
  if (policy === "raw") return undefined;
  const known = policy !== undefined && parts.policies?.names().includes(policy);
  if (parts.policies && policy !== undefined && known)
    return await parts.policies.compiledFor(policy, connection);
  throw new LatchkeyError("policy_denied", "The policy of the handle is not there any longer.", {
    fix: "Put the policy back, or create a handle with another one.",
  });
}

/** What a call says in JSON. @throws media_type_unsupported, bad_request, body_too_large */
function jsonOf(body: OutgoingBody, headers: Readonly<Record<string, string>>): unknown {
  if (body.kind === "none") return undefined;
  if (body.kind === "stream") {
    throw new LatchkeyError("body_too_large", "Through this handle a body of at most 1000000 bytes passes.");
  }
  const type = (headers["content-type"] ?? "").split(";")[0]!.trim().toLowerCase();
  if (type !== "application/json") throw new LatchkeyError("media_type_unsupported");
  const json = parsed(body.bytes);
  if (isDeeper(json, DEEPEST)) throw new LatchkeyError("bad_request", "The body is nested too deeply.");
  return json;
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new LatchkeyError("bad_request", "The body is not JSON.", { fix: "Send one JSON value in UTF-8." });
  }
}

/** Deeper than any document; what is deeper can be read, but neither looked into nor written again. */
const DEEPEST = 256;

function isDeeper(value: unknown, left: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return left === 0 || Object.values(value).some((member) => isDeeper(member, left - 1));
}

function sentBody(json: unknown): OutgoingBody {
  if (json === undefined) return { kind: "none" };
  return { kind: "kept", bytes: Buffer.from(JSON.stringify(json)), form: false };
}

/** Conditions and ranges speak of Jira's own bytes, and those never leave. */
const NOT_SENT = new Set([
  "if-match",
  "if-none-match",
  "if-modified-since",
  "range",
  "accept",
  "content-type",
]);

function headersFor(given: Readonly<Record<string, string>>, body: OutgoingBody): Record<string, string> {
  const kept = Object.entries(given).filter(([name]) => !NOT_SENT.has(name));
  return {
    ...Object.fromEntries(kept),
    accept: "application/json",
    ...(body.kind === "none" ? {} : { "content-type": "application/json" }),
  };
}

type Treat = (status: number, json: unknown) => Promise<unknown>;

async function leave(
  parts: GatewayParts,
  incoming: Incoming,
  admitted: Admitted,
  answer: OpenAnswer,
  headers: SitePolicy["headers"],
  treat: Treat,
): Promise<Passed> {
  const { status } = answer;
  const reads = incoming.method === "GET" || incoming.method === "HEAD";
  const max = parts.max_filtered_bytes ?? MAX_ANSWER_BYTES;
  const held = holding(max);
  let text: string | undefined;
  try {
    const got: AnswerBody = incoming.method === "HEAD" ? gone(answer) : await bodyOf(answer, max, held);
    if (got.kind === "json")
      text = JSON.stringify((await treat(status, got.json)) ?? (Array.isArray(got.json) ? [] : {}));
    if (got.kind === "other") text = withheld(status, got.bytes, reads);
  } catch (error) {
    held.done();
    // What was written is written: a refusal now would invite a second time.
    if (reads || status >= 300) throw error;
    parts.log.warn("answer_withheld", { connection_id: admitted.connection.id, error });
    text = undefined;
  }
  const bytes = text === undefined ? undefined : Buffer.from(text);
  held.keep(bytes?.length ?? 0);
  return {
    status,
    headers: filteredHeaders(answer, headers, bytes?.length, incoming.method === "HEAD"),
    body: Readable.from(slicesOf(bytes), { objectMode: false }).once("close", held.done),
  };
}

const SLICE_BYTES = 256 * 1024;

/** Bytes that leave as the caller takes them. */
function* slicesOf(bytes: Buffer | undefined): Generator<Buffer, void> {
  for (let at = 0; bytes && at < bytes.length; at += SLICE_BYTES) yield bytes.subarray(at, at + SLICE_BYTES);
}

function gone(answer: OpenAnswer): AnswerBody {
  answer.body.on("error", () => {}).destroy();
  return { kind: "none" };
}

/** A refusal that is no JSON keeps its status and loses its words; an answer that is none does not leave at all. */
function withheld(status: number, bytes: number, reads: boolean): string | undefined {
  if (status >= 300)
    return JSON.stringify({ errorMessages: [`Withheld: ${bytes} bytes that are not JSON.`], errors: {} });
  if (!reads) return undefined;
  throw new LatchkeyError("policy_denied", "Jira's answer is not JSON, and only JSON can be looked into.", {
    fix: "Ask for a resource that answers JSON, or use a handle whose answers leave as they are.",
  });
}

/** Where Jira refused the connection itself: its own words, as the policy lets them through. */
function wordsTreated(error: unknown, policy: SitePolicy, operation: string): unknown {
  if (!isLatchkeyError(error) || error.details.jira === undefined) return error;
  const jira = { ...(policy.answer(operation, 400, error.details.jira) as object | undefined) };
  const { status } = error.details.jira as { readonly status?: unknown };
  return new LatchkeyError(error.code, error.message, {
    cause: error.cause,
    details: { ...error.details, jira: { status, ...jira } },
    fix: error.fix,
    ...(error.retry_after_s === undefined ? {} : { retry_after_s: error.retry_after_s }),
  });
}
