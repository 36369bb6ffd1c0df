import type { Readable } from "node:stream";
import { refuseParameters } from "../../policy/index.ts";
import type { BodySink, Flow } from "../../transport.ts";
import type { GatewayParts } from "../parts.ts";
import { type Admitted, admit, outgoing } from "./admit.ts";
import { exchange } from "./exchange.ts";
import { filtered, isFiltered } from "./filter.ts";
import { answerHeaders } from "./headers.ts";
import { type Incoming, type OutgoingBody, readBody } from "./incoming.ts";
import { type Known, noteRefused } from "./refused.ts";

export type Forwarded = {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  /** Destroying it cancels the call at Jira. */
  readonly body: Readable;
  /** The same without a stream between, where there is nothing to look into; instead of `body`, and once. */
  pour?(sink: BodySink): Flow;
  /** Called once when the body has been passed on, or was given up. */
  settled(bytes_out: number): void;
};

/**
 * One proxied call, from handle to Jira and back: handle, path and query checked, credential from the vault, signed,
 * sent through the one door. Where nothing asks to look into the answer, both bodies stream; otherwise they are JSON
 * and read whole. A token that Jira refuses is renewed once if the body can be sent again.
 *
 * @throws LatchkeyError for every refusal of ours, and where Jira refuses the connection itself
 */
export async function forward(parts: GatewayParts, incoming: Incoming): Promise<Forwarded> {
  const known: Known = {};
  try {
    return await forwarded(parts, incoming, known);
  } catch (thrown) {
    noteRefused(parts, incoming, known, thrown);
    throw thrown;
  }
}

async function forwarded(parts: GatewayParts, incoming: Incoming, known: Known): Promise<Forwarded> {
  const began = parts.now();
  const admitted = await admit(parts, incoming, known);
  const body = await readBody(incoming);
  if (body.kind === "kept" && body.form) refuseParameters(body.bytes.toString("utf8"));
  const passed = isFiltered(admitted.handle)
    ? await filtered(parts, incoming, admitted, body)
    : await streamed(parts, incoming, admitted, body);
  const { status } = passed;
  parts.vault.connections.touch(admitted.connection.id, status);
  const settled = (bytes_out: number) =>
    note(parts, admitted, incoming, body, { status, bytes_out, duration_ms: parts.now() - began });
  return Object.assign(passed, { settled });
}

async function streamed(parts: GatewayParts, incoming: Incoming, admitted: Admitted, body: OutgoingBody) {
  const call = outgoing(admitted.connection, admitted.path, admitted.query, admitted.headers);
  const answer = await exchange(parts, incoming, admitted, call, body);
  return {
    status: answer.status,
    headers: answerHeaders(answer),
    // A stream is made only for who asks for one.
    get body() {
      return answer.body;
    },
    ...(answer.pour && { pour: answer.pour.bind(answer) }),
  };
}

function note(
  parts: GatewayParts,
  admitted: Admitted,
  incoming: Incoming,
  body: OutgoingBody,
  measured: { readonly status: number; readonly bytes_out: number; readonly duration_ms: number },
): void {
  const bytes_in = body.kind === "kept" ? body.bytes.length : body.kind === "stream" ? (body.length ?? 0) : 0;
  const use = {
    connection_id: admitted.connection.id,
    method: incoming.method,
    path: admitted.path,
    ...measured,
    bytes_in,
  };
  parts.handles
    .used(admitted.handle, use)
    .catch((error: unknown) => parts.log.error("use_not_noted", { error }));
}
