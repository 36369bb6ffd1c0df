import type { Kysely } from "kysely";
import type { AttemptRow, Tables } from "./schema.ts";

export type AttemptChange = Partial<Omit<AttemptRow, "id" | "owner" | "created_at">>;

export function attemptRepository(db: Kysely<Tables>) {
  return {
    async insert(row: AttemptRow): Promise<void> {
      await db.insertInto("attempts").values(row).execute();
    },
    get(owner: string, id: string): Promise<AttemptRow | undefined> {
      return db
        .selectFrom("attempts")
        .selectAll()
        .where("id", "=", id)
        .where("owner", "=", owner)
        .executeTakeFirst();
    },
    findForOperator(id: string): Promise<AttemptRow | undefined> {
      return db.selectFrom("attempts").selectAll().where("id", "=", id).executeTakeFirst();
    },
    /** The callback arrives without an owner; the hash of what only its browser and Jira know names the row. */
    findByLookup(registration_id: string, lookup_hash: string): Promise<AttemptRow | undefined> {
      return db
        .selectFrom("attempts")
        .selectAll()
        .where("registration_id", "=", registration_id)
        .where("lookup_hash", "=", lookup_hash)
        .executeTakeFirst();
    },
    /** The one winner of begun -> exchanging gets the row, everyone else nothing. */
    take(owner: string, id: string, now: number): Promise<AttemptRow | undefined> {
      return db
        .updateTable("attempts")
        .set({ step: "exchanging", used_at: now })
        .where("id", "=", id)
        .where("owner", "=", owner)
        .where("step", "=", "begun")
        .where("used_at", "is", null)
        .where("expires_at", ">", now)
        .returningAll()
        .executeTakeFirst();
    },
    /** Gives back what {@link take} took, secrets and all: the answer it was taken for was mistyped. */
    async reopen(owner: string, id: string): Promise<void> {
      await db
        .updateTable("attempts")
        .set({ step: "begun", used_at: null })
        .where("id", "=", id)
        .where("owner", "=", owner)
        .where("step", "=", "exchanging")
        .execute();
    },
    /** The one winner of choosing -> done. */
    takeChoice(owner: string, id: string, now: number): Promise<AttemptRow | undefined> {
      return db
        .updateTable("attempts")
        .set({ step: "done" })
        .where("id", "=", id)
        .where("owner", "=", owner)
        .where("step", "=", "choosing")
        .where("expires_at", ">", now)
        .returningAll()
        .executeTakeFirst();
    },
    async update(owner: string, id: string, change: AttemptChange): Promise<boolean> {
      const result = await db
        .updateTable("attempts")
        .set(change)
        .where("id", "=", id)
        .where("owner", "=", owner)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    /** Everything whose time is over, of all owners. */
    expiredForOperator(now: number): Promise<AttemptRow[]> {
      return db.selectFrom("attempts").selectAll().where("expires_at", "<=", now).execute();
    },
    /** Removes those that ended before the given time; answers how many. */
    async purgeForOperator(before: number): Promise<number> {
      const result = await db.deleteFrom("attempts").where("expires_at", "<=", before).executeTakeFirst();
      return Number(result.numDeletedRows);
    },
  };
}
