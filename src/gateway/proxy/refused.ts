/** Calls that were refused, for the log of use. */
import { isLatchkeyError } from "../../errors.ts";
import type { HandleView } from "../../handles/index.ts";
import type { GatewayParts } from "../parts.ts";
import type { Incoming } from "./incoming.ts";

/** What a call has proven of itself until it was refused. */
export type Known = {
  handle?: HandleView;
  /** As it was checked; absent where it was refused itself. */
  path?: string;
};

/** Notes a refusal. Of a caller whose key opened nothing, nothing that it typed is kept. */
export function noteRefused(parts: GatewayParts, incoming: Incoming, known: Known, thrown: unknown): void {
  // Whoever went away was not refused.
  if (!isLatchkeyError(thrown)) return;
  const { handle, path } = known;
  parts.handles.refused({
    method: handle ? incoming.method.slice(0, 10) : "",
    status: thrown.status,
    code: thrown.code,
    connection_id: incoming.connection_id,
    ...(handle && { handle }),
    ...(path !== undefined && { path }),
  });
}
