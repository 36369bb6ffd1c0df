import { type Kysely, sql } from "kysely";
import type { DialectName } from "../store.ts";

const COLUMNS = [
  ["owner", "text", ""],
  ["connection_id", "text", ""],
  ["registration_id", "text", ""],
  ["site_id", "text", ""],
  ["idea_id", "text", ""],
  ["application", "text", ""],
  ["kind", "text", ""],
  ["project", "text", ""],
  ["issue_type", "text", ""],
  ["step", "text", ""],
  ["state", "text", ""],
  ["issue_id", "text", "null"],
  ["issue_key", "text", "null"],
  ["issue_url", "text", "null"],
  ["idea_digest", "text", "null"],
  ["pushed", "text", "null"],
  ["intent_at", "integer", "null"],
  ["recheck_at", "integer", "null"],
  ["lease_owner", "text", "null"],
  ["lease_until", "integer", "null"],
  ["fence", "integer", ""],
  ["status", "text", "null"],
  ["status_category", "text", "null"],
  ["resolution", "text", "null"],
  ["assignee_id", "text", "null"],
  ["comment_id", "text", "null"],
  ["sealed_content", "text", "null"],
  ["generation", "integer", ""],
  ["error", "text", "null"],
  ["pushed_at", "integer", "null"],
  ["seen_at", "integer", "null"],
  ["created_at", "integer", ""],
  ["updated_at", "integer", ""],
] as const;

/** Ideas of an application and the issues they became. */
export async function up(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  const integer = dialect === "sqlite" ? ("integer" as const) : ("bigint" as const);
  const text = dialect === "sqlite" ? ("text" as const) : sql`text collate "C"`;
  const strict = dialect === "sqlite" ? sql`strict` : sql``;
  const { schema } = db;
  await COLUMNS.reduce(
    (made, [column, type, nullable]) =>
      made.addColumn(column, type === "text" ? text : integer, (c) =>
        nullable === "null" ? c : c.notNull(),
      ),
    schema.createTable("links").addColumn("id", text, (column) => column.primaryKey().notNull()),
  )
    .modifyEnd(strict)
    .execute();
  // One idea is one issue of a site, whoever pushes it over whichever connection.
  await schema
    .createIndex("links_by_idea")
    .on("links")
    .columns(["owner", "site_id", "idea_id"])
    .unique()
    .execute();
  // And no two ideas take the same issue for theirs.
  await schema
    .createIndex("links_by_own_issue")
    .on("links")
    .columns(["owner", "site_id", "issue_id"])
    .unique()
    .where(sql.ref("issue_id"), "is not", sql.lit(null))
    .execute();
  await schema
    .createIndex("links_by_issue")
    .on("links")
    .columns(["registration_id", "site_id", "issue_id"])
    .execute();
  await schema
    .createIndex("links_by_connection")
    .on("links")
    .columns(["owner", "connection_id", "created_at"])
    .execute();
  await schema.createIndex("links_by_seen_at").on("links").columns(["connection_id", "seen_at"]).execute();
}
