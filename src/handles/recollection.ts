/** Handles that were verified lately, so that calls pass on while the database is away. */
import { isLatchkeyError } from "../errors.ts";
import type { HandleView } from "./model.ts";

const REMEMBERED = 1_000;
/** A handle revoked elsewhere meanwhile is not known here: no longer than this. */
const MAX_AGE_MS = 300_000;

export type Recollection = {
  /** Verifies, or where the database fails gives what the same key opened a short time ago. @throws what verifying throws */
  verified(key_hash: string, verify: () => Promise<HandleView>): Promise<HandleView>;
};

export function createRecollection(now: () => number): Recollection {
  const seen = new Map<string, { readonly handle: HandleView; readonly since: number }>();
  return {
    async verified(key_hash, verify) {
      try {
        const handle = await verify();
        seen.delete(key_hash);
        seen.set(key_hash, { handle, since: performance.now() });
        if (seen.size > REMEMBERED) seen.delete(seen.keys().next().value ?? "");
        return handle;
      } catch (thrown) {
        const last = seen.get(key_hash);
        const away = isLatchkeyError(thrown) && thrown.code === "store_failed";
        if (!away) seen.delete(key_hash);
        if (!away || !last || performance.now() - last.since > MAX_AGE_MS) throw thrown;
        if (last.handle.expires_at !== undefined && last.handle.expires_at <= now()) throw thrown;
        return last.handle;
      }
    },
  };
}
