import type { Store } from "./store.ts";

export type Unchanged<T> = {
  (key: string, read: () => Promise<T>): T | Promise<T>;
  /** What a read would give, where that is known without one. */
  known(key: string): T | undefined;
};

/**
 * Keeps what was read as long as nothing in the database has changed, by this process or any other: no longer, and so
 * what is given is what a query would give, or would have given a millisecond ago where another process wrote. Where the database cannot tell, everything is read each time.
 *
 * @param limit how many are kept; default 1,000
 */
export function whileUnchanged<T extends object>(store: Pick<Store, "version">, limit = 1_000): Unchanged<T> {
  let version: number | undefined;
  const kept = new Map<string, T>();
  const known = (key: string): T | undefined => {
    const now = store.version();
    if (now === undefined) return undefined;
    if (now !== version) {
      kept.clear();
      version = now;
    }
    return kept.get(key);
  };
  const given = (key: string, read: () => Promise<T>): T | Promise<T> => {
    const found = known(key);
    if (found) return found;
    const now = store.version();
    return now === undefined ? read() : readFor(key, read, now);
  };
  return Object.assign(given, { known });

  async function readFor(key: string, read: () => Promise<T>, at: number): Promise<T> {
    const found = await read();
    // Read under a number that has passed: it may be older than what stands there now.
    if (at === version && kept.size < limit) kept.set(key, found);
    return found;
  }
}
