/**
 * Kysely over `pg`. A pool of connections; transactions are serializable, so that what holds under SQLite's one
 * writer at a time holds here; a statement by itself is its own transaction (read committed), where compare-and-set
 * updates are atomic by the row.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from "kysely";
import pg from "pg";
import { LatchkeyError } from "../../errors.ts";
import { parseAddress } from "./address.ts";
import { breaksConnection, collided, postgresError } from "./failure.ts";
import { beginSession, statementMs } from "./session.ts";

export type PostgresOptions = { readonly url: string; readonly busy_ms: number };

/** `int8`: times and counters, all below 2^53. The driver gives text, and its parsers are global unless handed in. */
const INT8 = 20;
/** A statement by itself that collided has not happened; more often than this it is not chance. */
const MAX_TRIES = 5;
const LONG_MS = 600_000;
const CLOSING_MS = 15_000;

/** The dialect and the way to close its connections; a second call does nothing. @throws config_invalid */
export function postgresDialect(options: PostgresOptions): {
  readonly dialect: Dialect;
  close(): Promise<void>;
} {
  const driver = new PostgresDriver(options);
  const dialect: Dialect = {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => driver,
    createIntrospector: (db: Kysely<unknown>) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
  return { dialect, close: () => driver.destroy() };
}

function makePool({ url, busy_ms }: PostgresOptions): pg.Pool {
  const pool = new pg.Pool({
    ...parseAddress(url),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    idleTimeoutMillis: 60_000,
    // The last word where the way to the server swallows everything; the server's own limit ends sooner.
    query_timeout: statementMs(busy_ms) + 2_000,
    types: {
      getTypeParser: ((oid: number, format?: "text" | "binary") =>
        oid === INT8 && format !== "binary"
          ? Number
          : pg.types.getTypeParser(oid, format as "text")) as typeof pg.types.getTypeParser,
    },
    onConnect: (client) => beginSession(client, busy_ms),
  });
  // A connection that breaks while nobody uses it leaves the pool by itself; one in use tells its query.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

class PostgresDriver implements Driver {
  readonly #pool: pg.Pool;
  #closing: Promise<void> | undefined;

  constructor(options: PostgresOptions) {
    this.#pool = makePool(options);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<HeldConnection> {
    if (this.#closing) throw new LatchkeyError("store_failed", "The database is closed.");
    try {
      return new HeldConnection(await this.#pool.connect());
    } catch (thrown) {
      throw postgresError(thrown);
    }
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    await (connection as HeldConnection).begin(settings.isolationLevel ?? "serializable");
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await (connection as HeldConnection).commit();
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    await (connection as HeldConnection).rollback();
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    (connection as HeldConnection).release();
  }

  async destroy(): Promise<void> {
    // A connection whose other end has vanished would be waited for until the network gives up.
    this.#closing ??= Promise.race([this.#pool.end(), sleep(CLOSING_MS, undefined, { ref: false })]);
    await this.#closing;
  }
}

class HeldConnection implements DatabaseConnection {
  readonly #client: pg.PoolClient;
  #inTransaction = false;
  #broken = false;
  #limit_ms: number | undefined;
  /** What aborted the transaction: PostgreSQL refuses everything after it, and its commit is a rollback. */
  #aborted: LatchkeyError | undefined;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  async begin(isolation: string): Promise<void> {
    // Only migrations and reads of a whole database ask for another isolation; both may take long over large tables.
    this.#limit_ms = isolation === "serializable" ? undefined : LONG_MS;
    await this.#send(`begin isolation level ${isolation}`);
    this.#inTransaction = true;
    this.#aborted = undefined;
  }

  async commit(): Promise<void> {
    const { command } = await this.#send("commit");
    this.#inTransaction = false;
    if (command !== "COMMIT") throw this.#aborted ?? new LatchkeyError("store_failed");
  }

  /** Never throws: where the server cannot be told, closing the connection rolls back too. */
  async rollback(): Promise<void> {
    this.#inTransaction = false;
    if (this.#broken) return;
    await this.#send("rollback").catch(() => {
      this.#broken = true;
    });
  }

  release(): void {
    this.#client.release(this.#broken || this.#inTransaction);
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    for (let tries = 1; ; tries++) {
      try {
        const { command, rowCount, rows } = await this.#send<R>(query.sql, query.parameters);
        const changes = /^(INSERT|UPDATE|DELETE|MERGE)$/.test(command) && rowCount !== null;
        return changes ? { rows, numAffectedRows: BigInt(rowCount) } : { rows };
      } catch (thrown) {
        if (this.#inTransaction || tries >= MAX_TRIES || !collided(thrown)) throw thrown;
      }
    }
  }

  // biome-ignore lint/correctness/useYield: Kysely's interface has it; nothing in Latchkey streams from the database.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new LatchkeyError("internal", "The PostgreSQL store does not stream.");
  }

  /** Not a named statement: a newer replica that adds a column would break those of the older ones. */
  async #send<R>(
    text: string,
    parameters: readonly unknown[] = [],
  ): Promise<{ command: string; rowCount: number | null; rows: R[] }> {
    try {
      const query = {
        text,
        values: parameters.map(storable),
        ...(this.#limit_ms !== undefined && { query_timeout: this.#limit_ms }),
      };
      return (await this.#client.query(query)) as unknown as pg.QueryResult & { rows: R[] };
    } catch (thrown) {
      if (breaksConnection(thrown)) this.#broken = true;
      const error = postgresError(thrown);
      if (this.#inTransaction) this.#aborted ??= error;
      throw error;
    }
  }
}

/** PostgreSQL's text holds every character but NUL, which may stand in what came from elsewhere. */
function storable(value: unknown): unknown {
  return typeof value === "string" && value.includes("\0") ? value.replaceAll("\0", "\uFFFD") : value;
}
