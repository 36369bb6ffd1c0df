/** Who comes when: the one migration of several starting processes, and transactions that collided. */
import { setTimeout as sleep } from "node:timers/promises";
import { type QueryExecutorProvider, sql } from "kysely";
import { LatchkeyError } from "../../errors.ts";
import { collided } from "./failure.ts";

/** Any number will do that nothing else in the database uses: the bytes of "latchkey". */
const MIGRATION_LOCK = "7809651199139603833";
const MIGRATION_WAIT_MS = 120_000;
const POLL_MS = 25;

/**
 * Waits until this transaction is the only one that migrates, and lifts the time limits for it. It asks again and
 * again instead of waiting inside the server, so that its next statement sees what the one before it has committed.
 */
export async function takeMigrationTurn(trx: QueryExecutorProvider): Promise<void> {
  const began = performance.now();
  for (;;) {
    const { rows } = await sql<{ mine: boolean }>`
      select pg_try_advisory_xact_lock(${sql.raw(MIGRATION_LOCK)}) as mine`.execute(trx);
    if (rows[0]?.mine) break;
    if (performance.now() - began > MIGRATION_WAIT_MS) {
      throw new LatchkeyError("store_failed", "Another process has been changing the tables for too long.");
    }
    await sleep(POLL_MS);
  }
  await sql`select set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true)`.execute(
    trx,
  );
}

/**
 * Runs a transaction, and again from its beginning where it collided with another: nothing of it has happened then.
 * From the second time on it waits its turn behind others that collided. The lock is taken before the transaction
 * looks at anything, since what it sees is fixed at its first look.
 *
 * @throws store_failed after busy_ms of collisions
 */
export async function inTurn<T>(busy_ms: number, once: (again: boolean) => Promise<T>): Promise<T> {
  const began = performance.now();
  for (let again = false; ; again = true) {
    try {
      return await once(again);
    } catch (thrown) {
      if (!collided(thrown)) throw thrown;
      const waited_ms = Math.round(performance.now() - began);
      if (waited_ms < busy_ms) continue;
      throw new LatchkeyError("store_failed", "Other writers kept changing the same rows.", {
        cause: thrown,
        details: { waited_ms },
      });
    }
  }
}

/** A lock on a table that nobody writes but a migration; it excludes itself and hinders no read. */
export async function waitForTurn(trx: QueryExecutorProvider): Promise<void> {
  await sql`lock table latchkey_schema in share update exclusive mode`.execute(trx);
}
