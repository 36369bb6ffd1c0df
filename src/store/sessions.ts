import type { Kysely } from "kysely";
import type { SessionRow, Tables } from "./schema.ts";

/** Browser sessions. The hash of the cookie's value names the row: who holds the cookie is the owner of it. */
export function sessionRepository(db: Kysely<Tables>) {
  return {
    /** Writes the session, in place of an older one with the same id. */
    async put(row: SessionRow): Promise<void> {
      await db
        .insertInto("sessions")
        .values(row)
        .onConflict((conflict) => conflict.column("id_hash").doUpdateSet(row))
        .execute();
    },
    /** The session, unless its time is over. */
    find(id_hash: string, now: number): Promise<SessionRow | undefined> {
      return db
        .selectFrom("sessions")
        .selectAll()
        .where("id_hash", "=", id_hash)
        .where("expires_at", ">", now)
        .executeTakeFirst();
    },
    async touch(id_hash: string, at: number, expires_at?: number): Promise<void> {
      const change = expires_at === undefined ? { last_seen_at: at } : { last_seen_at: at, expires_at };
      await db.updateTable("sessions").set(change).where("id_hash", "=", id_hash).execute();
    },
    async remove(id_hash: string): Promise<boolean> {
      const result = await db.deleteFrom("sessions").where("id_hash", "=", id_hash).executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
    async removeOwner(owner: string): Promise<number> {
      const result = await db.deleteFrom("sessions").where("owner", "=", owner).executeTakeFirst();
      return Number(result.numDeletedRows);
    },
    async purgeForOperator(now: number): Promise<number> {
      const result = await db.deleteFrom("sessions").where("expires_at", "<=", now).executeTakeFirst();
      return Number(result.numDeletedRows);
    },
  };
}
