import type { Account, Connection, SiteRef } from "../vault/index.ts";
import type { ConnectParts } from "./contract.ts";

export type Attachment = {
  readonly owner: string;
  readonly registration_id: string;
  readonly family_id: string;
  readonly site: SiteRef;
  readonly account: Account | undefined;
  readonly reconnect_id: string | undefined;
};

/**
 * Puts a grant under a connection: under the one that is renewed, under the one that this owner already has for the
 * same site with the same account, or under a new one. An unknown account joins none.
 */
export async function attach(
  parts: ConnectParts,
  what: Attachment,
): Promise<{ readonly connection: Connection; readonly reconnected: boolean }> {
  const { connections } = parts.vault;
  const { owner, family_id, site, account } = what;
  const id = what.reconnect_id ?? (await sameAlready(parts, what, account))?.id;
  if (id !== undefined) {
    return { connection: await connections.reattach(owner, id, family_id), reconnected: true };
  }
  return { connection: await connections.create({ owner, family_id, site }), reconnected: false };
}

async function sameAlready(
  parts: ConnectParts,
  { owner, registration_id, site }: Attachment,
  account: Account | undefined,
): Promise<Connection | undefined> {
  if (account === undefined) return undefined;
  return parts.vault.connections.findBySite(owner, registration_id, site.id, account.account_id);
}
