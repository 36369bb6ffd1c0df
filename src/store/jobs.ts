import type { Kysely } from "kysely";
import type { JobRow, Tables } from "./schema.ts";

/** When each job is due next, and who runs it now. All of it belongs to the operator. */
export function jobRepository(db: Kysely<Tables>) {
  const held = (name: string, fence: number) =>
    db.updateTable("jobs").where("name", "=", name).where("fence", "=", fence);
  return {
    /** Makes the row where it is missing; one that is there keeps its due date. */
    async ensureForOperator(name: string, due_at: number): Promise<void> {
      const row = { name, due_at, fence: 0 };
      const empty = { lease_owner: null, lease_until: null, started_at: null, ended_at: null, outcome: null };
      await db
        .insertInto("jobs")
        .values({ ...row, ...empty })
        .onConflict((conflict) => conflict.column("name").doNothing())
        .execute();
    },
    listForOperator: (): Promise<JobRow[]> => db.selectFrom("jobs").selectAll().orderBy("name").execute(),
    /**
     * Takes a job that is due and that nobody runs, or whose runner's lease is over. One caller gets it.
     * @param lease beyond `horizon` lies no honest date: the clock was set back since
     */
    claimForOperator(
      name: string,
      lease: {
        readonly lease_owner: string;
        readonly lease_until: number;
        readonly now: number;
        readonly horizon: number;
      },
    ): Promise<JobRow | undefined> {
      return db
        .updateTable("jobs")
        .set((eb) => ({
          lease_owner: lease.lease_owner,
          lease_until: lease.lease_until,
          started_at: lease.now,
          fence: eb("fence", "+", 1),
        }))
        .where("name", "=", name)
        .where((eb) => eb.or([eb("due_at", "<=", lease.now), eb("due_at", ">", lease.horizon)]))
        .where((eb) =>
          eb.or([
            eb("lease_until", "is", null),
            eb("lease_until", "<=", lease.now),
            eb("lease_until", ">", lease.horizon),
          ]),
        )
        .returningAll()
        .executeTakeFirst();
    },
    /** Keeps the lease for longer; false where another has taken the job meanwhile. */
    async extendForOperator(name: string, fence: number, lease_until: number): Promise<boolean> {
      return (await held(name, fence).set({ lease_until }).executeTakeFirst()).numUpdatedRows > 0n;
    },
    /** Gives the job back with its next due date; false where another has taken it meanwhile. */
    async finishForOperator(
      name: string,
      fence: number,
      end: { readonly due_at: number; readonly ended_at: number; readonly outcome: string },
    ): Promise<boolean> {
      const change = { ...end, lease_owner: null, lease_until: null };
      return (await held(name, fence).set(change).executeTakeFirst()).numUpdatedRows > 0n;
    },
  };
}
