/**
 * How a value is sealed before it reaches the store. Each sealing draws its own key from the master key and a random
 * salt, so no two rows, and no two versions of one row, share a key or a nonce.
 *
 * Text form: `lkv1.<key id>.<salt>.<iv>.<ciphertext>.<tag>`, each part base64url without padding.
 * @see RFC 5869 (HKDF), NIST SP 800-38D (GCM)
 */
import { createCipheriv, createDecipheriv, hkdfSync, type KeyObject } from "node:crypto";
import { LatchkeyError } from "../errors.ts";

const FORMAT = "lkv1";
const CIPHER = "aes-256-gcm";
const SALT_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

export type MasterKey = {
  /** Eight characters of the key's hash; stands in every sealed value. */
  readonly id: string;
  /** A key object does not print itself, and is used faster than bytes are. */
  readonly key: KeyObject;
};

/** The master keys: the current one seals, all of them open. */
export type Keyring = {
  readonly current: MasterKey;
  readonly keys: ReadonlyMap<string, MasterKey>;
};

/** Where a sealed value stands; all of it is associated data, so that a value moved elsewhere does not open. */
export type Place = {
  readonly table: string;
  readonly column: string;
  readonly row: string;
  /** Empty for rows that belong to the operator. */
  readonly owner: string;
  /** Version of the row's secret; 0 where it never changes. */
  readonly generation: number;
};

/** Seals a text with the keyring's current key. */
export function seal(
  keyring: Keyring,
  random: (bytes: number) => Uint8Array,
  place: Place,
  plaintext: string,
): string {
  const { id, key } = keyring.current;
  const salt = random(SALT_BYTES);
  const iv = random(IV_BYTES);
  const cipher = createCipheriv(CIPHER, rowKey(key, salt), iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(id, place));
  const ciphertext = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final()]);
  return [FORMAT, id, text(salt), text(iv), text(ciphertext), text(cipher.getAuthTag())].join(".");
}

/**
 * Opens a sealed text, with whichever key of the keyring sealed it.
 * @throws vault_unreadable: unknown key, another place, or any character changed
 */
export function open(keyring: Keyring, place: Place, sealed: string): string {
  const parts = sealed.split(".");
  const [format, id = "", ...encoded] = parts;
  if (parts.length !== 6 || format !== FORMAT) throw unreadable(place, "format");
  const master = keyring.keys.get(id);
  if (!master) throw unreadable(place, "unknown key", { key_id: id.slice(0, 16) });
  const [salt, iv, ciphertext, tag] = encoded.map(bytes);
  if (!salt || !iv || !ciphertext || !tag) throw unreadable(place, "format");
  if (salt.length !== SALT_BYTES || iv.length !== IV_BYTES || tag.length !== TAG_BYTES) {
    throw unreadable(place, "format");
  }
  try {
    const decipher = createDecipheriv(CIPHER, rowKey(master.key, salt), iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(associatedData(id, place));
    decipher.setAuthTag(tag);
    return Buffer.concat([decipher.update(ciphertext), decipher.final()]).toString("utf8");
  } catch {
    // The library's error says nothing more, and is not kept: it may hold what was decrypted.
    throw unreadable(place, "authentication");
  }
}

/** The key a sealed text was made with; undefined where it is no sealed text. */
export function keyIdOf(sealed: string): string | undefined {
  const [format, id] = sealed.split(".");
  return format === FORMAT ? id : undefined;
}

function rowKey(master: KeyObject, salt: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", master, salt, "latchkey vault row", 32));
}

/** Each part carries its length, so that no two places read the same. */
function associatedData(key_id: string, place: Place): Buffer {
  const fields = [
    FORMAT,
    key_id,
    place.table,
    place.column,
    place.row,
    place.owner,
    String(place.generation),
  ];
  return Buffer.concat(
    fields.flatMap((field) => {
      const value = Buffer.from(field, "utf8");
      const length = Buffer.alloc(4);
      length.writeUInt32BE(value.length);
      return [length, value];
    }),
  );
}

function text(part: Uint8Array): string {
  return Buffer.from(part).toString("base64url");
}

/** Strict: Node's decoder forgives stray characters, and the last one has bits to spare. */
function bytes(part: string): Buffer | undefined {
  const decoded = Buffer.from(part, "base64url");
  return decoded.toString("base64url") === part ? decoded : undefined;
}

function unreadable(place: Place, why: string, more: Record<string, unknown> = {}): LatchkeyError {
  const { table, column, row } = place;
  return new LatchkeyError("vault_unreadable", undefined, { details: { table, column, row, why, ...more } });
}
