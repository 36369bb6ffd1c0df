import type { Connection, SiteRef } from "../vault/index.ts";
import type { ConnectParts } from "./contract.ts";
import { hold } from "./session-hold.ts";

export type Attachment = {
  readonly owner: string;
  readonly family_id: string;
  readonly site: SiteRef;
  readonly reconnect_id: string | undefined;
  /** The connect session it was granted for: then it waits there. */
  readonly connect_session_id?: string | undefined;
};

/**
 * Puts a grant under a connection: under the one that is renewed, under the one that this owner already has for the
 * same site with the same account, or under a new one. The vault decides in one transaction, because two dances of
 * one person may end at the same moment.
 */
export function attach(
  parts: ConnectParts,
  { reconnect_id, connect_session_id, ...what }: Attachment,
): Promise<{ readonly connection: Connection; readonly reconnected: boolean }> {
  if (connect_session_id !== undefined) return hold(parts, connect_session_id, what);
  return parts.vault.connections.attach({ ...what, ...(reconnect_id !== undefined && { reconnect_id }) });
}
