/** Where the worlds of a test file keep their data: SQLite files, or databases on a PostgreSQL server. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { onTestFinished } from "vitest";
import { createDatabase, type TestDatabase } from "../postgres/database.ts";
import { temporaryDirectory } from "../store/temporary.ts";

export type Place = {
  readonly url: string;
  /** The SQLite file; empty on PostgreSQL. */
  readonly path: string;
  /** As another process would: no write happens until the function it gives is called. Reads go on. */
  hold(): Promise<() => Promise<void>>;
  /** The database cannot be reached, until the function it gives is called; on PostgreSQL only. */
  lose(): Promise<() => Promise<void>>;
};

let server: string | undefined;
const databases: TestDatabase[] = [];
const free: TestDatabase[] = [];

/** From here on, the worlds of this test file are on this server. */
export function useServer(url: string): void {
  server = url;
}

/** Removes the databases that were made; for the end of the test file. */
export async function dropDatabases(): Promise<void> {
  for (const database of databases.splice(0)) await database.drop();
  free.length = 0;
}

/** An empty place that belongs to one test. */
export async function newPlace(): Promise<Place> {
  return server === undefined ? sqlitePlace() : await postgresPlace(server);
}

function sqlitePlace(): Place {
  const path = join(temporaryDirectory(), "latchkey.db");
  return {
    url: `sqlite:${path}`,
    path,
    async hold() {
      const other = new DatabaseSync(path);
      other.exec("begin immediate");
      return async () => {
        other.exec("rollback");
        other.close();
      };
    },
    lose: () => Promise.reject(new Error("A file is not lost for a while.")),
  };
}

async function postgresPlace(url: string): Promise<Place> {
  let database = free.pop();
  if (database) await database.wipe();
  else {
    database = await createDatabase(url);
    databases.push(database);
  }
  const used = database;
  onTestFinished(() => {
    free.push(used);
  });
  return { url: used.url, path: "", hold: () => holdTables(used.url), lose: () => used.lose() };
}

async function holdTables(url: string): Promise<() => Promise<void>> {
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  await other.query("begin");
  const { rows } = await other.query("select tablename from pg_tables where schemaname = 'public'");
  await other.query(`lock table ${rows.map((row) => row.tablename).join(", ")} in exclusive mode`);
  return async () => {
    await other.query("rollback");
    await other.end();
  };
}
