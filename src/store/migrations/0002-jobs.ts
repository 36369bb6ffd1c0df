import { type Kysely, sql } from "kysely";
import type { DialectName } from "../store.ts";

/** Due dates of what runs by itself: in the rows they are about, and for whole jobs in a table of their own. */
export async function up(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  const integer = dialect === "sqlite" ? ("integer" as const) : ("bigint" as const);
  const text = dialect === "sqlite" ? ("text" as const) : sql`text collate "C"`;
  const strict = dialect === "sqlite" ? sql`strict` : sql``;
  for (const [table, column, type] of [
    ["families", "keep_alive_at", integer],
    ["families", "warn_at", integer],
    ["families", "warned", text],
    ["connections", "site_checked_at", integer],
  ] as const) {
    await db.schema.alterTable(table).addColumn(column, type).execute();
  }
  // Families from before: looked at within a week, and warned of at once where there is something to warn of.
  await sql`update families set keep_alive_at = last_rotated_at + 518400000, warn_at = 0
    where state = 'active' and idle_expires_at is not null`.execute(db);
  await sql`update connections set site_checked_at = created_at`.execute(db);
  await db.schema
    .createTable("jobs")
    .addColumn("name", text, (column) => column.primaryKey().notNull())
    .addColumn("due_at", integer, (column) => column.notNull())
    .addColumn("lease_owner", text)
    .addColumn("lease_until", integer)
    .addColumn("fence", integer, (column) => column.notNull())
    .addColumn("started_at", integer)
    .addColumn("ended_at", integer)
    .addColumn("outcome", text)
    .modifyEnd(strict)
    .execute();
  await db.schema
    .createTable("workers")
    .addColumn("id", text, (column) => column.primaryKey().notNull())
    .addColumn("seen_at", integer, (column) => column.notNull())
    .modifyEnd(strict)
    .execute();
  await dueIndexes(db);
}

/** Only what can come due is in them, so that a read for the next due costs the same at any size. */
async function dueIndexes(db: Kysely<unknown>): Promise<void> {
  for (const [table, column] of [
    ["families", "keep_alive_at"],
    ["families", "warn_at"],
    ["connections", "site_checked_at"],
  ] as const) {
    await db.schema
      .createIndex(`${table}_due_by_${column}`)
      .on(table)
      .column(column)
      .where(sql.ref("state"), "=", sql.lit("active"))
      .execute();
  }
  for (const [table, column] of [
    ["events", "at"],
    ["uses", "at"],
    ["dances", "started_at"],
  ] as const) {
    await db.schema.createIndex(`${table}_by_${column}`).on(table).column(column).execute();
  }
}
