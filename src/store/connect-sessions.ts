import type { Kysely } from "kysely";
import type { ConnectSessionRow, Tables } from "./schema.ts";

export type ConnectSessionChange = Partial<Omit<ConnectSessionRow, "id" | "owner" | "created_at">>;

/** Links by which an application sends its user to connect. */
export function connectSessionRepository(db: Kysely<Tables>) {
  const one = (owner: string, id: string) =>
    db.updateTable("connect_sessions").where("id", "=", id).where("owner", "=", owner);
  return {
    async insert(row: ConnectSessionRow): Promise<void> {
      await db.insertInto("connect_sessions").values(row).execute();
    },
    get(owner: string, id: string): Promise<ConnectSessionRow | undefined> {
      return db
        .selectFrom("connect_sessions")
        .selectAll()
        .where("id", "=", id)
        .where("owner", "=", owner)
        .executeTakeFirst();
    },
    /** Newest first. */
    list(owner: string, limit = 100): Promise<ConnectSessionRow[]> {
      return db
        .selectFrom("connect_sessions")
        .selectAll()
        .where("owner", "=", owner)
        .orderBy("created_at", "desc")
        .orderBy("id", "desc")
        .limit(limit)
        .execute();
    },
    /** The one who opens the link first gets the row, everyone else nothing. The link itself says whose it is. */
    openForOperator(token_hash: string, now: number): Promise<ConnectSessionRow | undefined> {
      return db
        .updateTable("connect_sessions")
        .set({ state: "opened" })
        .where("token_hash", "=", token_hash)
        .where("state", "=", "created")
        .where("expires_at", ">", now)
        .returningAll()
        .executeTakeFirst();
    },
    findForOperator(id: string): Promise<ConnectSessionRow | undefined> {
      return db.selectFrom("connect_sessions").selectAll().where("id", "=", id).executeTakeFirst();
    },
    findByToken(token_hash: string): Promise<ConnectSessionRow | undefined> {
      return db
        .selectFrom("connect_sessions")
        .selectAll()
        .where("token_hash", "=", token_hash)
        .executeTakeFirst();
    },
    /** Changes it if it is in that state; of any number of callers one does. */
    async move(
      owner: string,
      id: string,
      from: ConnectSessionRow["state"],
      change: ConnectSessionChange,
    ): Promise<boolean> {
      const result = await one(owner, id).set(change).where("state", "=", from).executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    /** The one winner of waiting -> redeemed gets the row: right result, right user, in time. */
    redeem(
      owner: string,
      id: string,
      proof: { readonly result_hash: string; readonly user: string; readonly now: number },
    ): Promise<ConnectSessionRow | undefined> {
      return one(owner, id)
        .set({ state: "redeemed", result_hash: null, ended_at: proof.now })
        .where("state", "=", "waiting")
        .where("result_hash", "=", proof.result_hash)
        .where("user", "=", proof.user)
        .where("expires_at", ">", proof.now)
        .returningAll()
        .executeTakeFirst();
    },
    /** Those whose time is over and that have not ended, of all owners. */
    expiredForOperator(now: number, limit: number): Promise<ConnectSessionRow[]> {
      return db
        .selectFrom("connect_sessions")
        .selectAll()
        .where("expires_at", "<=", now)
        .where("state", "in", ["created", "opened", "begun", "waiting"])
        .orderBy("expires_at")
        .limit(limit)
        .execute();
    },
    async purgeForOperator(before: number): Promise<number> {
      const result = await db
        .deleteFrom("connect_sessions")
        .where("expires_at", "<", before)
        .where("ended_at", "is not", null)
        .executeTakeFirst();
      return Number(result.numDeletedRows);
    },
  };
}
