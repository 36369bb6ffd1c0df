import { type Kysely, sql } from "kysely";
import type { CallRow, Tables } from "./schema.ts";
import { trim } from "./trim.ts";

export type CallFilter = {
  readonly connection_id?: string;
  /** Default 50. */
  readonly limit?: number;
};

/** Calls to Jira that failed; what stands in `steps` and `url` was masked before it came here. */
export function callRepository(db: Kysely<Tables>) {
  const newest = (owner: string | undefined, { connection_id, limit = 50 }: CallFilter) => {
    let query = db.selectFrom("calls").selectAll();
    if (owner !== undefined) query = query.where("owner", "=", owner);
    if (connection_id !== undefined) query = query.where("connection_id", "=", connection_id);
    return query.orderBy("started_at", "desc").orderBy("id", "desc").limit(limit).execute();
  };
  return {
    async insert(rows: readonly CallRow[]): Promise<void> {
      if (rows.length > 0)
        await db
          .insertInto("calls")
          .values([...rows])
          .execute();
    },
    get(owner: string, id: string): Promise<CallRow | undefined> {
      return db
        .selectFrom("calls")
        .selectAll()
        .where("id", "=", id)
        .where("owner", "=", owner)
        .executeTakeFirst();
    },
    /** Newest first. */
    list: (owner: string, filter: CallFilter = {}): Promise<CallRow[]> => newest(owner, filter),
    latest: async (owner: string): Promise<CallRow | undefined> => (await newest(owner, { limit: 1 }))[0],
    getForOperator(id: string): Promise<CallRow | undefined> {
      return db.selectFrom("calls").selectAll().where("id", "=", id).executeTakeFirst();
    },
    /** Newest first, of all owners. */
    listForOperator: (limit = 50): Promise<CallRow[]> => newest(undefined, { limit }),
    /** Counts calls that failed like this one and were not kept. */
    async missedForOperator(id: string, times: number): Promise<void> {
      await db
        .updateTable("calls")
        .set({ missed: sql<number>`missed + ${times}` })
        .where("id", "=", id)
        .execute();
    },
    async purgeForOperator(before: number): Promise<number> {
      const result = await db.deleteFrom("calls").where("started_at", "<", before).executeTakeFirst();
      return Number(result.numDeletedRows);
    },
    /** Leaves at most so many of the newest. */
    trimForOperator: (keep: number): Promise<number> => trim(db, "calls", "started_at", keep),
  };
}
