import { type EventRow, newId, type Store } from "../store/index.ts";

/**
 * What happens to connections and sites, as rows that pages and the API show. Each is written in the transaction of
 * the change it tells of, so that there is never one without the other.
 */
export type EventType =
  /** A new connection. data: {flavor, registration_id, site, state} */
  | "connection.created"
  /** A new consent under a known connection. data: {family_id, earlier_family_id, earlier_state} */
  | "connection.reconnected"
  /** An end is near, once for each threshold. data: {reason, ends_at, days, connection_ids, next_step} */
  | "connection.expiring"
  /** The family has died. data: {cause, not_excluded?, next_step} */
  | "connection.dead"
  /** A pair that came late proved the death wrong. data: {} */
  | "connection.revived"
  /** Forgotten here. data: {family_forgotten} */
  | "connection.removed"
  /** Handed over to another holder. data: {} */
  | "connection.exported"
  /** The same site has another name or address. data: {before, now} */
  | "site.renamed"
  /** The address now belongs to another site, or the server says it lives elsewhere. data: {site, …} */
  | "site.moved"
  /** The grant no longer reaches the site. data: {site, granted} */
  | "site.removed"
  /** A site that was gone is reached again. data: {site} */
  | "site.returned";

export type EventInput = {
  readonly owner: string;
  readonly connection_id: string | null;
  readonly family_id: string | null;
  readonly type: EventType;
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
};

/** Writes one event. */
export async function note(
  tx: Store,
  random: (bytes: number) => Uint8Array,
  input: EventInput,
): Promise<void> {
  await tx.events.append(eventRow(input, newId("evt", random)));
}

export function eventRow(input: EventInput, id: string): EventRow {
  return { ...input, id, data: JSON.stringify(input.data) };
}
