/** Reading a whole database as it was at one moment, while others go on writing. */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { Kysely, SqliteDialect, sql } from "kysely";
import { storeError } from "./failure.ts";
import type { Tables } from "./schema.ts";
import type { Store } from "./store.ts";

/**
 * Runs the work on a view of the database that does not change. Nobody waits for it: with SQLite it is a second
 * connection to the write-ahead log, with PostgreSQL a transaction that only reads.
 */
export async function snapshot<T>(store: Store, work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
  if (store.dialect === "postgres") {
    return await store.kysely
      .transaction()
      .setIsolationLevel("repeatable read")
      .execute((trx) => work(trx));
  }
  const kysely = await openReader(store);
  try {
    return await kysely.transaction().execute((trx) => work(trx));
  } finally {
    await kysely.destroy();
  }
}

/** The highest migration the database has. */
export async function schemaVersion(store: Pick<Store, "kysely">): Promise<number> {
  const { rows } = await sql<{
    version: number;
  }>`select max(version) as version from latchkey_schema`.execute(store.kysely);
  return Number(rows[0]?.version ?? 0);
}

async function openReader(store: Store): Promise<Kysely<Tables>> {
  const { rows } = await sql<{
    file: string;
  }>`select file from pragma_database_list where name = 'main'`.execute(store.kysely);
  let file: DatabaseSync;
  try {
    file = new DatabaseSync(rows[0]?.file ?? "", { readOnly: true });
  } catch (thrown) {
    throw storeError(thrown);
  }
  const database = {
    prepare(text: string) {
      const statement = file.prepare(text);
      return {
        reader: statement.columns().length > 0,
        all: (values: readonly unknown[]) => statement.all(...(values as SQLInputValue[])),
        run: (values: readonly unknown[]) => statement.run(...(values as SQLInputValue[])),
        iterate: (values: readonly unknown[]) => statement.iterate(...(values as SQLInputValue[])),
      };
    },
    close: () => file.close(),
  };
  return new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
}
