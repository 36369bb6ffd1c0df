import type { Readable } from "node:stream";
import { LatchkeyError } from "../../errors.ts";
import type { HandleView } from "../../handles/index.ts";
import { authorize, classifyAnswer } from "../../jira/index.ts";
import { answerHeaderPasses, refuseParameters, refusePath, requestHeaders } from "../../policy/index.ts";
import type { Credential } from "../../protocol/index.ts";
import type { OpenAnswer } from "../../transport.ts";
import type { Connection } from "../../vault/index.ts";
import type { GatewayParts } from "../parts.ts";
import { type Incoming, keyOf, type OutgoingBody, readBody } from "./incoming.ts";

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

/** More than any JSON problem of the gateways needs; only this much is read to tell answers apart. */
const PEEK_BYTES = 64 * 1024;

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
  if (credential.kind === "oauth1" && !credential.oauth_token)
    refuseParameters(incoming.query, { two_legged: true });
  let answer = await send(parts, incoming, admitted, body, credential);
  const refusal = await refusalOf(admitted.connection, answer);
  if (refusal) {
    answer = await again(parts, incoming, admitted, body, credential, refusal);
  }
  parts.vault.connections.touch(admitted.connection.id, answer.status);
  return {
    status: answer.status,
    headers: answerHeaders(answer),
    body: answer.body,
    settled: (bytes_out) =>
      note(parts, admitted, incoming, body, answer.status, bytes_out, parts.now() - began),
  };
}

async function admit(parts: GatewayParts, incoming: Incoming): Promise<Admitted> {
  const handle = await parts.handles.verify(keyOf(incoming.headers));
  const path = refusePath(incoming.path);
  refuseParameters(incoming.query);
  const headers = requestHeaders(incoming.headers);
  parts.handles.permit(handle, { connection_id: incoming.connection_id, method: incoming.method, path });
  const connection = await parts.vault.connections.get(handle.owner, incoming.connection_id);
  const query = incoming.query === "" ? "" : `?${incoming.query}`;
  return { handle, connection, path, url: `${connection.site.api_base_url}${path}${query}`, headers };
}

async function send(
  parts: GatewayParts,
  incoming: Incoming,
  admitted: Admitted,
  body: OutgoingBody,
  credential: Credential,
): Promise<OpenAnswer> {
  const signed = await authorize(
    {
      method: incoming.method,
      url: admitted.url,
      headers: admitted.headers,
      ...(body.kind === "kept" ? { body: body.bytes } : {}),
    },
    credential,
    { now: parts.now, random: parts.random },
  );
  const length: Record<string, string> =
    body.kind === "stream" && body.length !== undefined ? { "content-length": String(body.length) } : {};
  return parts.transport.open(
    {
      method: signed.method,
      url: signed.url,
      headers: { "accept-encoding": "identity", ...signed.headers, ...length },
      ...(body.kind === "stream" ? { body: body.stream } : body.kind === "kept" ? { body: body.bytes } : {}),
    },
    { signal: incoming.signal },
  );
}

/** What Jira holds against the credential, if that is what its answer says. */
async function refusalOf(
  connection: Connection,
  answer: OpenAnswer,
): Promise<"token_rejected" | "scope_missing" | "edge" | undefined> {
  if (![401, 403, 404].includes(answer.status)) return undefined;
  if (answer.status !== 401) {
    // Only a 401 is worth reading before it is passed on: the others stream as they are.
    return undefined;
  }
  const peeked = await peek(answer.body);
  const found = classifyAnswer(connection.flavor, {
    status: answer.status,
    headers: answer.headers,
    body: peeked,
  });
  answer.body.destroy();
  return found === "scope_missing" || found === "edge" ? found : "token_rejected";
}

async function peek(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size >= PEEK_BYTES) break;
  }
  return Buffer.concat(chunks);
}

/** The second and last try, with a token that was not the refused one. */
async function again(
  parts: GatewayParts,
  incoming: Incoming,
  admitted: Admitted,
  body: OutgoingBody,
  refused: Credential,
  refusal: "token_rejected" | "scope_missing" | "edge",
): Promise<OpenAnswer> {
  if (refusal === "scope_missing") {
    throw new LatchkeyError(
      "scope_missing",
      "The connection lacks a scope that this call needs; a new token would not have it either.",
    );
  }
  const fresh = await parts.vault.rejected(admitted.handle.owner, admitted.connection.id, refused.token_id);
  if (body.kind === "stream") {
    throw new LatchkeyError(
      "jira_unauthorized",
      "Jira refused the token after a body too large to be kept; it has been renewed.",
      {
        fix: "Send the call again.",
      },
    );
  }
  const answer = await send(parts, incoming, admitted, body, fresh);
  if (answer.status !== 401) return answer;
  answer.body.destroy();
  throw new LatchkeyError("jira_unauthorized");
}

function answerHeaders(answer: OpenAnswer): [string, string][] {
  const passing: [string, string][] = [];
  for (let i = 0; i + 1 < answer.rawHeaders.length; i += 2) {
    const name = answer.rawHeaders[i]!.toLowerCase();
    if (answerHeaderPasses(name)) passing.push([name, answer.rawHeaders[i + 1]!]);
  }
  // Jira's bytes come from our origin now: nothing in them may run or be framed here.
  return [
    ...passing,
    ["cache-control", "no-store"],
    ["content-security-policy", "default-src 'none'; sandbox"],
    ["x-content-type-options", "nosniff"],
  ];
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
