/** One-time links to the admin page: printed at start, good once, for a while. */
import { createHash } from "node:crypto";
import { Secret } from "../secret.ts";
import type { Store } from "../store/index.ts";

const KIND = "admin-link";
const LIFETIME_MS = 24 * 3_600_000;

export type AdminLinks = {
  /** A new link's token; only its hash is kept. Good once, for 24 hours unless told otherwise. */
  issue(lifetime_ms?: number): Promise<Secret>;
  /** Whether the token would be taken now. Uses nothing up, so that a link preview does not either. */
  stands(token_hash: string): Promise<boolean>;
  /** Uses the token up; `false` when it is unknown, expired or used. */
  redeem(token_hash: string): Promise<boolean>;
};

/** The name under which a token is kept. */
export function adminTokenHash(token: string): string {
  return createHash("sha256").update("latchkey admin link\0").update(token).digest("hex");
}

/** Admin links over the sessions table, whose rows expire by themselves. */
export function createAdminLinks(parts: {
  readonly store: Store;
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
}): AdminLinks {
  const { store, now, random } = parts;
  const find = async (hash: string) => {
    const row = await store.sessions.find(hash, now());
    return row?.kind === KIND ? row : undefined;
  };
  return {
    async issue(lifetime_ms = LIFETIME_MS) {
      const token = new Secret(Buffer.from(random(32)).toString("base64url"));
      const at = now();
      await store.sessions.put({
        id_hash: adminTokenHash(token.reveal()),
        owner: "",
        kind: KIND,
        sealed_data: null,
        created_at: at,
        expires_at: at + lifetime_ms,
        last_seen_at: at,
      });
      return token;
    },
    stands: async (hash) => (await find(hash)) !== undefined,
    async redeem(hash) {
      return (await find(hash)) !== undefined && (await store.sessions.remove(hash));
    },
  };
}
