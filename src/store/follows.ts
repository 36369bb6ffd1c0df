import { type Kysely, sql } from "kysely";
import type { FollowRow, MarkRow, Tables } from "./schema.ts";

export type FollowChange = Partial<Omit<FollowRow, "id" | "owner" | "fence" | "created_at">>;

/** A linked issue, as far as it matters for finding what has changed. */
export type Followed = {
  readonly id: string;
  readonly issue_id: string;
  readonly issue_key: string | null;
  readonly gone: boolean;
  /** When it was last read. */
  readonly seen_at: number | null;
};

/** A place where an issue is linked, and the addresses its site is known by. */
export type Linked = {
  readonly connection_id: string;
  readonly site_id: string;
  readonly issue_id: string;
  readonly site_url: string;
  readonly api_base_url: string;
};

/** Connections that have links, and how their changes become known. */
export function followRepository(db: Kysely<Tables>) {
  const row = (id: string) => db.updateTable("follows").where("id", "=", id);
  return {
    /** Does nothing where the connection has a row. */
    async insert(follow: FollowRow): Promise<void> {
      await db
        .insertInto("follows")
        .values(follow)
        .onConflict((conflict) => conflict.column("id").doNothing())
        .execute();
    },
    get(owner: string, id: string): Promise<FollowRow | undefined> {
      return db
        .selectFrom("follows")
        .selectAll()
        .where("id", "=", id)
        .where("owner", "=", owner)
        .executeTakeFirst();
    },
    listForOperator(): Promise<FollowRow[]> {
      return db.selectFrom("follows").selectAll().orderBy("created_at").orderBy("id").execute();
    },
    /** Connections that have links and no row yet. */
    missingForOperator(limit: number) {
      return db
        .selectFrom("connections as c")
        .select(["c.id", "c.owner", "c.registration_id", "c.site_id"])
        .where("c.state", "=", "active")
        .where((eb) =>
          eb.exists(
            eb
              .selectFrom("links as l")
              .select(sql.lit(1).as("one"))
              .whereRef("l.owner", "=", "c.owner")
              .whereRef("l.connection_id", "=", "c.id")
              .where("l.issue_id", "is not", null),
          ),
        )
        .where((eb) =>
          eb.not(
            eb.exists(
              eb.selectFrom("follows as f").select(sql.lit(1).as("one")).whereRef("f.id", "=", "c.id"),
            ),
          ),
        )
        .limit(limit)
        .execute();
    },
    /** Whose registration or whose changes are to be looked at, and nobody does; longest ago first. */
    dueForOperator(now: number, limit: number): Promise<Pick<FollowRow, "id" | "owner">[]> {
      return db
        .selectFrom("follows")
        .select(["id", "owner"])
        .where((eb) => eb.or([eb("due_at", "<=", now), eb("poll_at", "<=", now)]))
        .where((eb) => eb.or([eb("lease_until", "is", null), eb("lease_until", "<=", now)]))
        .orderBy("poll_at")
        .limit(limit)
        .execute();
    },
    /** Takes it, unless somebody has it. */
    claimForOperator(id: string, now: number, lease_until: number): Promise<FollowRow | undefined> {
      return row(id)
        .set((eb) => ({ lease_until, fence: eb("fence", "+", 1) }))
        .where((eb) => eb.or([eb("lease_until", "is", null), eb("lease_until", "<=", now)]))
        .returningAll()
        .executeTakeFirst();
    },
    /** Changes it for whoever holds this fence; false where another has claimed it since. */
    async changeForOperator(id: string, fence: number, change: FollowChange): Promise<boolean> {
      const result = await row(id).set(change).where("fence", "=", fence).executeTakeFirst();
      return result.numUpdatedRows > 0n;
    },
    /** A webhook came that named one of its issues. */
    async heardForOperator(ids: readonly string[], at: number): Promise<void> {
      if (ids.length === 0) return;
      await db
        .updateTable("follows")
        .set({ heard_at: at })
        .where("id", "in", [...ids])
        .execute();
    },
    /** All of a registration are looked at again at once: something about how Jira tells has changed. */
    async lookAgainForOperator(registration_id: string, now: number): Promise<void> {
      await db
        .updateTable("follows")
        .set({ due_at: now })
        .where("registration_id", "=", registration_id)
        .execute();
    },
    async removeForOperator(id: string): Promise<void> {
      await db.deleteFrom("follows").where("id", "=", id).execute();
    },
    /** The webhook ids that connections to a site hold. */
    async webhookIdsForOperator(site_id: string): Promise<Set<number>> {
      const found = await db
        .selectFrom("follows")
        .select("webhook_id")
        .where("site_id", "=", site_id)
        .where("webhook_id", "is not", null)
        .execute();
      return new Set(found.flatMap(({ webhook_id }) => (webhook_id === null ? [] : [webhook_id])));
    },
    /** The issues of a connection, page by page. */
    async issuesForOperator(connection_id: string, after: string, limit: number): Promise<Followed[]> {
      const rows = await db
        .selectFrom("links")
        .select(["id", "issue_id", "issue_key", "state", "seen_at"])
        .where("connection_id", "=", connection_id)
        .where("issue_id", "is not", null)
        .where("id", ">", after)
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map(({ id, issue_id, issue_key, state, seen_at }) => ({
        ...{ id, issue_id: String(issue_id), issue_key, seen_at },
        gone: state === "deleted",
      }));
    },
    /** Where an issue of a registration is linked: by its id, or else by its key. */
    linkedForOperator(
      registration_id: string,
      named: { readonly issue_id: string } | { readonly issue_key: string },
    ): Promise<Linked[]> {
      const query = db
        .selectFrom("links as l")
        .innerJoin("connections as c", "c.id", "l.connection_id")
        .select(["l.connection_id", "l.site_id", "l.issue_id", "c.site_url", "c.api_base_url"])
        .where("l.registration_id", "=", registration_id)
        .where("l.issue_id", "is not", null)
        .$narrowType<{ issue_id: string }>();
      return "issue_id" in named
        ? query.where("l.issue_id", "=", named.issue_id).execute()
        : query.where("l.issue_key", "=", named.issue_key).execute();
    },
    /** What Jira said at the last look, by link. */
    async marksForOperator(ids: readonly string[]): Promise<Map<string, string>> {
      if (ids.length === 0) return new Map();
      const rows = await db
        .selectFrom("marks")
        .selectAll()
        .where("id", "in", [...ids])
        .execute();
      return new Map(rows.map(({ id, updated }) => [id, updated]));
    },
    async markForOperator(marks: readonly MarkRow[]): Promise<void> {
      if (marks.length === 0) return;
      await db
        .insertInto("marks")
        .values([...marks])
        .onConflict((conflict) =>
          conflict.column("id").doUpdateSet((eb) => ({ updated: eb.ref("excluded.updated") })),
        )
        .execute();
    },
    /** Marks whose link is gone. */
    async tidyForOperator(): Promise<void> {
      await db
        .deleteFrom("marks")
        .where((eb) =>
          eb.not(
            eb.exists(
              eb.selectFrom("links as l").select(sql.lit(1).as("one")).whereRef("l.id", "=", "marks.id"),
            ),
          ),
        )
        .execute();
    },
  };
}
