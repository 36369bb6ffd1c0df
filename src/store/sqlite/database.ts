import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import type { CompiledQuery, QueryResult } from "kysely";
import { LatchkeyError } from "../../errors.ts";
import { storeError } from "../failure.ts";
import { retryBusy } from "./waiting.ts";

/** SQLite sleeps at most this long inside a call, with the event loop standing still. */
const BUSY_TIMEOUT_MS = 10;
/** More different texts than Latchkey has; it keeps generated `in (…)` lists from piling up. */
const MAX_STATEMENTS = 300;

type Prepared = { readonly statement: StatementSync; readonly reads: boolean };

export type Database = {
  execute<R>(query: CompiledQuery): QueryResult<R>;
  iterate<R>(query: CompiledQuery): IterableIterator<R>;
  exec(sql: string): void;
  inTransaction(): boolean;
  /** Another number after every change that another connection has committed, of this process or any other. */
  version(): number;
  close(): void;
};

/** Opens one connection with Latchkey's settings; the first one switches the file to write-ahead logging. */
export async function openDatabase(
  path: string,
  options: { readonly busy_ms: number; readonly readOnly: boolean },
): Promise<Database> {
  let db: DatabaseSync;
  try {
    db = new DatabaseSync(path, {
      timeout: BUSY_TIMEOUT_MS,
      enableForeignKeyConstraints: true,
      readOnly: options.readOnly,
    });
  } catch (thrown) {
    throw storeError(thrown);
  }
  try {
    if (!options.readOnly) await configureWriter(db, options.busy_ms);
  } catch (thrown) {
    db.close();
    throw thrown;
  }
  return wrap(db);
}

async function configureWriter(db: DatabaseSync, busy_ms: number): Promise<void> {
  // Two processes that switch a new file at once: one is told BUSY at once, whatever its timeout.
  const mode = await retryBusy(() => db.prepare("pragma journal_mode = wal").get()?.journal_mode, busy_ms);
  if (mode !== "wal") {
    throw new LatchkeyError("store_failed", "The file system does not allow write-ahead logging.", {
      details: { journal_mode: mode },
      fix: "Put LATCHKEY_HOME on a local disk, or use PostgreSQL.",
    });
  }
  db.exec("pragma synchronous = full");
}

function wrap(db: DatabaseSync): Database {
  const statements = new Map<string, Prepared>();
  const prepare = (sql: string): Prepared => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = db.prepare(sql);
    const made = { statement, reads: statement.columns().length > 0 };
    if (statements.size >= MAX_STATEMENTS) {
      const oldest = statements.keys().next().value;
      if (oldest !== undefined) statements.delete(oldest);
    }
    statements.set(sql, made);
    return made;
  };
  let asked: StatementSync | undefined;
  return {
    version() {
      // Looks at the write-ahead log's index in shared memory and reads nothing: about a microsecond.
      asked ??= db.prepare("pragma data_version");
      return Number(asked.get()?.data_version);
    },
    execute<R>(query: CompiledQuery): QueryResult<R> {
      const { statement, reads } = prepare(query.sql);
      const parameters = query.parameters as SQLInputValue[];
      if (reads) {
        const rows = statement.all(...parameters) as R[];
        return { rows, numAffectedRows: BigInt(rows.length) };
      }
      const { changes, lastInsertRowid } = statement.run(...parameters);
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
    },
    iterate<R>(query: CompiledQuery): IterableIterator<R> {
      // Not from the cache: a statement that is being stepped through cannot serve anyone else meanwhile.
      return db.prepare(query.sql).iterate(...(query.parameters as SQLInputValue[])) as IterableIterator<R>;
    },
    exec: (sql) => db.exec(sql),
    inTransaction: () => db.isTransaction,
    close: () => {
      statements.clear();
      if (db.isOpen) db.close();
    },
  };
}
