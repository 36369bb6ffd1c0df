import type { Kysely } from "kysely";
import { attemptRepository } from "./attempts.ts";
import { connectionRepository } from "./connections.ts";
import { danceRepository } from "./dances.ts";
import { eventRepository } from "./events.ts";
import { familyRepository } from "./families.ts";
import { handleRepository } from "./handles.ts";
import { metaRepository } from "./meta.ts";
import { registrationRepository } from "./registrations.ts";
import type { Tables } from "./schema.ts";
import { sessionRepository } from "./sessions.ts";
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
  readonly dances: ReturnType<typeof danceRepository>;
  readonly sessions: ReturnType<typeof sessionRepository>;
  readonly events: ReturnType<typeof eventRepository>;
  readonly meta: ReturnType<typeof metaRepository>;
  /**
   * Runs the work in one transaction that takes the write lock at once; the store it is given is the only one to
   * use inside. Keep network calls out of it. A call inside a transaction joins it.
   */
  transaction<T>(work: (tx: Store) => Promise<T>): Promise<T>;
  /** Waits for the running transaction, then closes the files. A second call does nothing. */
  close(): Promise<void>;
};

export function makeStore(kysely: Kysely<Tables>, dialect: DialectName, close: () => Promise<void>): Store {
  const store: Store = {
    kysely,
    dialect,
    registrations: registrationRepository(kysely),
    families: familyRepository(kysely),
    connections: connectionRepository(kysely),
    attempts: attemptRepository(kysely),
    handles: handleRepository(kysely),
    uses: useRepository(kysely),
    dances: danceRepository(kysely),
    sessions: sessionRepository(kysely),
    events: eventRepository(kysely),
    meta: metaRepository(kysely),
    transaction<T>(work: (tx: Store) => Promise<T>): Promise<T> {
      if (kysely.isTransaction) return work(store);
      return kysely.transaction().execute((trx) => work(makeStore(trx, dialect, close)));
    },
    close,
  };
  return store;
}
