import { createHash, createSecretKey } from "node:crypto";
import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { Store } from "../store/index.ts";
import { type Keyring, keyIdOf, type MasterKey, open, type Place, seal } from "./envelope.ts";

const PREFIX = "lkkey1_";
const KEY_BYTES = 32;
const KEY_CHARS = 43;
const CHECK_CHARS = 6;
const CHECK_ROW = "key_check:";
const PROOF = "this vault opens with this key";

export type { Keyring, MasterKey } from "./envelope.ts";

/**
 * Reads the key texts. Space and line breaks around one are forgiven: files end with them.
 * @throws key_missing (empty), key_wrong (not a key text, or its checksum fails)
 */
export async function loadKeyring(input: {
  readonly current: Secret;
  readonly older?: readonly Secret[];
}): Promise<Keyring> {
  const current = readKey(input.current);
  const keys = new Map([[current.id, current]]);
  for (const older of input.older ?? []) {
    const key = readKey(older);
    keys.set(key.id, key);
  }
  return { current, keys };
}

/** A new key text: `lkkey1_`, 43 characters of base64url and 6 of checksum. */
export function newKeyText(random: (bytes: number) => Uint8Array): Secret {
  const body = PREFIX + Buffer.from(random(KEY_BYTES)).toString("base64url");
  return new Secret(body + checksum(body));
}

/**
 * Proves that the keyring opens this store, before anything is read or written with it. A new store takes the current
 * key as its own; a store that knows the older keys learns the current one.
 * @throws key_wrong (none of its keys is here), key_missing (one of its keys is not here, and the vault was not
 *   sealed anew without it); nothing is changed then
 */
export async function proveKeyring(
  store: Store,
  keyring: Keyring,
  random: (bytes: number) => Uint8Array,
): Promise<void> {
  await store.transaction(async (tx) => {
    const rows = await tx.meta.list(CHECK_ROW);
    const unproven = rows.filter((row) => !proves(keyring, row.key, row.value));
    const ids = unproven.map((row) => keyIdOf(row.value));
    if (rows.length > 0 && unproven.length === rows.length) throw wrongKey(ids);
    if (unproven.length > 0) throw missingKey(ids);
    const key = CHECK_ROW + keyring.current.id;
    if (rows.some((row) => row.key === key)) return;
    await tx.meta.set(key, seal(keyring, random, checkPlace(key), PROOF));
  });
}

/** Key ids the store has been opened with, and not been sealed anew without since. */
export async function knownKeys(store: Store): Promise<readonly string[]> {
  return (await store.meta.list(CHECK_ROW)).map((row) => row.key.slice(CHECK_ROW.length));
}

/** Lets go of every key but the current one; only where no sealed value needs them any longer. */
export async function forgetKeys(store: Store, keyring: Keyring): Promise<readonly string[]> {
  const retired = (await knownKeys(store)).filter((id) => id !== keyring.current.id);
  for (const id of retired) await store.meta.remove(CHECK_ROW + id);
  return retired;
}

function proves(keyring: Keyring, key: string, sealed: string): boolean {
  try {
    return open(keyring, checkPlace(key), sealed) === PROOF;
  } catch (thrown) {
    if (isLatchkeyError(thrown)) return false;
    throw thrown;
  }
}

function checkPlace(key: string): Place {
  return { table: "meta", column: "value", row: key, owner: "", generation: 0 };
}

function wrongKey(ids: readonly (string | undefined)[]): LatchkeyError {
  return new LatchkeyError("key_wrong", undefined, { details: { vault_key_ids: ids } });
}

function missingKey(ids: readonly (string | undefined)[]): LatchkeyError {
  return new LatchkeyError(
    "key_missing",
    `The vault still holds what another key has sealed (${ids.join(", ")}), and that key was not given.`,
    {
      details: { vault_key_ids: ids },
      fix: "Give it in LATCHKEY_OLD_KEYS and run `latchkey vault rekey`; after that it is no longer needed.",
    },
  );
}

/** Whether this is the text of a key, and no passphrase; whether it is a right one {@link readKey} tells. */
export function isKeyText(text: Secret): boolean {
  return text.reveal().trim().startsWith(PREFIX);
}

/** @throws key_missing, key_wrong */
export function readKey(text: Secret): MasterKey {
  const trimmed = text.reveal().trim();
  if (trimmed === "") throw new LatchkeyError("key_missing", "The encryption key is empty.");
  const body = trimmed.slice(0, PREFIX.length + KEY_CHARS);
  if (!trimmed.startsWith(PREFIX) || trimmed.length !== PREFIX.length + KEY_CHARS + CHECK_CHARS) {
    throw new LatchkeyError(
      "key_wrong",
      `This is not an encryption key: one is ${PREFIX} and ${KEY_CHARS + CHECK_CHARS} characters.`,
    );
  }
  if (checksum(body) !== trimmed.slice(body.length)) {
    throw new LatchkeyError(
      "key_wrong",
      "The encryption key has a mistake in it: its checksum does not fit.",
    );
  }
  const key = Buffer.from(body.slice(PREFIX.length), "base64url");
  return { id: digest("latchkey key id", key).slice(0, 8), key: createSecretKey(key) };
}

function checksum(body: string): string {
  return digest("latchkey key checksum", Buffer.from(body)).slice(0, CHECK_CHARS);
}

function digest(label: string, bytes: Uint8Array): string {
  return createHash("sha256").update(label).update("\0").update(bytes).digest("base64url");
}
