import { type Kysely, sql } from "kysely";
import type { DialectName } from "../store.ts";

/** The log of use as a chain: segments of entries, a ledger of signed checkpoints over them, and the log's own key. */
export async function up(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  const integer = dialect === "sqlite" ? ("integer" as const) : ("bigint" as const);
  const text = dialect === "sqlite" ? ("text" as const) : sql`text collate "C"`;
  const strict = dialect === "sqlite" ? sql`strict` : sql``;
  for (const [column, type] of [
    ["segment", text],
    ["seq", integer],
    ["code", text],
    ["mac", text],
  ] as const) {
    await db.schema.alterTable("uses").addColumn(column, type).execute();
  }
  await db.schema
    .alterTable("uses")
    .addColumn("kind", text, (column) => column.notNull().defaultTo("use"))
    .execute();
  await db.schema
    .alterTable("uses")
    .addColumn("times", integer, (column) => column.notNull().defaultTo(1))
    .execute();
  await db.schema
    .createIndex("uses_by_segment_seq")
    .on("uses")
    .columns(["segment", "seq"])
    .unique()
    .where(sql.ref("segment"), "is not", null)
    .execute();
  // Entries of a segment go with it; only those from before are found by their time.
  await db.schema.dropIndex("uses_by_at").execute();
  await db.schema
    .createIndex("uses_unchained_by_at")
    .on("uses")
    .column("at")
    .where(sql.ref("segment"), "is", null)
    .execute();
  await db.schema
    .createTable("use_segments")
    .addColumn("id", text, (column) => column.primaryKey().notNull())
    .addColumn("holder", text, (column) => column.notNull())
    .addColumn("opened_at", integer, (column) => column.notNull())
    .addColumn("seen_at", integer, (column) => column.notNull())
    .addColumn("ended_at", integer)
    .addColumn("head_seq", integer, (column) => column.notNull())
    .addColumn("head_mac", text, (column) => column.notNull())
    .modifyEnd(strict)
    .execute();
  await db.schema
    .createTable("use_checkpoints")
    .addColumn("number", integer, (column) => column.primaryKey().notNull())
    .addColumn("segment", text)
    .addColumn("statement", text, (column) => column.notNull())
    .addColumn("signature", text, (column) => column.notNull())
    .modifyEnd(strict)
    .execute();
  await db.schema
    .createTable("log_keys")
    .addColumn("id", text, (column) => column.primaryKey().notNull())
    .addColumn("number", integer, (column) => column.notNull().unique())
    .addColumn("sealed_key", text, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .modifyEnd(strict)
    .execute();
  await db.schema
    .createIndex("use_checkpoints_by_segment")
    .on("use_checkpoints")
    .columns(["segment", "number"])
    .execute();
}
