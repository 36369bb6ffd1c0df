import type { Kysely } from "kysely";
import type { HookRow, Tables, TouchedRow } from "./schema.ts";

/** Webhooks of administrators, and what was heard of any. */
export function hookRepository(db: Kysely<Tables>) {
  return {
    async insert(hook: HookRow): Promise<void> {
      await db.insertInto("hooks").values(hook).execute();
    },
    byPathForOperator(path_hash: string): Promise<HookRow | undefined> {
      return db.selectFrom("hooks").selectAll().where("path_hash", "=", path_hash).executeTakeFirst();
    },
    /** Oldest first; of one registration, or of all. */
    listForOperator(registration_id?: string): Promise<HookRow[]> {
      let query = db.selectFrom("hooks").selectAll();
      if (registration_id !== undefined) query = query.where("registration_id", "=", registration_id);
      return query.orderBy("created_at").orderBy("id").execute();
    },
    async heardForOperator(id: string, at: number): Promise<void> {
      await db.updateTable("hooks").set({ heard_at: at }).where("id", "=", id).execute();
    },
    async removeForOperator(id: string): Promise<boolean> {
      const result = await db.deleteFrom("hooks").where("id", "=", id).executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
    /** Whether a webhook of this name was taken. */
    async wasHeardForOperator(id: string): Promise<boolean> {
      return (
        (await db.selectFrom("heard").select("id").where("id", "=", id).executeTakeFirst()) !== undefined
      );
    },
    /** Writes names down; how many of them are new. */
    async hearForOperator(ids: readonly string[], at: number): Promise<number> {
      if (ids.length === 0) return 0;
      const result = await db
        .insertInto("heard")
        .values(ids.map((id) => ({ id, at })))
        .onConflict((conflict) => conflict.column("id").doNothing())
        .executeTakeFirst();
      return Number(result.numInsertedOrUpdatedRows ?? 0n);
    },
    async forgetHeardForOperator(before: number): Promise<void> {
      await db.deleteFrom("heard").where("at", "<", before).execute();
    },
  };
}

type Told = Pick<TouchedRow, "registration_id" | "site_id" | "issue_id">;

/** Issues that are to be read again, each once. */
export function touchedRepository(db: Kysely<Tables>) {
  const claimed = (id: string, fence: number) =>
    db.updateTable("touched").where("id", "=", id).where("fence", "=", fence);
  return {
    /** Told of once more: a new row, or one more in the count of the one there is, whose time stays as it is. */
    async tellForOperator({ registration_id, site_id, issue_id }: Told, now: number): Promise<void> {
      const id = JSON.stringify([registration_id, site_id, issue_id]);
      const fresh = { id, registration_id, site_id, issue_id, count: 1, first_at: now, due_at: now };
      await db
        .insertInto("touched")
        .values({ ...fresh, attempts: 0, lease_until: null, fence: 0 })
        .onConflict((conflict) =>
          conflict.column("id").doUpdateSet((eb) => ({ count: eb("touched.count", "+", 1) })),
        )
        .execute();
    },
    /** What is due and nobody reads, the longest ago first. */
    dueForOperator(now: number, limit: number): Promise<Pick<TouchedRow, "id">[]> {
      return db
        .selectFrom("touched")
        .select("id")
        .where("due_at", "<=", now)
        .where((eb) => eb.or([eb("lease_until", "is", null), eb("lease_until", "<=", now)]))
        .orderBy("due_at")
        .orderBy("id")
        .limit(limit)
        .execute();
    },
    /** Takes it, if it is due and nobody has it. */
    claimForOperator(id: string, now: number, lease_until: number): Promise<TouchedRow | undefined> {
      return db
        .updateTable("touched")
        .set((eb) => ({ lease_until, fence: eb("fence", "+", 1) }))
        .where("id", "=", id)
        .where("due_at", "<=", now)
        .where((eb) => eb.or([eb("lease_until", "is", null), eb("lease_until", "<=", now)]))
        .returningAll()
        .executeTakeFirst();
    },
    /** It was read. What was told of meanwhile stays, and is due at once. */
    async doneForOperator({ id, fence, count }: TouchedRow, now: number): Promise<void> {
      const gone = await db
        .deleteFrom("touched")
        .where("id", "=", id)
        .where("fence", "=", fence)
        .where("count", "=", count)
        .executeTakeFirst();
      if (gone.numDeletedRows > 0n) return;
      const fresh = { count: 1, attempts: 0, first_at: now, due_at: now, lease_until: null };
      await claimed(id, fence).set(fresh).execute();
    },
    async putOffForOperator({ id, fence, attempts }: TouchedRow, due_at: number): Promise<void> {
      await claimed(id, fence)
        .set({ due_at, attempts: attempts + 1, lease_until: null })
        .execute();
    },
    async giveUpForOperator({ id, fence }: TouchedRow): Promise<void> {
      await db.deleteFrom("touched").where("id", "=", id).where("fence", "=", fence).execute();
    },
    /** How many wait, since when the oldest does, and how often they were told of. */
    async totalsForOperator(): Promise<{ waiting: number; told: number; oldest_at: number | undefined }> {
      const found = await db
        .selectFrom("touched")
        .select(({ fn }) => [
          fn.countAll<number | string>().as("waiting"),
          fn.sum<number | string | null>("count").as("told"),
          fn.min<number | string | null>("first_at").as("oldest"),
        ])
        .executeTakeFirstOrThrow();
      const oldest = found.oldest;
      return {
        waiting: Number(found.waiting),
        told: Number(found.told ?? 0),
        oldest_at: oldest === null ? undefined : Number(oldest),
      };
    },
  };
}
