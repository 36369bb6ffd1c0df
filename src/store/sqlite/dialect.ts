/**
 * Kysely over `node:sqlite`. Two connections to one file: everything that writes takes its turn on the first,
 * reads outside transactions go to the second and never wait for a writer (write-ahead logging).
 */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { LatchkeyError } from "../../errors.ts";
import { storeError } from "../failure.ts";
import { type Database, openDatabase } from "./database.ts";
import { makeQueue, retryBusy } from "./waiting.ts";

export type SqliteOptions = { readonly path: string; readonly busy_ms: number };

/** Kysely would otherwise let one query at a time through, reads behind writers. */
class TwoConnectionsAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/**
 * The dialect and the way to close its files. Closing goes past Kysely, whose own `destroy` would answer every later
 * call with an error that is not ours.
 */
export function sqliteDialect(options: SqliteOptions): {
  readonly dialect: Dialect;
  version(): number | undefined;
  close(): Promise<void>;
} {
  const driver = new SqliteDriver(options);
  const dialect: Dialect = {
    createAdapter: () => new TwoConnectionsAdapter(),
    createDriver: () => driver,
    createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
  return { dialect, version: () => driver.version(), close: () => driver.destroy() };
}

/** How late a change by another process may be noticed. */
const MOMENT_MS = 1;
/** Of this process, to whichever file: what it has written itself it knows at once. */
let writes = 0;

class SqliteDriver implements Driver {
  readonly #options: SqliteOptions;
  readonly #queue: ReturnType<typeof makeQueue>;
  #writer: Database | undefined;
  #reader: Database | undefined;
  #version: { readonly number: number; readonly at: number; readonly writes: number } | undefined;

  constructor(options: SqliteOptions) {
    this.#options = options;
    this.#queue = makeQueue(options.busy_ms);
  }

  async init(): Promise<void> {
    const { path, busy_ms } = this.#options;
    this.#writer = await openDatabase(path, { busy_ms, readOnly: false });
    try {
      this.#reader = await openDatabase(path, { busy_ms, readOnly: true });
    } catch (thrown) {
      this.#writer.close();
      throw thrown;
    }
  }

  async acquireConnection(): Promise<RoutedConnection> {
    return new RoutedConnection(this);
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await this.#queue.enter();
    try {
      // Immediate: a deferred transaction that reads first and writes later fails at once when another process
      // wrote in between, and no time-out helps it.
      await retryBusy(() => this.writer().exec("begin immediate"), this.#options.busy_ms);
    } catch (thrown) {
      this.#queue.leave();
      throw thrown;
    }
    (connection as RoutedConnection).inTransaction = true;
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await retryBusy(() => this.writer().exec("commit"), this.#options.busy_ms);
    this.#end(connection);
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      // Some failures (disk full) have rolled back already.
      if (this.#writer?.inTransaction()) this.#writer.exec("rollback");
    } catch (thrown) {
      throw storeError(thrown);
    } finally {
      this.#end(connection);
    }
  }

  #end(connection: DatabaseConnection): void {
    writes++;
    (connection as RoutedConnection).inTransaction = false;
    this.#queue.leave();
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    await this.#queue.enter();
    this.#reader?.close();
    this.#writer?.close();
    this.#reader = undefined;
    this.#writer = undefined;
    this.#queue.leave();
  }

  writer(): Database {
    return this.#writer ?? closed();
  }

  reader(): Database {
    return this.#reader ?? closed();
  }

  /**
   * As its readers see it: the writer's connection is another one, so its commits count too. Asked once for all that
   * happens within a millisecond, and anew after every write of this process.
   */
  version(): number | undefined {
    const at = performance.now();
    if (this.#version && at - this.#version.at < MOMENT_MS && this.#version.writes === writes)
      return this.#version.number;
    try {
      const number = this.#reader?.version();
      this.#version = number === undefined ? undefined : { number, at, writes };
    } catch {
      this.#version = undefined;
    }
    return this.#version?.number;
  }

  /** One statement by itself, outside any transaction. */
  async single<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { busy_ms } = this.#options;
    if (query.query.kind === "SelectQueryNode") {
      return await retryBusy(() => this.reader().execute<R>(query), busy_ms);
    }
    await this.#queue.enter();
    try {
      return await retryBusy(() => this.writer().execute<R>(query), busy_ms);
    } finally {
      writes++;
      this.#queue.leave();
    }
  }
}

/** What Kysely holds for one query or one transaction: it only knows where to send a statement. */
class RoutedConnection implements DatabaseConnection {
  inTransaction = false;
  readonly #driver: SqliteDriver;

  constructor(driver: SqliteDriver) {
    this.#driver = driver;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (!this.inTransaction) return await this.#driver.single<R>(query);
    try {
      return this.#driver.writer().execute<R>(query);
    } catch (thrown) {
      throw storeError(thrown);
    }
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    const database = this.inTransaction ? this.#driver.writer() : this.#driver.reader();
    try {
      for (const row of database.iterate<R>(query)) yield { rows: [row] };
    } catch (thrown) {
      throw storeError(thrown);
    }
  }
}

function closed(): never {
  throw new LatchkeyError("store_failed", "The database is closed.");
}
