import type { Kysely } from "kysely";
import type { CheckpointRow, LogKeyRow, Tables, UseSegmentRow } from "./schema.ts";
import { useRepository } from "./uses.ts";

/** What proves the log of use: its segments, the signed checkpoints over them, and the key of both. The operator's. */
export function useLedgerRepository(db: Kysely<Tables>) {
  return {
    async insertKeyForOperator(row: LogKeyRow): Promise<void> {
      await db.insertInto("log_keys").values(row).execute();
    },
    /** The newest first. */
    keysForOperator(): Promise<LogKeyRow[]> {
      return db.selectFrom("log_keys").selectAll().orderBy("number", "desc").execute();
    },
    async insertSegmentForOperator(row: UseSegmentRow): Promise<void> {
      await db.insertInto("use_segments").values(row).execute();
    },
    findSegment(id: string): Promise<UseSegmentRow | undefined> {
      return db.selectFrom("use_segments").selectAll().where("id", "=", id).executeTakeFirst();
    },
    /** The oldest first. */
    segmentsForOperator(): Promise<UseSegmentRow[]> {
      return db.selectFrom("use_segments").selectAll().orderBy("opened_at").orderBy("id").execute();
    },
    /** Those that no process has ended. */
    openForOperator(): Promise<UseSegmentRow[]> {
      return db.selectFrom("use_segments").selectAll().where("ended_at", "is", null).execute();
    },
    /** Changes one that is not ended. Answers false where it is, or is not there. */
    async updateSegmentForOperator(id: string, change: Partial<UseSegmentRow>): Promise<boolean> {
      const result = await db
        .updateTable("use_segments")
        .set(change)
        .where("id", "=", id)
        .where("ended_at", "is", null)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    async purgeSegmentForOperator(id: string): Promise<void> {
      await db.deleteFrom("use_segments").where("id", "=", id).execute();
    },
    /** Fails where another process has just written the one of this number. */
    async insertCheckpointForOperator(row: CheckpointRow): Promise<void> {
      await db.insertInto("use_checkpoints").values(row).execute();
    },
    latestCheckpointForOperator(): Promise<CheckpointRow | undefined> {
      return db
        .selectFrom("use_checkpoints")
        .selectAll()
        .orderBy("number", "desc")
        .limit(1)
        .executeTakeFirst();
    },
    /** In their order, behind one of them. */
    checkpointsForOperator(after: number, limit: number): Promise<CheckpointRow[]> {
      return db
        .selectFrom("use_checkpoints")
        .selectAll()
        .where("number", ">", after)
        .orderBy("number")
        .limit(limit)
        .execute();
    },
    /** Those of one segment, in their order. */
    checkpointsOfForOperator(segment: string): Promise<CheckpointRow[]> {
      return db
        .selectFrom("use_checkpoints")
        .selectAll()
        .where("segment", "=", segment)
        .orderBy("number")
        .execute();
    },
    /** The first checkpoint of any segment that is still there. */
    async firstNeededForOperator(): Promise<number | undefined> {
      const row = await db
        .selectFrom("use_checkpoints")
        .select((eb) => eb.fn.min("number").as("number"))
        .where("segment", "in", (eb) => eb.selectFrom("use_segments").select("id"))
        .executeTakeFirst();
      return row?.number === null || row?.number === undefined ? undefined : Number(row.number);
    },
    /** Removes those below a number. */
    async purgeCheckpointsForOperator(below: number): Promise<number> {
      const result = await db.deleteFrom("use_checkpoints").where("number", "<", below).executeTakeFirst();
      return Number(result.numDeletedRows);
    },
  };
}

export type UseReads = Pick<ReturnType<typeof useRepository>, "pageForOperator" | "segmentsForOperator">;
export type LedgerReads = Pick<
  ReturnType<typeof useLedgerRepository>,
  "checkpointsForOperator" | "segmentsForOperator"
>;

/** What a proof of the log reads, on the view of the database that it is given. */
export function readLedger(db: Kysely<Tables>): { readonly uses: UseReads; readonly ledger: LedgerReads } {
  return { uses: useRepository(db), ledger: useLedgerRepository(db) };
}
