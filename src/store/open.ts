import type { Store } from "./store.ts";

export type OpenStoreOptions = {
  /** `sqlite:/path/latchkey.db`; `postgres://…` is refused until that store is built. */
  readonly url: string;
  readonly now: () => number;
  /** How long a call waits for another writer before it fails with store_failed; default 10,000 ms. */
  readonly busy_ms?: number;
};

export function openStore(_options: OpenStoreOptions): Promise<Store> {
  throw new Error("not built yet");
}
