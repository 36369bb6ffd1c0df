/**
 * The log's own keys. They are drawn once and sealed in the vault like every secret, so they outlive the key that
 * seals them: after `vault rekey` the same entries hold.
 */
import {
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { isUniqueViolation, type Store } from "../../store/index.ts";
import type { Vault } from "../../vault/index.ts";

export type LogKeys = {
  /** Stands in every checkpoint. */
  readonly id: string;
  /** Checkpoints are proven with it, by anyone. PEM, SPKI. */
  readonly public_key: string;
  /** The key of one segment's entries. */
  segment(id: string): KeyObject;
  /** Ed25519 over the statement's bytes, base64url. @see RFC 8032 */
  sign(statement: string): string;
  holds(statement: string, signature: string): boolean;
};

type KeyParts = {
  readonly store: Store;
  readonly vault: Pick<Vault, "seal" | "open">;
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
};

type Kept = { readonly mac: string; readonly signing: string };

const placeOf = (id: string) => ({
  table: "log_keys",
  column: "sealed_key",
  row: id,
  owner: "",
  generation: 0,
});

/** The keys of the log; undefined where nothing was ever logged. @throws vault_unreadable, store_failed */
export async function findKeys(parts: Pick<KeyParts, "store" | "vault">): Promise<LogKeys | undefined> {
  const [row] = await parts.store.useLedger.keysForOperator();
  if (!row) return undefined;
  const kept = JSON.parse(parts.vault.open(placeOf(row.id), row.sealed_key).reveal()) as Kept;
  return keysFrom(row.id, kept);
}

/** The keys of the log, made at the first call; of processes that begin at once, one makes them. */
export async function keysOf(parts: KeyParts): Promise<LogKeys> {
  const found = await findKeys(parts);
  if (found) return found;
  const { store, vault, now, random } = parts;
  const id = `log_${Buffer.from(random(6)).toString("hex")}`;
  const pair = generateKeyPairSync("ed25519");
  const kept: Kept = {
    mac: Buffer.from(random(32)).toString("base64url"),
    signing: pair.privateKey.export({ format: "der", type: "pkcs8" }).toString("base64url"),
  };
  const sealed_key = vault.seal(placeOf(id), JSON.stringify(kept));
  try {
    await store.useLedger.insertKeyForOperator({ id, number: 1, sealed_key, created_at: now() });
    return keysFrom(id, kept);
  } catch (thrown) {
    if (!isUniqueViolation(thrown)) throw thrown;
    const theirs = await findKeys(parts);
    if (!theirs) throw thrown;
    return theirs;
  }
}

function keysFrom(id: string, kept: Kept): LogKeys {
  const master = createSecretKey(Buffer.from(kept.mac, "base64url"));
  const key = createPrivateKey({
    key: Buffer.from(kept.signing, "base64url"),
    format: "der",
    type: "pkcs8",
  });
  const publicKey = createPublicKey(key);
  return {
    id,
    public_key: publicKey.export({ format: "pem", type: "spki" }).toString(),
    segment: (segment) =>
      createSecretKey(Buffer.from(hkdfSync("sha256", master, segment, "latchkey log of use", 32))),
    sign: (statement) => sign(null, Buffer.from(statement), key).toString("base64url"),
    holds: (statement, signature) =>
      verify(null, Buffer.from(statement), publicKey, Buffer.from(signature, "base64url")),
  };
}
