import { type Kysely, sql } from "kysely";
import type { DialectName } from "../store.ts";

/** The keys that pseudonyms are made with; they outlive the key that seals them. */
export async function up(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  const integer = dialect === "sqlite" ? ("integer" as const) : ("bigint" as const);
  const text = dialect === "sqlite" ? ("text" as const) : sql`text collate "C"`;
  await db.schema
    .createTable("policy_keys")
    .addColumn("id", text, (column) => column.primaryKey().notNull())
    .addColumn("number", integer, (column) => column.notNull().unique())
    .addColumn("sealed_key", text, (column) => column.notNull())
    .addColumn("created_at", integer, (column) => column.notNull())
    .modifyEnd(dialect === "sqlite" ? sql`strict` : sql``)
    .execute();
}
