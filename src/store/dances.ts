import type { Kysely } from "kysely";
import type { DanceRow, Tables } from "./schema.ts";
import { trim } from "./trim.ts";

export type DanceChange = Partial<Omit<DanceRow, "id" | "owner" | "started_at">>;

/** Recorded dances; what stands in `steps` was masked before it came here. */
export function danceRepository(db: Kysely<Tables>) {
  const newest = (owner: string, limit: number) =>
    db
      .selectFrom("dances")
      .selectAll()
      .where("owner", "=", owner)
      .orderBy("started_at", "desc")
      .orderBy("id", "desc")
      .limit(limit)
      .execute();
  return {
    async insert(row: DanceRow): Promise<void> {
      await db.insertInto("dances").values(row).execute();
    },
    get(owner: string, id: string): Promise<DanceRow | undefined> {
      return db
        .selectFrom("dances")
        .selectAll()
        .where("id", "=", id)
        .where("owner", "=", owner)
        .executeTakeFirst();
    },
    /** Newest first. */
    list: (owner: string, limit = 50): Promise<DanceRow[]> => newest(owner, limit),
    /** The last one that failed. */
    latestFailed(owner: string): Promise<DanceRow | undefined> {
      return db
        .selectFrom("dances")
        .selectAll()
        .where("owner", "=", owner)
        .where("outcome", "=", "failed")
        .orderBy("started_at", "desc")
        .orderBy("id", "desc")
        .limit(1)
        .executeTakeFirst();
    },
    getForOperator(id: string): Promise<DanceRow | undefined> {
      return db.selectFrom("dances").selectAll().where("id", "=", id).executeTakeFirst();
    },
    latest: async (owner: string): Promise<DanceRow | undefined> => (await newest(owner, 1))[0],
    /** Newest first, of all owners. */
    listForOperator(limit = 50): Promise<DanceRow[]> {
      return db
        .selectFrom("dances")
        .selectAll()
        .orderBy("started_at", "desc")
        .orderBy("id", "desc")
        .limit(limit)
        .execute();
    },
    async update(owner: string, id: string, change: DanceChange): Promise<boolean> {
      const result = await db
        .updateTable("dances")
        .set(change)
        .where("id", "=", id)
        .where("owner", "=", owner)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    async purgeForOperator(before: number): Promise<number> {
      const result = await db.deleteFrom("dances").where("started_at", "<", before).executeTakeFirst();
      return Number(result.numDeletedRows);
    },
    /** Leaves at most so many of the newest. */
    trimForOperator: (keep: number): Promise<number> => trim(db, "dances", "started_at", keep),
  };
}
