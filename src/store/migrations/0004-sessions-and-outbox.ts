import { type Kysely, sql } from "kysely";
import type { DialectName } from "../store.ts";

/** Connect sessions, and the outbox: who is told of events, and what is on its way to them. */
export async function up(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  const integer = dialect === "sqlite" ? ("integer" as const) : ("bigint" as const);
  const text = dialect === "sqlite" ? ("text" as const) : sql`text collate "C"`;
  const strict = dialect === "sqlite" ? sql`strict` : sql``;
  const table = (name: string, columns: readonly (readonly [string, "text" | "integer", "" | "null"])[]) =>
    columns
      .reduce(
        (made, [column, type, nullable]) =>
          made.addColumn(column, type === "text" ? text : integer, (c) =>
            nullable === "null" ? c : c.notNull(),
          ),
        db.schema.createTable(name).addColumn("id", text, (column) => column.primaryKey().notNull()),
      )
      .modifyEnd(strict)
      .execute();

  await table("connect_sessions", [
    ["owner", "text", ""],
    ["user", "text", "null"],
    ["user_name", "text", "null"],
    ["application", "text", "null"],
    ["return_url", "text", "null"],
    ["site", "text", "null"],
    ["flavor", "text", "null"],
    ["registration_id", "text", "null"],
    ["scope", "text", "null"],
    ["reconnect_id", "text", "null"],
    ["state", "text", ""],
    ["token_hash", "text", ""],
    ["result_hash", "text", "null"],
    ["connection_id", "text", "null"],
    ["family_id", "text", "null"],
    ["granted_site", "text", "null"],
    ["error", "text", "null"],
    ["created_at", "integer", ""],
    ["expires_at", "integer", ""],
    ["ended_at", "integer", "null"],
  ]);
  await table("webhook_endpoints", [
    ["owner", "text", "null"],
    ["url", "text", ""],
    ["types", "text", ""],
    ["description", "text", ""],
    ["allowance", "integer", ""],
    ["sealed_secrets", "text", ""],
    ["generation", "integer", ""],
    ["state", "text", ""],
    ["disabled", "text", "null"],
    ["failures", "integer", ""],
    ["cool_until", "integer", "null"],
    ["last_sent_at", "integer", "null"],
    ["last_status", "integer", "null"],
    ["created_at", "integer", ""],
    ["updated_at", "integer", ""],
  ]);
  await table("outbox", [
    ["owner", "text", ""],
    ["endpoint_id", "text", ""],
    ["event_id", "text", ""],
    ["type", "text", ""],
    ["body", "text", ""],
    ["state", "text", ""],
    ["attempts", "integer", ""],
    ["due_at", "integer", ""],
    ["lease_until", "integer", "null"],
    ["last_status", "integer", "null"],
    ["last_error", "text", "null"],
    ["created_at", "integer", ""],
    ["ended_at", "integer", "null"],
  ]);
  await db.schema.alterTable("attempts").addColumn("connect_session_id", text).execute();
  await indexes(db);
}

async function indexes(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  await schema
    .createIndex("connect_sessions_by_token")
    .on("connect_sessions")
    .column("token_hash")
    .unique()
    .execute();
  await schema
    .createIndex("connect_sessions_by_owner")
    .on("connect_sessions")
    .columns(["owner", "created_at"])
    .execute();
  await schema
    .createIndex("connect_sessions_by_expires_at")
    .on("connect_sessions")
    .column("expires_at")
    .execute();
  // Only what waits is in it, so that a look for what is due costs the same however much was delivered.
  await schema
    .createIndex("outbox_due")
    .on("outbox")
    .column("due_at")
    .where(sql.ref("state"), "=", sql.lit("waiting"))
    .execute();
  await schema.createIndex("outbox_by_endpoint").on("outbox").columns(["endpoint_id", "state"]).execute();
  await schema.createIndex("outbox_by_owner").on("outbox").columns(["owner", "created_at"]).execute();
  await schema.createIndex("outbox_by_created_at").on("outbox").column("created_at").execute();
}
