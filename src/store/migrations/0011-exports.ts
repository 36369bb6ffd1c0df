import { type Kysely, sql } from "kysely";
import type { DialectName } from "../store.ts";

/** Exports that the gateway makes: what was asked for, how far it is, who makes it, and what came of it. */
export async function up(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  const integer = dialect === "sqlite" ? ("integer" as const) : ("bigint" as const);
  const text = dialect === "sqlite" ? ("text" as const) : sql`text collate "C"`;
  const strict = dialect === "sqlite" ? sql`strict` : sql``;
  await db.schema
    .createTable("exports")
    .addColumn("id", text, (column) => column.primaryKey().notNull())
    .addColumn("owner", text, (column) => column.notNull())
    .addColumn("connection_id", text, (column) => column.notNull())
    .addColumn("jql", text, (column) => column.notNull())
    .addColumn("format", text, (column) => column.notNull())
    .addColumn("policy", text, (column) => column.notNull())
    .addColumn("without", text, (column) => column.notNull())
    .addColumn("attachments", integer, (column) => column.notNull())
    .addColumn("since_id", text)
    .addColumn("state", text, (column) => column.notNull())
    .addColumn("progress", text)
    .addColumn("result", text)
    .addColumn("error", text)
    .addColumn("attempts", integer, (column) => column.notNull())
    .addColumn("begun_anew", integer, (column) => column.notNull())
    .addColumn("due_at", integer, (column) => column.notNull())
    .addColumn("lease_until", integer)
    .addColumn("fence", integer, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .addColumn("started_at", integer)
    .addColumn("ended_at", integer)
    .addColumn("expires_at", integer)
    .modifyEnd(strict)
    .execute();
  await db.schema.createIndex("exports_by_owner").on("exports").columns(["owner", "created_at"]).execute();
  await db.schema.createIndex("exports_by_due_at").on("exports").columns(["state", "due_at"]).execute();
}
