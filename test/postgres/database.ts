/** Databases for test files: each its own on the run's server, or on the one LATCHKEY_TEST_DATABASE_URL names. */
import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";

export type TestDatabase = {
  readonly url: string;
  /** Empties every table, so that the next test finds the database as new. */
  wipe(): Promise<void>;
  /** Runs one statement in this database. */
  run(sql: string): Promise<pg.QueryResult>;
  /** Cuts every connection and lets none in, until the function it gives is called. */
  lose(): Promise<() => Promise<void>>;
  drop(): Promise<void>;
};

const REFERRED = ["families", "registrations"];

let server: Promise<{ readonly url?: string; readonly absent?: string }> | undefined;

async function ask(): Promise<{ readonly url?: string; readonly absent?: string }> {
  const given = process.env.LATCHKEY_TEST_DATABASE_URL;
  if (given) return { url: given };
  const response = await fetch(`http://127.0.0.1:${inject("postgresAt")}/`);
  if (!response.ok) throw new Error(`PostgreSQL for the tests did not start. ${await response.text()}`);
  return (await response.json()) as { url?: string; absent?: string };
}

/** The server's address, or undefined with one plain line of why; tests are then skipped, and CI fails of that. */
export async function postgresUrl(): Promise<string | undefined> {
  server ??= ask();
  const { url, absent } = await server;
  if (url === undefined) console.warn(`Skipped: the tests on PostgreSQL. ${absent}`);
  return url;
}

/** A new database on that server. */
export async function createDatabase(serverUrl: string): Promise<TestDatabase> {
  const name = `latchkey_test_${randomBytes(8).toString("hex")}`;
  await once(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  let held: pg.Client | undefined;
  const run = async (sql: string) => {
    if (!held) {
      held = new pg.Client({ connectionString: url.href });
      held.on("error", () => {
        held = undefined;
      });
      await held.connect();
    }
    return await held.query(sql);
  };
  return {
    url: url.href,
    run,
    async wipe() {
      const { rows } = await run(
        "select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'latchkey_schema'",
      );
      const names: string[] = rows.map((row) => row.name);
      // What others refer to goes last. Truncating would take forty times as long: it makes new files.
      names.sort((a, b) => REFERRED.indexOf(a) - REFERRED.indexOf(b));
      await run(names.map((name) => `delete from ${name}`).join("; "));
    },
    async lose() {
      await once(serverUrl, `alter database ${name} with allow_connections false`);
      await once(
        serverUrl,
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
      );
      return () => once(serverUrl, `alter database ${name} with allow_connections true`);
    },
    async drop() {
      await held?.end();
      await once(serverUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

async function once(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
