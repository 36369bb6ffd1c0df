import { type Kysely, sql } from "kysely";
import type { DialectName } from "../store.ts";

const COLUMNS = [
  ["owner", "text", ""],
  ["connection_id", "text", ""],
  ["registration_id", "text", ""],
  ["flavor", "text", ""],
  ["site_url", "text", ""],
  ["handle_id", "text", "null"],
  ["method", "text", ""],
  ["path_template", "text", ""],
  ["url", "text", ""],
  ["status", "integer", "null"],
  ["error_code", "text", ""],
  ["started_at", "integer", ""],
  ["ended_at", "integer", ""],
  ["tries", "integer", ""],
  ["missed", "integer", ""],
  ["steps", "text", ""],
  ["sealed_evidence", "text", "null"],
] as const;

/** Calls to Jira that failed, and what operators may see of a dance. */
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
    schema.createTable("calls").addColumn("id", text, (column) => column.primaryKey().notNull()),
  )
    .modifyEnd(strict)
    .execute();
  await schema.createIndex("calls_by_owner").on("calls").columns(["owner", "started_at"]).execute();
  await schema
    .createIndex("calls_by_connection")
    .on("calls")
    .columns(["connection_id", "started_at"])
    .execute();
  await schema.createIndex("calls_by_started_at").on("calls").column("started_at").execute();
  await schema.alterTable("dances").addColumn("sealed_evidence", text).execute();
}
