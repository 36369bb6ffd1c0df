/** What becomes of a grant that was made for a connect session: it waits until the application takes it up. */
import { LatchkeyError } from "../errors.ts";
import type { ConnectSessionRow } from "../store/index.ts";
import type { Attempt, Connection, SiteRef } from "../vault/index.ts";
import type { ConnectParts } from "./contract.ts";
import { revokePage } from "./disconnect.ts";

/** How long the application has to redeem. */
const REDEEM_MS = 5 * 60_000;
/** Clocks of replicas differ: what has just ended may be in somebody's hands. */
const GRACE_MS = 60_000;
const KEEP_MS = 7 * 24 * 3_600_000;

type Held = { readonly connection: Connection; readonly reconnected: boolean };

/**
 * Puts the grant aside for the session, in one transaction; of several dances of one session one gets this far. A
 * session without a user has nobody to redeem it: its connection, whose account is the same, is renewed at once.
 *
 * @throws LatchkeyError `connect_session_over`
 */
export function hold(
  parts: ConnectParts,
  id: string,
  grant: { readonly owner: string; readonly family_id: string; readonly site: SiteRef },
): Promise<Held> {
  const { owner, family_id, site } = grant;
  return parts.store.transaction(async (tx) => {
    const at = parts.now();
    const row = await tx.connectSessions.get(owner, id);
    if (row?.state !== "begun" || row.expires_at <= at) throw new LatchkeyError("connect_session_over");
    const connections = parts.vault.connections.within(tx);
    const waiting = { state: "waiting" as const, expires_at: at + REDEEM_MS };
    const { reconnect_id } = row;
    if (reconnect_id === null) {
      const connection = await connections.create({ owner, family_id, site, state: "pending" });
      await tx.connectSessions.move(owner, id, "begun", { ...waiting, connection_id: connection.id });
      return { connection, reconnected: false };
    }
    if (row.user === null) {
      const connection = await connections.reattach(owner, reconnect_id, family_id, site);
      const done = { state: "redeemed" as const, connection_id: reconnect_id, ended_at: at };
      await tx.connectSessions.move(owner, id, "begun", done);
      return { connection, reconnected: true };
    }
    const granted_site = JSON.stringify(site);
    const change = { ...waiting, connection_id: reconnect_id, family_id, granted_site };
    await tx.connectSessions.move(owner, id, "begun", change);
    return { connection: await connections.get(owner, reconnect_id), reconnected: true };
  });
}

/** Whether nobody redeems what this dance brings, so that no other account may slip in by a confirmation. */
export async function isUnredeemed(parts: ConnectParts, attempt: Attempt): Promise<boolean> {
  const { owner, connect_session_id: id } = attempt;
  if (id === undefined) return false;
  return (await parts.store.connectSessions.get(owner, id))?.user == null;
}

/**
 * Ends sessions whose time is over, forgets the connections and grants that waited in them, and says where the
 * person takes the approval back. @returns how many
 */
export async function expireSessions(parts: ConnectParts): Promise<number> {
  const { store, now } = parts;
  const over = await store.connectSessions.expiredForOperator(now() - GRACE_MS, 500);
  for (const row of over) await expire(parts, row);
  await store.connectSessions.purgeForOperator(now() - KEEP_MS);
  return over.length;
}

async function expire(parts: ConnectParts, row: ConnectSessionRow): Promise<void> {
  const { vault, store, log } = parts;
  const { owner, id, connection_id, family_id } = row;
  const waited = row.state === "waiting" && connection_id !== null;
  const where = waited ? await whereOf(parts, owner, connection_id) : undefined;
  if (family_id !== null && row.state === "waiting") await vault.families.forget(owner, family_id);
  const error = JSON.stringify({ code: "connect_session_over", ...(where !== undefined && { where }) });
  await store.transaction(async (tx) => {
    const change = { state: "expired" as const, result_hash: null, error, ended_at: parts.now() };
    if (!(await tx.connectSessions.move(owner, id, row.state, change))) return;
    if (waited && row.reconnect_id === null) await vault.connections.within(tx).discard(owner, connection_id);
  });
  if (waited)
    log.info("connect_session_not_redeemed", { connect_session_id: id, approval_removed_at: where });
}

async function whereOf(
  parts: ConnectParts,
  owner: string,
  connection_id: string,
): Promise<string | undefined> {
  const connection = await parts.vault.connections.get(owner, connection_id).catch(() => undefined);
  if (!connection) return undefined;
  return revokePage(connection, await parts.vault.registrations.find(connection.registration_id));
}
