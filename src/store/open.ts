import { isAbsolute, resolve } from "node:path";
import { Kysely } from "kysely";
import { LatchkeyError } from "../errors.ts";
import { migrate } from "./migrate.ts";
import type { Tables } from "./schema.ts";
import { sqliteDialect } from "./sqlite/dialect.ts";
import { prepareFile } from "./sqlite/files.ts";
import { makeStore, type Store } from "./store.ts";

const BUSY_MS = 10_000;
const SQLITE = "sqlite:";

export type OpenStoreOptions = {
  /** `sqlite:/path/latchkey.db`; `postgres://…` is refused until that store is built. */
  readonly url: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** How long a call waits for another writer before it fails with store_failed; default 10,000 ms. */
  readonly busy_ms?: number;
};

/**
 * Opens the database, makes it where it is missing, and brings it to this program's schema.
 * @throws config_invalid, home_unwritable, store_too_new, store_failed
 */
export async function openStore(options: OpenStoreOptions): Promise<Store> {
  const path = pathOf(options.url);
  await prepareFile(path);
  const { dialect, close } = sqliteDialect({ path, busy_ms: options.busy_ms ?? BUSY_MS });
  const kysely = new Kysely<Tables>({ dialect });
  try {
    await migrate(kysely, "sqlite", options.now);
  } catch (thrown) {
    await close().catch(() => {});
    throw thrown;
  }
  let closing: Promise<void> | undefined;
  return makeStore(kysely, "sqlite", () => {
    closing ??= close();
    return closing;
  });
}

function pathOf(url: string): string {
  if (/^postgres(ql)?:/.test(url)) {
    throw new LatchkeyError(
      "config_invalid",
      "This version keeps its data in SQLite; PostgreSQL is not offered yet.",
      {
        fix: "Leave LATCHKEY_DATABASE_URL unset, or give it as sqlite:/path/latchkey.db.",
      },
    );
  }
  const path = url.startsWith(SQLITE) ? url.slice(SQLITE.length) : "";
  if (path === "" || path.includes("\0") || path.startsWith(":")) {
    throw new LatchkeyError(
      "config_invalid",
      "The database URL is not of the form sqlite:/path/latchkey.db.",
    );
  }
  return isAbsolute(path) ? path : resolve(path);
}
