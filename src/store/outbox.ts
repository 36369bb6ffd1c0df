import type { Kysely } from "kysely";
import type { OutboxRow, Tables } from "./schema.ts";

export type DeliveryFilter = {
  readonly endpoint_ids?: readonly string[];
  readonly state?: OutboxRow["state"];
  /** Default 100. */
  readonly limit?: number;
};

export type DeliveryEnd = Pick<OutboxRow, "state" | "last_status" | "last_error"> &
  Partial<Pick<OutboxRow, "due_at" | "ended_at">>;

/** Events on their way to endpoints: one row for each event and endpoint. */
export function outboxRepository(db: Kysely<Tables>) {
  const rows = async (filter: DeliveryFilter): Promise<OutboxRow[]> => {
    // PostgreSQL knows no empty list.
    if (filter.endpoint_ids?.length === 0) return [];
    let query = db.selectFrom("outbox").selectAll();
    if (filter.endpoint_ids !== undefined) query = query.where("endpoint_id", "in", [...filter.endpoint_ids]);
    if (filter.state !== undefined) query = query.where("state", "=", filter.state);
    return await query
      .orderBy("created_at", "desc")
      .orderBy("id", "desc")
      .limit(filter.limit ?? 100)
      .execute();
  };
  return {
    async append(row: OutboxRow): Promise<void> {
      await db.insertInto("outbox").values(row).execute();
    },
    findForOperator(id: string): Promise<OutboxRow | undefined> {
      return db.selectFrom("outbox").selectAll().where("id", "=", id).executeTakeFirst();
    },
    /** Newest first. */
    listForOperator: (filter: DeliveryFilter = {}): Promise<OutboxRow[]> => rows(filter),
    /** What is due, nobody sends, and is for an endpoint that is not left alone; longest ago first. */
    dueForOperator(now: number, limit: number): Promise<Pick<OutboxRow, "id" | "owner">[]> {
      return db
        .selectFrom("outbox")
        .innerJoin("webhook_endpoints as e", "e.id", "outbox.endpoint_id")
        .select(["outbox.id", "outbox.owner"])
        .where("outbox.state", "=", "waiting")
        .where("outbox.due_at", "<=", now)
        .where((eb) => eb.or([eb("lease_until", "is", null), eb("lease_until", "<=", now)]))
        .where("e.state", "=", "active")
        .where((eb) => eb.or([eb("e.cool_until", "is", null), eb("e.cool_until", "<=", now)]))
        .orderBy("outbox.due_at")
        .limit(limit)
        .execute();
    },
    /** Takes one attempt of what is due; of any number of callers one gets it. */
    claimForOperator(id: string, now: number, lease_until: number): Promise<OutboxRow | undefined> {
      return db
        .updateTable("outbox")
        .set((eb) => ({ lease_until, attempts: eb("attempts", "+", 1) }))
        .where("id", "=", id)
        .where("state", "=", "waiting")
        .where("due_at", "<=", now)
        .where((eb) => eb.or([eb("lease_until", "is", null), eb("lease_until", "<=", now)]))
        .returningAll()
        .executeTakeFirst();
    },
    /** Ends that attempt, if no later one was begun since. */
    async finishForOperator(id: string, attempts: number, end: DeliveryEnd): Promise<boolean> {
      const result = await db
        .updateTable("outbox")
        .set({ ...end, lease_until: null })
        .where("id", "=", id)
        .where("attempts", "=", attempts)
        .where("state", "=", "waiting")
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    /** Everything that still waits for this endpoint is given up. */
    async giveUpForOperator(endpoint_id: string, last_error: string, ended_at: number): Promise<void> {
      await db
        .updateTable("outbox")
        .set({ state: "dead", last_error, ended_at, lease_until: null })
        .where("endpoint_id", "=", endpoint_id)
        .where("state", "=", "waiting")
        .execute();
    },
    /** Sends it once more from the beginning, whatever came of it; false while it waits or is not there. */
    async againForOperator(id: string, due_at: number): Promise<boolean> {
      const result = await db
        .updateTable("outbox")
        .set({ state: "waiting", attempts: 0, due_at, lease_until: null, ended_at: null })
        .where("id", "=", id)
        .where("state", "!=", "waiting")
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    /** How many wait and since when, and how many were given up. */
    async totalsForOperator(): Promise<{ waiting: number; dead: number; oldest_at: number | undefined }> {
      const found = await db
        .selectFrom("outbox")
        .where("state", "in", ["waiting", "dead"])
        .groupBy("state")
        .select(({ fn }) => [
          "state",
          fn.countAll<number | string>().as("count"),
          fn.min<number | string>("created_at").as("oldest"),
        ])
        .execute();
      const of = (state: string) => found.find((row) => row.state === state);
      const oldest = of("waiting")?.oldest;
      return {
        waiting: Number(of("waiting")?.count ?? 0),
        dead: Number(of("dead")?.count ?? 0),
        oldest_at: oldest === undefined ? undefined : Number(oldest),
      };
    },
    /** Removes what has ended and was written before; what waits stays. */
    async purgeForOperator(before: number): Promise<number> {
      const result = await db
        .deleteFrom("outbox")
        .where("created_at", "<", before)
        .where("state", "!=", "waiting")
        .executeTakeFirst();
      return Number(result.numDeletedRows);
    },
  };
}
