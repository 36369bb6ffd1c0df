/** What an operator does with a vault as a whole: keys, copies, moves. */
import type { Secret } from "../secret.ts";
import type { TableTotal } from "./bundle/content.ts";
import { type Bundle, readBundle } from "./bundle/read.ts";
import { type BundleParts, writeBundle } from "./bundle/write.ts";
import type { Custody } from "./custody.ts";
import { knownKeys } from "./keyring.ts";
import { keysInUse, type Rekeyed, type RekeyProgress, rekey, type TableKeys } from "./rekey.ts";

export type KeyStatus = {
  /** What is sealed now is sealed with this one. */
  readonly current: string;
  /** Keys without which the vault does not start. */
  readonly needed: readonly string[];
  readonly columns: readonly TableKeys[];
};

export type Upkeep = {
  keys(): Promise<KeyStatus>;
  /** Seals everything with the current key, while others go on. @throws key_in_use, vault_unreadable */
  rekey(report?: (progress: RekeyProgress) => void): Promise<Rekeyed>;
  /** @param secret a passphrase, or a key text */
  exportTo(
    write: (bytes: Uint8Array) => Promise<void>,
    secret: Secret,
    report?: BundleParts["report"],
  ): Promise<readonly TableTotal[]>;
  /** @throws store_not_empty, bundle_unreadable, bundle_too_new; nothing is written then */
  importFrom(bundle: Bundle, secret: Secret, report?: BundleParts["report"]): Promise<readonly TableTotal[]>;
  /** Nothing is renewed from now on, in any process on this database. */
  quarantine(): Promise<void>;
  /** The operator has stopped every other holder of these tokens: renewals go on. */
  confirm(): Promise<void>;
};

export function createUpkeep(parts: Omit<BundleParts, "report">, custody: Custody | undefined): Upkeep {
  const { store, keyring } = parts;
  return {
    async keys() {
      const current = keyring.current.id;
      return { current, needed: await knownKeys(store), columns: await keysInUse(store, current) };
    },
    rekey: (report) => rekey({ ...parts, ...(report && { report }) }),
    exportTo: (write, secret, report) => writeBundle({ ...parts, ...(report && { report }) }, secret, write),
    importFrom: (bundle, secret, report) =>
      readBundle({ ...parts, ...(report && { report }) }, bundle, secret),
    quarantine: async () => await custody?.suspend("operator"),
    confirm: async () => await custody?.confirm(),
  };
}
