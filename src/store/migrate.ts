import { type Kysely, sql } from "kysely";
import { LatchkeyError } from "../errors.ts";
import { up as firstTables } from "./migrations/0001-first-tables.ts";
import type { Tables } from "./schema.ts";
import type { DialectName } from "./store.ts";

type Migration = {
  readonly version: number;
  readonly name: string;
  up(db: Kysely<unknown>, dialect: DialectName): Promise<void>;
};

/** Numbered from 1 without gaps. A released migration never changes; what it got wrong, the next one mends. */
const MIGRATIONS: readonly Migration[] = [{ version: 1, name: "first-tables", up: firstTables }];

type Journal = { latchkey_schema: { version: number; name: string; applied_at: number } };

/**
 * Brings the database to this program's schema in one transaction that holds the write lock from its beginning, so
 * that of several processes starting at once one does the work and the others find it done.
 * @throws store_too_new
 */
export async function migrate(db: Kysely<Tables>, dialect: DialectName, now: () => number): Promise<void> {
  await (db as unknown as Kysely<Journal>).transaction().execute(async (trx) => {
    await trx.schema
      .createTable("latchkey_schema")
      .ifNotExists()
      .addColumn("version", "integer", (column) => column.primaryKey().notNull())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("applied_at", dialect === "sqlite" ? "integer" : "bigint", (column) => column.notNull())
      .execute();
    const { reached } = await trx
      .selectFrom("latchkey_schema")
      .select(sql<number>`coalesce(max(version), 0)`.as("reached"))
      .executeTakeFirstOrThrow();
    if (reached > MIGRATIONS.length) {
      throw new LatchkeyError("store_too_new", undefined, {
        details: { schema: reached, known: MIGRATIONS.length },
      });
    }
    for (const migration of MIGRATIONS.slice(reached)) {
      await migration.up(trx as unknown as Kysely<unknown>, dialect);
      const { version, name } = migration;
      await trx.insertInto("latchkey_schema").values({ version, name, applied_at: now() }).execute();
    }
  });
}
