import { newId, type Store } from "../store/index.ts";

/**
 * What happens to connections and sites, as rows that pages and the API show. Each is written in the transaction of
 * the change it tells of, so that there is never one without the other.
 */
export const EVENT_TYPES = [
  /** A new connection; with a connect session, once it was redeemed. data: {flavor, registration_id, site, state} */
  "connection.created",
  /** A new consent under a known connection. data: {family_id, earlier_family_id, earlier_state} */
  "connection.reconnected",
  /** An end is near, once for each threshold. data: {reason, ends_at, days, connection_ids, next_step} */
  "connection.expiring",
  /** The family has died. data: {cause, not_excluded?, next_step} */
  "connection.dead",
  /** A pair that came late proved the death wrong. data: {} */
  "connection.revived",
  /** Forgotten here. data: {family_forgotten} */
  "connection.removed",
  /** Handed over to another holder. data: {} */
  "connection.exported",
  /** The same site has another name or address. data: {before, now} */
  "site.renamed",
  /** The address now belongs to another site, or the server says it lives elsewhere. data: {site, …} */
  "site.moved",
  /** The grant no longer reaches the site. data: {site, granted} */
  "site.removed",
  /** A site that was gone is reached again. data: {site} */
  "site.returned",
  /** An issue behind an idea moved on. data: {link, before, now} */
  "link.updated",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export type EventInput = {
  readonly owner: string;
  readonly connection_id: string | null;
  readonly family_id: string | null;
  readonly type: EventType;
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
};

/** An event of any room: one of the vault's, or a further type. */
export type Publication = {
  readonly owner: string;
  readonly type: string;
  readonly at: number;
  /** What is told: no secret, and of people nothing but account ids. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly connection_id?: string | null;
  readonly family_id?: string | null;
};

/** Writes one event of the vault. */
export function note(tx: Store, random: (bytes: number) => Uint8Array, input: EventInput): Promise<void> {
  return publish(tx, random, input);
}

/**
 * Writes one event, and in the same transaction a delivery for every endpoint that wants to hear of it: whoever sees
 * the change sees that it will be told.
 */
export async function publish(
  tx: Store,
  random: (bytes: number) => Uint8Array,
  input: Publication,
): Promise<void> {
  const { owner, type, at, connection_id = null, family_id = null } = input;
  const id = newId("evt", random);
  const row = { id, owner, type, at, connection_id, family_id, data: JSON.stringify(input.data) };
  await tx.events.append(row);
  const endpoints = await tx.endpoints.hearing(owner, type);
  if (endpoints.length === 0) return;
  const delivery = {
    ...{ owner, type, event_id: id, body: await bodyOf(tx, input) },
    ...{ state: "waiting" as const, attempts: 0, due_at: at, created_at: at },
    ...{ lease_until: null, last_status: null, last_error: null, ended_at: null },
  };
  for (const endpoint of endpoints) {
    await tx.outbox.append({ ...delivery, id: newId("dlv", random), endpoint_id: endpoint.id });
  }
}

/** Names of our own rows, which mean nothing to anybody else. */
const OURS = new Set(["family_id", "earlier_family_id"]);

/** What endpoints are sent. @see https://github.com/standard-webhooks/standard-webhooks, "Payload structure" */
async function bodyOf(tx: Store, input: Publication): Promise<string> {
  const { owner, type, at, connection_id, family_id } = input;
  const family = family_id ? await tx.families.get(owner, family_id) : undefined;
  const told = Object.entries(input.data).filter(([name]) => !OURS.has(name));
  const data = {
    owner,
    ...(connection_id && { connection_id }),
    ...(family?.account_id && { account_id: family.account_id }),
    ...Object.fromEntries(told),
  };
  return JSON.stringify({ type, timestamp: new Date(at).toISOString(), data });
}
