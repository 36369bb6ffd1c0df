import { type Kysely, sql } from "kysely";
import type { LinkRow, Tables } from "./schema.ts";

export type LinkChange = Partial<Omit<LinkRow, "id" | "owner" | "fence" | "created_at">>;

export type LinkFilter = {
  readonly connection_id?: string;
  readonly state?: LinkRow["state"];
  readonly idea_id?: string;
  /** Those after the one with this id, in the order of the list. */
  readonly after?: string;
  /** Default 50. */
  readonly limit?: number;
};

/** Ideas and the issues they became. */
export function linkRepository(db: Kysely<Tables>) {
  const one = (owner: string, id: string) =>
    db.updateTable("links").where("id", "=", id).where("owner", "=", owner);
  const rows = () => db.selectFrom("links").selectAll();
  return {
    /** Does nothing where the idea has a row at this site already. */
    async insert(row: LinkRow): Promise<void> {
      await db
        .insertInto("links")
        .values(row)
        .onConflict((conflict) => conflict.columns(["owner", "site_id", "idea_id"]).doNothing())
        .execute();
    },
    get(owner: string, id: string): Promise<LinkRow | undefined> {
      return rows().where("id", "=", id).where("owner", "=", owner).executeTakeFirst();
    },
    findByIdea(owner: string, site_id: string, idea_id: string): Promise<LinkRow | undefined> {
      return rows()
        .where("owner", "=", owner)
        .where("site_id", "=", site_id)
        .where("idea_id", "=", idea_id)
        .executeTakeFirst();
    },
    /** Newest first. */
    async list(owner: string, filter: LinkFilter = {}): Promise<LinkRow[]> {
      const { connection_id, state, idea_id, after, limit = 50 } = filter;
      let query = rows().where("owner", "=", owner);
      if (connection_id !== undefined) query = query.where("connection_id", "=", connection_id);
      if (state !== undefined) query = query.where("state", "=", state);
      if (idea_id !== undefined) query = query.where("idea_id", "=", idea_id);
      if (after !== undefined) {
        const place = await rows().where("id", "=", after).where("owner", "=", owner).executeTakeFirst();
        if (!place) return [];
        query = query.where((eb) =>
          eb.or([
            eb("created_at", "<", place.created_at),
            eb.and([eb("created_at", "=", place.created_at), eb("id", "<", place.id)]),
          ]),
        );
      }
      return await query.orderBy("created_at", "desc").orderBy("id", "desc").limit(limit).execute();
    },
    /** How many of a connection are in each state. */
    async countByState(
      owner: string,
      connection_id: string,
    ): Promise<Partial<Record<LinkRow["state"], number>>> {
      const counted = await db
        .selectFrom("links")
        .select(["state", sql<number>`count(*)`.as("count")])
        .where("owner", "=", owner)
        .where("connection_id", "=", connection_id)
        .groupBy("state")
        .execute();
      return Object.fromEntries(counted.map(({ state, count }) => [state, Number(count)]));
    },
    /** Which of these issues of a site already belong to an idea of this owner. */
    async takenIssues(owner: string, site_id: string, issue_ids: readonly string[]): Promise<Set<string>> {
      if (issue_ids.length === 0) return new Set();
      const found = await db
        .selectFrom("links")
        .select("issue_id")
        .where("owner", "=", owner)
        .where("site_id", "=", site_id)
        .where("issue_id", "in", [...issue_ids])
        .execute();
      return new Set(found.flatMap(({ issue_id }) => (issue_id === null ? [] : [issue_id])));
    },
    /** Takes the lease of a row that is still as it was seen; the row with its new fence, or nothing. */
    claim(
      owner: string,
      id: string,
      fence: number,
      lease: Pick<LinkRow, "lease_owner" | "lease_until">,
    ): Promise<LinkRow | undefined> {
      return one(owner, id)
        .set({ ...lease, fence: fence + 1 })
        .where("fence", "=", fence)
        .returningAll()
        .executeTakeFirst();
    },
    /** Changes it for whoever holds this fence; false where another has claimed it since. */
    async change(owner: string, id: string, fence: number, change: LinkChange): Promise<boolean> {
      const result = await one(owner, id).set(change).where("fence", "=", fence).executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    async remove(owner: string, id: string): Promise<boolean> {
      const result = await db
        .deleteFrom("links")
        .where("id", "=", id)
        .where("owner", "=", owner)
        .executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
    /** The ideas behind an issue of a registration's site, of all owners. */
    byIssueForOperator(registration_id: string, site_id: string, issue_id: string): Promise<LinkRow[]> {
      return rows()
        .where("registration_id", "=", registration_id)
        .where("site_id", "=", site_id)
        .where("issue_id", "=", issue_id)
        .orderBy("id")
        .execute();
    },
    /** Those not read since `before`, the longest ago first, of all owners or of one connection. */
    notSeenSinceForOperator(before: number, limit: number, connection_id?: string): Promise<LinkRow[]> {
      let query = rows().where("issue_id", "is not", null).where("state", "!=", "deleted");
      if (connection_id !== undefined) query = query.where("connection_id", "=", connection_id);
      return query
        .where((eb) => eb.or([eb("seen_at", "is", null), eb("seen_at", "<", before)]))
        .orderBy("seen_at")
        .orderBy("id")
        .limit(limit)
        .execute();
    },
    listForOperator(limit = 50): Promise<LinkRow[]> {
      return rows().orderBy("created_at", "desc").orderBy("id", "desc").limit(limit).execute();
    },
  };
}
