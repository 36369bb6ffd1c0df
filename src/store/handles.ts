import type { Kysely } from "kysely";
import type { HandleRow, Tables } from "./schema.ts";

export function handleRepository(db: Kysely<Tables>) {
  return {
    async insert(row: HandleRow): Promise<void> {
      await db.insertInto("handles").values(row).execute();
    },
    get(owner: string, id: string): Promise<HandleRow | undefined> {
      return db
        .selectFrom("handles")
        .selectAll()
        .where("id", "=", id)
        .where("owner", "=", owner)
        .executeTakeFirst();
    },
    list(owner: string): Promise<HandleRow[]> {
      return db
        .selectFrom("handles")
        .selectAll()
        .where("owner", "=", owner)
        .orderBy("created_at")
        .orderBy("id")
        .execute();
    },
    listForOperator(): Promise<HandleRow[]> {
      return db.selectFrom("handles").selectAll().orderBy("created_at").orderBy("id").execute();
    },
    /** The key itself says whose it is, so no owner is asked for. Revoked and expired ones are found too. */
    findByKeyHash(key_hash: string): Promise<HandleRow | undefined> {
      return db.selectFrom("handles").selectAll().where("key_hash", "=", key_hash).executeTakeFirst();
    },
    /** Answers false where there is none, or where it was revoked before. */
    async revoke(owner: string, id: string, at: number): Promise<boolean> {
      const result = await db
        .updateTable("handles")
        .set({ revoked_at: at })
        .where("id", "=", id)
        .where("owner", "=", owner)
        .where("revoked_at", "is", null)
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    async touch(owner: string, id: string, at: number): Promise<void> {
      await db
        .updateTable("handles")
        .set({ last_used_at: at })
        .where("id", "=", id)
        .where("owner", "=", owner)
        .execute();
    },
  };
}
