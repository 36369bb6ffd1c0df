import type { Readable } from "node:stream";
import { LatchkeyError } from "../../errors.ts";
import type { HandleView } from "../../handles/index.ts";
import { authorize } from "../../jira/index.ts";
import { refuseParameters, refusePath, refuseQuery, requestHeaders } from "../../policy/index.ts";
import type { Credential } from "../../protocol/index.ts";
import type { OpenAnswer } from "../../transport.ts";
import type { Connection } from "../../vault/index.ts";
import type { GatewayParts } from "../parts.ts";
import { answerHeaders } from "./headers.ts";
import { type Incoming, keyOf, type OutgoingBody, readBody } from "./incoming.ts";
import { judge } from "./judge.ts";

export type Forwarded = {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  /** Destroying it cancels the call at Jira. */
  readonly body: Readable;
  /** Called once when the body has been passed on, or was given up. */
  settled(bytes_out: number): void;
};

type Admitted = {
  readonly handle: HandleView;
  readonly connection: Connection;
  readonly path: string;
  readonly url: string;
  readonly headers: Record<string, string>;
};

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/** Until Jira's answer begins. A search may think for long, a large body takes its time on the way up. */
const ANSWER_MS = 60_000;
const UPLOAD_MS = 300_000;

/**
 * One proxied call, from handle to Jira and back, streaming both ways: handle, path and query checked, credential
 * from the vault, signed, sent through the one door. A token that Jira refuses is renewed once if the body can
 * be sent again.
 *
 * @throws LatchkeyError for every refusal of ours, and where Jira refuses the connection itself
 */
export async function forward(parts: GatewayParts, incoming: Incoming): Promise<Forwarded> {
  const began = parts.now();
  const admitted = await admit(parts, incoming);
  const body = await readBody(incoming);
  if (body.kind === "kept" && body.form) refuseParameters(body.bytes.toString("utf8"));
  const { owner } = admitted.handle;
  const credential = await parts.vault.credentialFor(owner, admitted.connection.id);
  const answer = await exchange(parts, incoming, admitted, body, credential);
  parts.vault.connections.touch(admitted.connection.id, answer.status);
  return {
    status: answer.status,
    headers: answerHeaders(answer),
    body: answer.body,
    settled: (bytes_out) =>
      note(parts, admitted, incoming, body, answer.status, bytes_out, parts.now() - began),
  };
}

/** Everything that can be refused without reading the body or opening the vault. */
async function admit(parts: GatewayParts, incoming: Incoming): Promise<Admitted> {
  const handle = await parts.handles.verify(keyOf(incoming.headers));
  if (!METHODS.includes(incoming.method)) {
    throw new LatchkeyError("method_not_allowed", undefined, { details: { allow: METHODS.join(", ") } });
  }
  const path = refusePath(incoming.path);
  refuseQuery(incoming.query);
  const headers = requestHeaders(incoming.headers);
  parts.handles.permit(handle, { connection_id: incoming.connection_id, method: incoming.method, path });
  const connection = await parts.vault.connections.get(handle.owner, incoming.connection_id);
  const query = incoming.query === "" ? "" : `?${incoming.query}`;
  const base = connection.site.api_base_url.replace(/\/+$/, "");
  return { handle, connection, path, url: `${base}${path}${query}`, headers };
}

/** Sends it; a second and last time where the first token was refused and the body is still there. */
async function exchange(
  parts: GatewayParts,
  incoming: Incoming,
  admitted: Admitted,
  body: OutgoingBody,
  credential: Credential,
): Promise<OpenAnswer> {
  const { connection, handle, path } = admitted;
  const call = { flavor: connection.flavor, method: incoming.method, path, now: parts.now() };
  const answer = await send(parts, incoming, admitted, body, credential);
  const verdict = await judge(answer, credential, call);
  if (verdict.kind === "passes") return answer;
  parts.vault.connections.touch(connection.id, answer.status);
  if (verdict.kind === "refused") throw verdict.error;
  const { error } = verdict;
  const fresh = await parts.vault.rejected(handle.owner, connection.id, credential.token_id, {
    code: error.code === "jira_unauthorized" ? "token_rejected" : error.code,
    evidence: { status: answer.status, ...error.details },
  });
  if (fresh.token_id === credential.token_id) throw error;
  if (body.kind === "stream") throw new LatchkeyError("token_renewed", undefined, { retry_after_s: 0 });
  const second = await send(parts, incoming, admitted, body, fresh);
  const last = await judge(second, fresh, call);
  if (last.kind === "passes") return second;
  throw last.error;
}

async function send(
  parts: GatewayParts,
  incoming: Incoming,
  admitted: Admitted,
  body: OutgoingBody,
  credential: Credential,
): Promise<OpenAnswer> {
  if (credential.kind === "oauth1" && !credential.oauth_token)
    refuseQuery(incoming.query, { two_legged: true });
  const { method } = incoming;
  const reads = method === "GET" || method === "HEAD";
  const headers = {
    "accept-encoding": "identity",
    "user-agent": "latchkey",
    // Jira's XSRF check looks at writes that could come from a browser's form.
    ...(reads ? {} : { "x-atlassian-token": "no-check" }),
    ...admitted.headers,
  };
  const kept = body.kind === "kept" ? { body: body.bytes } : {};
  const signed = await authorize({ method, url: admitted.url, headers, ...kept }, credential, parts);
  const length: Record<string, string> =
    body.kind === "stream" && body.length !== undefined ? { "content-length": String(body.length) } : {};
  return parts.transport.open(
    {
      method,
      url: signed.url,
      headers: { ...signed.headers, ...length },
      ...(body.kind === "stream" ? { body: body.stream } : kept),
    },
    { signal: incoming.signal, timeout_ms: body.kind === "stream" ? UPLOAD_MS : ANSWER_MS },
  );
}

function note(
  parts: GatewayParts,
  admitted: Admitted,
  incoming: Incoming,
  body: OutgoingBody,
  status: number,
  bytes_out: number,
  duration_ms: number,
): void {
  const bytes_in = body.kind === "kept" ? body.bytes.length : body.kind === "stream" ? (body.length ?? 0) : 0;
  const use = {
    connection_id: admitted.connection.id,
    method: incoming.method,
    path: admitted.path,
    status,
    bytes_in,
    bytes_out,
    duration_ms,
  };
  parts.handles
    .used(admitted.handle, use)
    .catch((error: unknown) => parts.log.error("use_not_noted", { error }));
}
