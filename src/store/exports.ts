import type { Kysely } from "kysely";
import type { ExportRow, Tables } from "./schema.ts";

export type ExportChange = Partial<Omit<ExportRow, "id" | "owner" | "fence" | "created_at">>;

const OPEN = ["queued", "running"] as const;

/** Exports that the gateway makes. */
export function exportRepository(db: Kysely<Tables>) {
  const rows = () => db.selectFrom("exports").selectAll();
  return {
    async insert(row: ExportRow): Promise<void> {
      await db.insertInto("exports").values(row).execute();
    },
    get(owner: string, id: string): Promise<ExportRow | undefined> {
      return rows().where("id", "=", id).where("owner", "=", owner).executeTakeFirst();
    },
    /** Newest first. */
    list(owner: string): Promise<ExportRow[]> {
      return rows()
        .where("owner", "=", owner)
        .orderBy("created_at", "desc")
        .orderBy("id", "desc")
        .limit(200)
        .execute();
    },
    /** Ends one that is open, whoever makes it: its maker finds its fence gone. False where it has ended. */
    async stop(owner: string, id: string, change: ExportChange): Promise<boolean> {
      const result = await db
        .updateTable("exports")
        .set((eb) => ({ ...change, state: "stopped", lease_until: null, fence: eb("fence", "+", 1) }))
        .where("id", "=", id)
        .where("owner", "=", owner)
        .where("state", "in", OPEN)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    async remove(owner: string, id: string): Promise<boolean> {
      const result = await db
        .deleteFrom("exports")
        .where("id", "=", id)
        .where("owner", "=", owner)
        .executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
    /** What is to be made and nobody makes, the oldest first. */
    dueForOperator(now: number, limit: number): Promise<Pick<ExportRow, "id" | "owner">[]> {
      return db
        .selectFrom("exports")
        .select(["id", "owner"])
        .where("state", "in", OPEN)
        .where("due_at", "<=", now)
        .where((eb) => eb.or([eb("lease_until", "is", null), eb("lease_until", "<=", now)]))
        .orderBy("created_at")
        .orderBy("id")
        .limit(limit)
        .execute();
    },
    /** Takes it, unless somebody has it. */
    claimForOperator(id: string, now: number, lease_until: number): Promise<ExportRow | undefined> {
      return db
        .updateTable("exports")
        .set((eb) => ({ state: "running", lease_until, fence: eb("fence", "+", 1) }))
        .where("id", "=", id)
        .where("state", "in", OPEN)
        .where((eb) => eb.or([eb("lease_until", "is", null), eb("lease_until", "<=", now)]))
        .returningAll()
        .executeTakeFirst();
    },
    /** Changes it for whoever holds this fence; false where another has claimed it since, or it was stopped. */
    async changeForOperator(id: string, fence: number, change: ExportChange): Promise<boolean> {
      const result = await db
        .updateTable("exports")
        .set(change)
        .where("id", "=", id)
        .where("fence", "=", fence)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    /** Removes those whose time is over. */
    async purgeForOperator(now: number): Promise<number> {
      const result = await db.deleteFrom("exports").where("expires_at", "<=", now).executeTakeFirst();
      return Number(result.numDeletedRows);
    },
    /** Which of these have files to keep. */
    async keptForOperator(ids: readonly string[]): Promise<ReadonlySet<string>> {
      if (ids.length === 0) return new Set();
      const found = await db
        .selectFrom("exports")
        .select("id")
        .where("id", "in", [...ids])
        .where("state", "!=", "stopped")
        .execute();
      return new Set(found.map(({ id }) => id));
    },
  };
}
