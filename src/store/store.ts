import type { Kysely } from "kysely";
import { attemptRepository } from "./attempts.ts";
import { callRepository } from "./calls.ts";
import { connectSessionRepository } from "./connect-sessions.ts";
import { connectionRepository } from "./connections.ts";
import { danceRepository } from "./dances.ts";
import { endpointRepository } from "./endpoints.ts";
import { eventRepository } from "./events.ts";
import { exportRepository } from "./exports.ts";
import { familyRepository } from "./families.ts";
import { followRepository } from "./follows.ts";
import { gaugeRepository } from "./gauges.ts";
import { handleRepository } from "./handles.ts";
import { hookRepository, touchedRepository } from "./hooks.ts";
import { jobRepository } from "./jobs.ts";
import { linkRepository } from "./links.ts";
import { metaRepository } from "./meta.ts";
import { outboxRepository } from "./outbox.ts";
import { policyKeyRepository } from "./policy-keys.ts";
import { registrationRepository } from "./registrations.ts";
import type { Tables } from "./schema.ts";
import { sessionRepository } from "./sessions.ts";
import { useLedgerRepository } from "./use-ledger.ts";
import { useRepository } from "./uses.ts";

export type DialectName = "sqlite" | "postgres";

/**
 * The open database. Every repository call on an owned row takes the owner first, and what belongs to another
 * owner is absent; reads across owners are named `…ForOperator`.
 */
export type Store = {
  readonly kysely: Kysely<Tables>;
  readonly dialect: DialectName;
  readonly registrations: ReturnType<typeof registrationRepository>;
  readonly families: ReturnType<typeof familyRepository>;
  readonly connections: ReturnType<typeof connectionRepository>;
  readonly attempts: ReturnType<typeof attemptRepository>;
  readonly handles: ReturnType<typeof handleRepository>;
  readonly uses: ReturnType<typeof useRepository>;
  readonly useLedger: ReturnType<typeof useLedgerRepository>;
  readonly calls: ReturnType<typeof callRepository>;
  readonly dances: ReturnType<typeof danceRepository>;
  readonly sessions: ReturnType<typeof sessionRepository>;
  readonly events: ReturnType<typeof eventRepository>;
  readonly meta: ReturnType<typeof metaRepository>;
  readonly jobs: ReturnType<typeof jobRepository>;
  readonly gauges: ReturnType<typeof gaugeRepository>;
  readonly connectSessions: ReturnType<typeof connectSessionRepository>;
  readonly endpoints: ReturnType<typeof endpointRepository>;
  readonly outbox: ReturnType<typeof outboxRepository>;
  readonly policyKeys: ReturnType<typeof policyKeyRepository>;
  readonly links: ReturnType<typeof linkRepository>;
  readonly follows: ReturnType<typeof followRepository>;
  readonly hooks: ReturnType<typeof hookRepository>;
  readonly touched: ReturnType<typeof touchedRepository>;
  readonly exports: ReturnType<typeof exportRepository>;
  /**
   * Runs the work in one transaction that no other one comes between; the store it is given is the only one to use
   * inside. Keep network calls out of it, and every effect but those on the store: on PostgreSQL it runs again from
   * its beginning where it collided with another. A call inside a transaction joins it.
   */
  transaction<T>(work: (tx: Store) => Promise<T>): Promise<T>;
  /**
   * Another number after every change that anybody has committed, of this process at once, of any other within a
   * millisecond: what was read under the same number still stands. `undefined` where that cannot be told without a query.
   */
  version(): number | undefined;
  /** Waits for the running transaction, then closes the files or connections. A second call does nothing. */
  close(): Promise<void>;
};

/** How a database runs a transaction: begins it, gives the work its handle, and ends it. */
export type Transact = <T>(work: (trx: Kysely<Tables>) => Promise<T>) => Promise<T>;

export type Database = {
  readonly kysely: Kysely<Tables>;
  readonly dialect: DialectName;
  /** See {@link Store.version}; absent where the database cannot tell. */
  version?(): number | undefined;
  readonly transact: Transact;
  close(): Promise<void>;
};

export function makeStore(database: Database): Store {
  const { kysely, dialect, transact, close } = database;
  const store: Store = {
    kysely,
    dialect,
    registrations: registrationRepository(kysely),
    families: familyRepository(kysely),
    connections: connectionRepository(kysely),
    attempts: attemptRepository(kysely),
    handles: handleRepository(kysely),
    uses: useRepository(kysely, dialect),
    useLedger: useLedgerRepository(kysely),
    calls: callRepository(kysely),
    dances: danceRepository(kysely),
    sessions: sessionRepository(kysely),
    events: eventRepository(kysely),
    meta: metaRepository(kysely),
    jobs: jobRepository(kysely),
    gauges: gaugeRepository(kysely),
    connectSessions: connectSessionRepository(kysely),
    endpoints: endpointRepository(kysely),
    outbox: outboxRepository(kysely),
    policyKeys: policyKeyRepository(kysely),
    links: linkRepository(kysely),
    follows: followRepository(kysely),
    hooks: hookRepository(kysely),
    touched: touchedRepository(kysely),
    exports: exportRepository(kysely),
    transaction<T>(work: (tx: Store) => Promise<T>): Promise<T> {
      if (kysely.isTransaction) return work(store);
      return transact((trx) => work(makeStore({ ...database, kysely: trx })));
    },
    version: () => (kysely.isTransaction ? undefined : database.version?.()),
    close,
  };
  return store;
}
