import { type Kysely, sql } from "kysely";
import type { DialectName } from "../store.ts";

/** What replicas tell each other about Jira's limits. */
export async function up(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  const integer = dialect === "sqlite" ? ("integer" as const) : ("bigint" as const);
  const text = dialect === "sqlite" ? ("text" as const) : sql`text collate "C"`;
  const strict = dialect === "sqlite" ? sql`strict` : sql``;
  await db.schema
    .createTable("gauges")
    .addColumn("bucket", text, (column) => column.notNull())
    .addColumn("kind", text, (column) => column.notNull())
    .addColumn("until_at", integer, (column) => column.notNull())
    .addColumn("reason", text)
    .addColumn("quotas", text, (column) => column.notNull())
    .addPrimaryKeyConstraint("gauges_key", ["bucket", "kind"])
    .modifyEnd(strict)
    .execute();
  await db.schema.createIndex("gauges_by_until_at").on("gauges").column("until_at").execute();
}
