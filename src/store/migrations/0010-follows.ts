import { type Kysely, sql } from "kysely";
import type { DialectName } from "../store.ts";

type Column = readonly [name: string, type: "text" | "integer", nullable: "" | "null"];

const FOLLOWS: readonly Column[] = [
  ["owner", "text", ""],
  ["registration_id", "text", ""],
  ["site_id", "text", ""],
  ["mode", "text", ""],
  ["reason", "text", "null"],
  ["says", "text", "null"],
  ["webhook_id", "integer", "null"],
  ["webhook", "text", "null"],
  ["intent_at", "integer", "null"],
  ["expires_at", "integer", "null"],
  ["due_at", "integer", ""],
  ["poll_at", "integer", ""],
  ["poll_every_s", "integer", ""],
  ["polled_at", "integer", "null"],
  ["heard_at", "integer", "null"],
  ["missed", "integer", ""],
  ["silent_at", "integer", "null"],
  ["lease_until", "integer", "null"],
  ["fence", "integer", ""],
  ["created_at", "integer", ""],
  ["updated_at", "integer", ""],
];

/** How changes in Jira become known: who is told by webhooks or asks, what was heard, and what is to be read again. */
export async function up(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  const integer = dialect === "sqlite" ? ("integer" as const) : ("bigint" as const);
  const text = dialect === "sqlite" ? ("text" as const) : sql`text collate "C"`;
  const strict = dialect === "sqlite" ? sql`strict` : sql``;
  const { schema } = db;
  const table = (name: string, columns: readonly Column[]) =>
    columns
      .reduce(
        (made, [column, type, nullable]) =>
          made.addColumn(column, type === "text" ? text : integer, (c) =>
            nullable === "null" ? c : c.notNull(),
          ),
        schema.createTable(name).addColumn("id", text, (column) => column.primaryKey().notNull()),
      )
      .modifyEnd(strict)
      .execute();
  await table("follows", FOLLOWS);
  await table("hooks", [
    ["registration_id", "text", ""],
    ["path_hash", "text", ""],
    ["sealed_secret", "text", "null"],
    ["heard_at", "integer", "null"],
    ["created_at", "integer", ""],
  ]);
  await table("heard", [["at", "integer", ""]]);
  await table("touched", [
    ["registration_id", "text", ""],
    ["site_id", "text", ""],
    ["issue_id", "text", ""],
    ["count", "integer", ""],
    ["first_at", "integer", ""],
    ["due_at", "integer", ""],
    ["attempts", "integer", ""],
    ["lease_until", "integer", "null"],
    ["fence", "integer", ""],
  ]);
  await table("marks", [["updated", "text", ""]]);
  await schema.createIndex("follows_by_due_at").on("follows").column("due_at").execute();
  await schema.createIndex("follows_by_poll_at").on("follows").column("poll_at").execute();
  await schema
    .createIndex("follows_by_registration")
    .on("follows")
    .columns(["registration_id", "site_id"])
    .execute();
  // A webhook names an issue, and not always a site.
  await schema
    .createIndex("links_by_registration_issue")
    .on("links")
    .columns(["registration_id", "issue_id"])
    .execute();
  await schema.createIndex("hooks_by_path").on("hooks").column("path_hash").unique().execute();
  await schema.createIndex("heard_by_at").on("heard").column("at").execute();
  await schema.createIndex("touched_by_due_at").on("touched").column("due_at").execute();
}
