/** The keys that tokens of people are made with: made once, sealed in the vault, never thrown away. */
import { LatchkeyError } from "../errors.ts";
import type { PolicyKey } from "../policy/index.ts";
import { isUniqueViolation, type PolicyKeyRow, type Store } from "../store/index.ts";
import type { Vault } from "../vault/index.ts";

export type PolicyKeysParts = {
  readonly store: Store;
  readonly vault: Pick<Vault, "seal" | "open">;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
};

export type PolicyKeyring = readonly [PolicyKey, ...PolicyKey[]];

export type PolicyKeys = {
  /** The newest first; the first call of all makes one. */
  current(): Promise<PolicyKeyring>;
  /** Makes a new key: tokens made from now on differ from those made before, which are still understood. */
  renew(): Promise<PolicyKeyring>;
};

const KEY_BYTES = 32;
/** Another process may have renewed the key. */
const FRESH_MS = 60_000;
const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

export function createPolicyKeys(parts: PolicyKeysParts): PolicyKeys {
  let last: { readonly keys: PolicyKeyring; readonly since: number } | undefined;
  const read = async (): Promise<PolicyKeyring> => {
    let rows = await parts.store.policyKeys.listForOperator();
    if (rows.length === 0) rows = await make(parts, 1);
    return remember(rows);
  };
  const remember = (rows: readonly PolicyKeyRow[]): PolicyKeyring => {
    const [first, ...others] = rows.map((row) => opened(parts, row));
    if (!first) throw new LatchkeyError("internal", "There is no key of pseudonyms.");
    const keys: PolicyKeyring = [first, ...others];
    last = { keys, since: performance.now() };
    return keys;
  };
  return {
    async current() {
      if (last && performance.now() - last.since < FRESH_MS) return last.keys;
      try {
        return await read();
      } catch (thrown) {
        // Tokens go on meaning what they meant while the database is away.
        if (last && thrown instanceof LatchkeyError && thrown.code === "store_failed") return last.keys;
        throw thrown;
      }
    },
    async renew() {
      const [newest] = await parts.store.policyKeys.listForOperator();
      return remember(await make(parts, (newest?.number ?? 0) + 1));
    },
  };
}

/** Whoever comes second, of several processes that make the same number, takes what the first has made. */
async function make(parts: PolicyKeysParts, number: number): Promise<PolicyKeyRow[]> {
  const id = [...parts.random(8)].map((byte) => LETTERS[byte % LETTERS.length]).join("");
  const bytes = Buffer.from(parts.random(KEY_BYTES)).toString("base64url");
  const row = { id, number, sealed_key: parts.vault.seal(placeOf(id), bytes), created_at: parts.now() };
  try {
    await parts.store.policyKeys.insert(row);
  } catch (thrown) {
    if (!isUniqueViolation(thrown)) throw thrown;
  }
  return await parts.store.policyKeys.listForOperator();
}

function opened({ vault }: PolicyKeysParts, row: PolicyKeyRow): PolicyKey {
  const text = vault.open(placeOf(row.id), row.sealed_key).reveal();
  return { id: row.id, bytes: new Uint8Array(Buffer.from(text, "base64url")) };
}

const placeOf = (row: string) => ({
  table: "policy_keys",
  column: "sealed_key",
  row,
  owner: "",
  generation: 0,
});
