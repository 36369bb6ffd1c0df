/** Calls that went out to Jira and failed, for the record. Nothing here runs while all goes well. */
import { isLatchkeyError, type LatchkeyError } from "../../errors.ts";
import { answerError, classifyAnswer, failedCall, type Trail } from "../../jira/index.ts";
import type { OpenAnswer } from "../../transport.ts";
import type { GatewayParts } from "../parts.ts";
import type { Admitted, Outgoing } from "./admit.ts";
import type { Incoming } from "./incoming.ts";

/** A call that ended in an error of ours. Whoever went away has no trouble. */
export function noteFailed(
  parts: GatewayParts,
  incoming: Incoming,
  admitted: Admitted,
  call: Outgoing,
  trail: Trail,
  thrown: unknown,
): void {
  if (!isLatchkeyError(thrown) || incoming.signal.aborted) return;
  record(parts, incoming, admitted, call, trail, thrown);
}

/** A refusal of Jira that passes on to the caller as it is: its body is the caller's, and is not looked at. */
export function notePassed(
  parts: GatewayParts,
  incoming: Incoming,
  admitted: Admitted,
  call: Outgoing,
  trail: Trail,
  { status, headers }: OpenAnswer,
): void {
  const { flavor } = admitted.connection;
  const found = classifyAnswer(flavor, { status, headers });
  const context = { flavor, method: incoming.method, path: admitted.path, now: parts.now() };
  const error = answerError(found === "ok" ? "failed" : found, { status, headers }, context);
  record(parts, incoming, admitted, call, trail, error);
}

function record(
  parts: GatewayParts,
  { method }: Incoming,
  { connection, handle }: Admitted,
  { url }: Outgoing,
  trail: Trail,
  error: LatchkeyError,
): void {
  const { api_base_url } = connection.site;
  parts.recorder?.failed(
    { connection, handle_id: handle.id },
    failedCall(trail, { method, url, api_base_url }, error),
  );
}
