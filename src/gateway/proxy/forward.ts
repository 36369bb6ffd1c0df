import type { Readable } from "node:stream";
import type { Use } from "../../handles/index.ts";
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
 * @param begun where {@link sendAtOnce} has admitted it, and mostly sent it too
 * @throws LatchkeyError for every refusal of ours, and where Jira refuses the connection itself
 */
export async function forward(parts: GatewayParts, incoming: Incoming, begun?: Admitted): Promise<Forwarded> {
  const known: Known = begun ? { handle: begun.handle, path: begun.path } : {};
  try {
    return await forwarded(parts, incoming, known, begun);
  } catch (thrown) {
    noteRefused(parts, incoming, known, thrown);
    throw thrown;
  }
}

async function forwarded(
  parts: GatewayParts,
  incoming: Incoming,
  known: Known,
  begun: Admitted | undefined,
): Promise<Forwarded> {
  const began = begun?.begun?.began ?? parts.now();
  const admitted = begun ?? (await admit(parts, incoming, known));
  const body = await readBody(incoming);
  if (body.kind === "kept" && body.form) refuseParameters(body.bytes.toString("utf8"));
  const passed = isFiltered(admitted.handle)
    ? await filtered(parts, incoming, admitted, body)
    : await streamed(parts, incoming, admitted, body);
  const { status } = passed;
  parts.vault.connections.touch(admitted.connection.id, status);
  const bytes_in = body.kind === "kept" ? body.bytes.length : body.kind === "stream" ? (body.length ?? 0) : 0;
  const settled = (bytes_out: number) =>
    note(parts, admitted, incoming.method, { status, bytes_in, bytes_out, duration_ms: parts.now() - began });
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

/** Notes a call that went to Jira in the log of use. */
export function note(
  { handles }: GatewayParts,
  { handle, connection, path }: Admitted,
  method: string,
  measured: Pick<Use, "status" | "bytes_in" | "bytes_out" | "duration_ms">,
): void {
  handles.used(handle, { connection_id: connection.id, method, path, ...measured });
}
