import { type Kysely, sql } from "kysely";
import type { DialectName } from "../store.ts";

/** Registrations that no dance belongs to: people bring tokens to their site, or they are a service account's. */
export async function up(db: Kysely<unknown>, dialect: DialectName): Promise<void> {
  const text = dialect === "sqlite" ? ("text" as const) : sql`text collate "C"`;
  await db.schema.alterTable("registrations").addColumn("credential", text).execute();
}
