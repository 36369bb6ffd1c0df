import { isAbsolute, resolve } from "node:path";
import { Kysely } from "kysely";
import { LatchkeyError } from "../errors.ts";
import { migrate } from "./migrate.ts";
import type { Tables } from "./schema.ts";
import { sqliteDialect } from "./sqlite/dialect.ts";
import { prepareFile } from "./sqlite/files.ts";
import { type Database, makeStore, type Store } from "./store.ts";

const BUSY_MS = 10_000;
const SQLITE = "sqlite:";

export type OpenStoreOptions = {
  /** `sqlite:/path/latchkey.db` or `postgres://user:password@host:5432/database`. */
  readonly url: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** How long a call waits for another writer before it fails with store_failed; default 10,000 ms. */
  readonly busy_ms?: number;
};

/**
 * Opens the database, makes it where it is missing (PostgreSQL: its tables), and brings it to this program's schema.
 * @throws config_invalid, home_unwritable, file_unreadable, store_too_new, store_failed
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const busy_ms = options.busy_ms ?? BUSY_MS;
  const database = /^postgres(ql)?:/.test(options.url)
    ? await postgresDatabase(options.url, busy_ms)
    : await sqliteDatabase(pathOf(options.url), busy_ms);
  try {
    await migrate(database.kysely, database.dialect, options.now);
  } catch (thrown) {
    await database.close().catch(() => {});
    throw thrown;
  }
  return makeStore(database);
}

async function sqliteDatabase(path: string, busy_ms: number): Promise<Database> {
  await prepareFile(path);
  const { dialect, version, close } = sqliteDialect({ path, busy_ms });
  const kysely = new Kysely<Tables>({ dialect });
  let closing: Promise<void> | undefined;
  return {
    kysely,
    dialect: "sqlite",
    version,
    transact: (work) => kysely.transaction().execute(work),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

async function postgresDatabase(url: string, busy_ms: number): Promise<Database> {
  // Loaded only where it is used: the command line with the embedded database starts without the driver.
  const { openPostgres } = await import("./postgres/open.ts");
  return openPostgres(url, busy_ms);
}

function pathOf(url: string): string {
  const path = url.startsWith(SQLITE) ? url.slice(SQLITE.length) : "";
  if (path === "" || path.includes("\0") || path.startsWith(":")) {
    throw new LatchkeyError(
      "config_invalid",
      "The database URL is not of the form sqlite:/path/latchkey.db or postgres://user:password@host:5432/database.",
    );
  }
  return isAbsolute(path) ? path : resolve(path);
}
