import { type Kysely, sql } from "kysely";
import { LatchkeyError } from "../errors.ts";
import { up as firstTables } from "./migrations/0001-first-tables.ts";
import { up as jobs } from "./migrations/0002-jobs.ts";
import { up as policyKeys } from "./migrations/0003-policy-keys.ts";
import { up as sessionsAndOutbox } from "./migrations/0004-sessions-and-outbox.ts";
import { up as credentials } from "./migrations/0005-credentials.ts";
import { up as usesChained } from "./migrations/0006-uses-chained.ts";
import { up as gauges } from "./migrations/0007-gauges.ts";
import { up as links } from "./migrations/0008-links.ts";
import { up as calls } from "./migrations/0009-calls.ts";
import { up as follows } from "./migrations/0010-follows.ts";
import { up as exports } from "./migrations/0011-exports.ts";
import type { Tables } from "./schema.ts";
import type { DialectName } from "./store.ts";

type Migration = {
  readonly version: number;
  readonly name: string;
  up(db: Kysely<unknown>, dialect: DialectName): Promise<void>;
};

/** Numbered from 1 without gaps. A released migration never changes; what it got wrong, the next one mends. */
const MIGRATIONS: readonly Migration[] = [
  { version: 1, name: "first-tables", up: firstTables },
  { version: 2, name: "jobs", up: jobs },
  { version: 3, name: "policy-keys", up: policyKeys },
  { version: 4, name: "sessions-and-outbox", up: sessionsAndOutbox },
  { version: 5, name: "credentials", up: credentials },
  { version: 6, name: "uses-chained", up: usesChained },
  { version: 7, name: "gauges", up: gauges },
  { version: 8, name: "links", up: links },
  { version: 9, name: "calls", up: calls },
  { version: 10, name: "follows", up: follows },
  { version: 11, name: "exports", up: exports },
];

type Journal = { latchkey_schema: { version: number; name: string; applied_at: number } };

/**
 * Brings the database to this program's schema in one transaction that excludes every other one that migrates, so
 * that of several processes starting at once one does the work and the others find it done.
 * @throws store_too_new
 */
export async function migrate(db: Kysely<Tables>, dialect: DialectName, now: () => number): Promise<void> {
  const journal = (db as unknown as Kysely<Journal>).transaction();
  // SQLite holds its write lock from the beginning. PostgreSQL waits for an advisory lock, and what it sees must not
  // be fixed before it has it.
  const transaction = dialect === "sqlite" ? journal : journal.setIsolationLevel("read committed");
  await transaction.execute(async (trx) => {
    if (dialect === "postgres") {
      const { takeMigrationTurn } = await import("./postgres/turns.ts");
      await takeMigrationTurn(trx);
    }
    const reached = await reachedVersion(trx, dialect);
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

async function reachedVersion(trx: Kysely<Journal>, dialect: DialectName): Promise<number> {
  if (dialect === "sqlite" || !(await journalExists(trx))) {
    await trx.schema
      .createTable("latchkey_schema")
      .ifNotExists()
      .addColumn("version", "integer", (column) => column.primaryKey().notNull())
      .addColumn("name", "text", (column) => column.notNull())
      .addColumn("applied_at", dialect === "sqlite" ? "integer" : "bigint", (column) => column.notNull())
      .execute();
  }
  const { reached } = await trx
    .selectFrom("latchkey_schema")
    .select(sql<number>`coalesce(max(version), 0)`.as("reached"))
    .executeTakeFirstOrThrow();
  return reached;
}

/** Asked first on PostgreSQL, where `if not exists` demands the right to create tables even if it exists. */
async function journalExists(trx: Kysely<Journal>): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select to_regclass('latchkey_schema') is not null as found`.execute(trx);
  return rows[0]?.found === true;
}
