import type { Kysely } from "kysely";
import type { EventRow, Tables } from "./schema.ts";
import { trim } from "./trim.ts";

export type EventFilter = {
  readonly connection_id?: string;
  readonly family_id?: string;
  readonly type?: string;
  /** Only events at or after this time. */
  readonly since?: number;
  /** Default 100. */
  readonly limit?: number;
};

/** What happened to connections and families: born, renewed, dead, with the cause. */
export function eventRepository(db: Kysely<Tables>) {
  const rows = (owner: string | undefined, filter: EventFilter) => {
    let query = db.selectFrom("events").selectAll();
    if (owner !== undefined) query = query.where("owner", "=", owner);
    if (filter.connection_id !== undefined) query = query.where("connection_id", "=", filter.connection_id);
    if (filter.family_id !== undefined) query = query.where("family_id", "=", filter.family_id);
    if (filter.type !== undefined) query = query.where("type", "=", filter.type);
    if (filter.since !== undefined) query = query.where("at", ">=", filter.since);
    return query
      .orderBy("at", "desc")
      .orderBy("id", "desc")
      .limit(filter.limit ?? 100)
      .execute();
  };
  return {
    async append(row: EventRow): Promise<void> {
      await db.insertInto("events").values(row).execute();
    },
    /** Newest first. */
    list: (owner: string, filter: EventFilter = {}): Promise<EventRow[]> => rows(owner, filter),
    listForOperator: (filter: EventFilter = {}): Promise<EventRow[]> => rows(undefined, filter),
    async purgeForOperator(before: number): Promise<number> {
      const result = await db.deleteFrom("events").where("at", "<", before).executeTakeFirst();
      return Number(result.numDeletedRows);
    },
    /** Leaves at most so many of the newest. */
    trimForOperator: (keep: number): Promise<number> => trim(db, "events", "at", keep),
  };
}
