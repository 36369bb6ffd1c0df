import type { Kysely } from "kysely";
import type { FamilyRow, Tables } from "./schema.ts";

export type FamilyChange = Partial<Omit<FamilyRow, "id" | "owner" | "created_at" | "fence">>;

/** What a rotation holds while it works: the number that a later claim makes stale. */
export type Fence = {
  readonly fence: number;
  readonly generation: number;
  /** The state the row must be in; default `active`. */
  readonly in_state?: FamilyRow["state"];
};

export function familyRepository(db: Kysely<Tables>) {
  const owned = (owner: string, id: string) =>
    db.updateTable("families").where("id", "=", id).where("owner", "=", owner);
  return {
    async insert(row: FamilyRow): Promise<void> {
      await db.insertInto("families").values(row).execute();
    },
    get(owner: string, id: string): Promise<FamilyRow | undefined> {
      return db
        .selectFrom("families")
        .selectAll()
        .where("id", "=", id)
        .where("owner", "=", owner)
        .executeTakeFirst();
    },
    list(owner: string): Promise<FamilyRow[]> {
      return db
        .selectFrom("families")
        .selectAll()
        .where("owner", "=", owner)
        .where("state", "!=", "forgotten")
        .orderBy("created_at")
        .orderBy("id")
        .execute();
    },
    listForOperator(): Promise<FamilyRow[]> {
      return db
        .selectFrom("families")
        .selectAll()
        .where("state", "!=", "forgotten")
        .orderBy("created_at")
        .orderBy("id")
        .execute();
    },
    /** How often tokens were renewed over all families, and how many living ones failed to be the last time. */
    async totalsForOperator(): Promise<{ readonly refreshes: number; readonly failing: number }> {
      const { refreshes, failing } = await db
        .selectFrom("families")
        .select(({ fn, eb }) => [
          fn.sum<number | string | null>(eb("generation", "-", 1)).as("refreshes"),
          fn
            .sum<number | string | null>(
              eb
                .case()
                .when(eb.and([eb("state", "=", "active"), eb("failures", ">", 0)]))
                .then(1)
                .else(0)
                .end(),
            )
            .as("failing"),
        ])
        .executeTakeFirstOrThrow();
      return { refreshes: Number(refreshes ?? 0), failing: Number(failing ?? 0) };
    },
    /** Active families older than that which no connection uses: a dance that broke off after the exchange. */
    orphansForOperator(before: number): Promise<FamilyRow[]> {
      return db
        .selectFrom("families")
        .selectAll()
        .where("state", "=", "active")
        .where("created_at", "<", before)
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom("connections")
                .select("connections.id")
                .whereRef("connections.family_id", "=", "families.id")
                .where("connections.state", "!=", "removed"),
            ),
          ),
        )
        .execute();
    },
    /**
     * Families to renew before anyone asks: due, not cooling down, and in use.
     * @param except registrations that are left alone now
     */
    keepAliveForOperator(
      now: number,
      { limit, except }: { readonly limit: number; readonly except: readonly string[] },
    ): Promise<Pick<FamilyRow, "id" | "owner">[]> {
      let query = db
        .selectFrom("families")
        .select(["id", "owner"])
        .where("state", "=", "active")
        .where("keep_alive_at", "<=", now)
        .where((eb) => eb.or([eb("cool_until", "is", null), eb("cool_until", "<=", now)]))
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom("connections")
              .select("connections.id")
              .whereRef("connections.family_id", "=", "families.id")
              .where("connections.state", "in", ["active", "pending"]),
          ),
        );
      if (except.length > 0) query = query.where("registration_id", "not in", except);
      return query.orderBy("keep_alive_at").limit(limit).execute();
    },
    /** Families whose dates are to be looked at for a warning. */
    warnForOperator(now: number, limit: number): Promise<Pick<FamilyRow, "id" | "owner">[]> {
      return db
        .selectFrom("families")
        .select(["id", "owner"])
        .where("state", "=", "active")
        .where("warn_at", "<=", now)
        .orderBy("warn_at")
        .limit(limit)
        .execute();
    },
    /** When other families of the registration were renewed last: of the same account, and of all others. */
    async latestRenewalsForOperator(
      registration_id: string,
      account_id: string | null,
      except: string,
    ): Promise<{ readonly same_account?: number; readonly others?: number }> {
      const rows = await db
        .selectFrom("families")
        .select(({ fn, eb }) => [
          eb.case().when("account_id", "=", account_id).then(1).else(0).end().as("same"),
          fn.max<number>("last_rotated_at").as("at"),
        ])
        .where("registration_id", "=", registration_id)
        .where("id", "!=", except)
        .where("state", "=", "active")
        .groupBy("same")
        .execute();
      const of = (same: number) => rows.find((row) => row.same === same)?.at;
      const [same_account, others] = [of(1), of(0)];
      return { ...(same_account !== undefined && { same_account }), ...(others !== undefined && { others }) };
    },
    async update(owner: string, id: string, change: FamilyChange): Promise<boolean> {
      return (await owned(owner, id).set(change).executeTakeFirst()).numUpdatedRows > 0n;
    },
    /** Changes the row only while nobody has written tokens, claimed it or ended it since. */
    async updateIf(owner: string, id: string, held: Fence, change: FamilyChange): Promise<boolean> {
      const result = await owned(owner, id)
        .set(change)
        .where("fence", "=", held.fence)
        .where("generation", "=", held.generation)
        .where("state", "=", held.in_state ?? "active")
        .executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    /**
     * Takes the lease of an active family, and the next fencing number with it, if nobody has done so and no tokens
     * were written since the row was seen. Whether a lease that is held may be taken over is the caller's to know.
     * @returns the row as claimed, or undefined where someone else was faster
     */
    claim(
      owner: string,
      id: string,
      seen: Fence,
      lease: { readonly lease_owner: string; readonly lease_until: number },
    ): Promise<FamilyRow | undefined> {
      return owned(owner, id)
        .set((eb) => ({ ...lease, fence: eb("fence", "+", 1) }))
        .where("state", "=", "active")
        .where("fence", "=", seen.fence)
        .where("generation", "=", seen.generation)
        .returningAll()
        .executeTakeFirst();
    },
  };
}
