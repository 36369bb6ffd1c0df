import { type Kysely, sql } from "kysely";
import type { GaugeRow, Tables } from "./schema.ts";

/** More things than are ever closed at once; whoever reads them holds them in memory. */
const MOST = 1_000;

/** What replicas tell each other about Jira's limits. Rows outlive nothing: they say something until their time. */
export function gaugeRepository(db: Kysely<Tables>) {
  return {
    /** Those that still say something at `now`, the longest first. */
    openForOperator(now: number): Promise<GaugeRow[]> {
      return db
        .selectFrom("gauges")
        .selectAll()
        .where("until_at", ">", now)
        .orderBy("until_at", "desc")
        .limit(MOST)
        .execute();
    },
    /** One write for all; of two times for the same thing the later stands. What is over is swept. */
    async putForOperator(rows: readonly GaugeRow[], now: number): Promise<void> {
      if (rows.length === 0) return;
      await db
        .insertInto("gauges")
        .values([...rows])
        .onConflict((conflict) =>
          conflict.columns(["bucket", "kind"]).doUpdateSet({
            until_at: sql`case when excluded.until_at > gauges.until_at then excluded.until_at else gauges.until_at end`,
            reason: sql`excluded.reason`,
            quotas: sql`excluded.quotas`,
          }),
        )
        .execute();
      await db.deleteFrom("gauges").where("until_at", "<", now).execute();
    },
  };
}
