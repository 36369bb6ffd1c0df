/** What was last read of each connection, so that tokens which have not expired serve on while the database is away. */
import { isLatchkeyError } from "../errors.ts";
import type { Log } from "../log.ts";
import { type JoinedConnection, type Store, whileUnchanged } from "../store/index.ts";
import { boundedMap } from "./memory.ts";

const REMEMBERED = 5_000;
/** What others changed meanwhile (a connection removed, a registration suspended) is not known here: no longer than this. */
const MAX_AGE_MS = 3_600_000;

type Read = { readonly found: JoinedConnection; readonly since: number };

export type Recollection = {
  /**
   * Reads the connection, or where the database fails, gives what was last read of it if its token still works.
   * @throws what the read throws
   */
  read(owner: string, id: string, read: () => Promise<JoinedConnection>): Promise<JoinedConnection>;
  /** What reading would give, where nothing in the database has changed since it was last read. */
  known(owner: string, id: string): JoinedConnection | undefined;
};

export function createRecollection(parts: {
  readonly store: Pick<Store, "version">;
  readonly now: () => number;
  readonly log: Log;
}): Recollection {
  const kept = whileUnchanged<JoinedConnection>(parts.store);
  const seen = boundedMap<Read>(REMEMBERED);
  const stillServes = ({ found, since }: Read): boolean => {
    const { access_expires_at } = found.family;
    if (performance.now() - since > MAX_AGE_MS) return false;
    return access_expires_at === null || access_expires_at > parts.now();
  };
  return {
    known: (owner, id) => kept.known(`${owner}\n${id}`),
    async read(owner, id, read) {
      const key = `${owner}\n${id}`;
      try {
        const found = await kept(key, read);
        seen.set(key, { found, since: performance.now() });
        return found;
      } catch (thrown) {
        const last = seen.get(key);
        if (isLatchkeyError(thrown) && thrown.code === "store_failed") {
          if (!last || !stillServes(last)) throw thrown;
          parts.log.warn("served_without_database", { connection_id: id });
          return last.found;
        }
        seen.remove(key);
        throw thrown;
      }
    },
  };
}
