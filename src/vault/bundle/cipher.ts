/**
 * The encrypted form of a bundle: a header anyone can read, a proof of the key over it, then chunks whose place in
 * the order, and whose being the last, are part of what is authenticated.
 *
 *   LATCHKEY · length · header (JSON) · proof (32) · [ length · ciphertext + tag ] …
 *
 * @see RFC 5869 (HKDF), RFC 7914 (scrypt), NIST SP 800-38D (GCM)
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hkdfSync,
  type KeyObject,
  type ScryptOptions,
  scrypt,
  timingSafeEqual,
} from "node:crypto";
import { LatchkeyError } from "../../errors.ts";
import type { Secret } from "../../secret.ts";
import { isKeyText, readKey } from "../keyring.ts";

const MAGIC = Buffer.from("LATCHKEY");
const FORMAT = 1;
const CIPHER = "aes-256-gcm";
const TAG_BYTES = 16;
const PROOF_BYTES = 32;
export const CHUNK_BYTES = 64 * 1024;
const HEADER_LIMIT = 4_096;
/** About half a second and 128 MB for each guess. */
const COST = { N: 2 ** 17, r: 8, p: 1 } as const;

type Kdf =
  | {
      readonly name: "scrypt";
      readonly N: number;
      readonly r: number;
      readonly p: number;
      readonly salt: string;
    }
  | { readonly name: "hkdf-sha256"; readonly salt: string };

type Header = { readonly format: number; readonly made_at: number; readonly kdf: Kdf };

type Keys = { readonly content: Buffer; readonly proof: Buffer };

/** Encrypts what is written to it; `end` writes the last chunk. */
export async function createEncryptor(
  parts: { readonly random: (bytes: number) => Uint8Array; readonly now: () => number },
  secret: Secret,
  write: (bytes: Uint8Array) => Promise<void>,
) {
  const salt = Buffer.from(parts.random(32)).toString("base64url");
  const kdf: Kdf = isKeyText(secret) ? { name: "hkdf-sha256", salt } : { name: "scrypt", ...COST, salt };
  const header: Header = { format: FORMAT, made_at: parts.now(), kdf };
  const head = Buffer.from(JSON.stringify(header));
  const keys = await keysFrom(secret, kdf);
  await write(Buffer.concat([MAGIC, length(head.length), head, proofOf(keys, head)]));
  const associated = createHash("sha256").update(head).digest();
  let waiting: Buffer[] = [];
  let size = 0;
  let count = 0;
  const chunk = async (plain: Buffer, last: boolean) => {
    const cipher = createCipheriv(CIPHER, keys.content, nonce(count++, last), { authTagLength: TAG_BYTES });
    cipher.setAAD(associated);
    const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    await write(Buffer.concat([length(sealed.length), sealed]));
  };
  return {
    async write(text: string): Promise<void> {
      const bytes = Buffer.from(text);
      waiting.push(bytes);
      size += bytes.length;
      if (size < CHUNK_BYTES) return;
      const all = Buffer.concat(waiting);
      let from = 0;
      for (; all.length - from >= CHUNK_BYTES; from += CHUNK_BYTES) {
        await chunk(all.subarray(from, from + CHUNK_BYTES), false);
      }
      waiting = [all.subarray(from)];
      size = all.length - from;
    },
    end: () => chunk(Buffer.concat(waiting), true),
  };
}

/** Gives exactly so many bytes, fewer only at the end of the file. */
export type Source = (bytes: number) => Promise<Buffer>;

/**
 * Decrypts chunk by chunk; whoever reads on has what was proven only.
 * @throws bundle_unreadable, bundle_too_new; key_wrong where the key file has a mistake in it
 */
export async function* decrypt(source: Source, secret: Secret): AsyncGenerator<Buffer> {
  const { head, header } = await readHeader(source);
  const keys = await keysFrom(secret, header.kdf);
  const proof = await source(PROOF_BYTES);
  const wanted = proofOf(keys, head);
  if (proof.length !== wanted.length || !timingSafeEqual(proof, wanted)) {
    throw new LatchkeyError("bundle_unreadable", "This passphrase or key does not open the bundle.", {
      fix: "Give the one it was written with; nothing was written.",
    });
  }
  const associated = createHash("sha256").update(head).digest();
  for (let count = 0; ; count++) {
    const size = await source(4);
    if (size.length !== 4) throw broken("ends too early");
    const bytes = size.readUInt32BE();
    if (bytes < TAG_BYTES || bytes > CHUNK_BYTES + TAG_BYTES) throw broken("length of a chunk");
    const sealed = await source(bytes);
    if (sealed.length !== bytes) throw broken("ends too early");
    const plain = openChunk(keys, associated, count, sealed, false);
    if (plain) {
      yield plain;
      continue;
    }
    const last = openChunk(keys, associated, count, sealed, true);
    if (!last) throw broken("authentication", count);
    if ((await source(1)).length > 0) throw broken("goes on after its end");
    yield last;
    return;
  }
}

async function readHeader(source: Source): Promise<{ readonly head: Buffer; readonly header: Header }> {
  const start = await source(MAGIC.length + 4);
  if (start.length !== MAGIC.length + 4 || !start.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new LatchkeyError("bundle_unreadable", "This file is not a bundle of `latchkey vault export`.");
  }
  const size = start.readUInt32BE(MAGIC.length);
  if (size > HEADER_LIMIT) throw broken("header");
  const head = await source(size);
  let header: Header;
  try {
    header = JSON.parse(head.toString("utf8")) as Header;
  } catch {
    throw broken("header");
  }
  if (typeof header.format === "number" && header.format > FORMAT) throw new LatchkeyError("bundle_too_new");
  if (head.length !== size || header.format !== FORMAT || !isKdf(header.kdf)) throw broken("header");
  return { head, header };
}

/** The header is read before anything is proven: it must not be able to ask for a day of computing. */
function isKdf(kdf: unknown): kdf is Kdf {
  if (typeof kdf !== "object" || kdf === null) return false;
  const { name, salt, N, r, p } = kdf as Record<string, unknown>;
  if (typeof salt !== "string" || Buffer.from(salt, "base64url").length !== 32) return false;
  return name === "hkdf-sha256" || (name === "scrypt" && N === COST.N && r === COST.r && p === COST.p);
}

async function keysFrom(secret: Secret, kdf: Kdf): Promise<Keys> {
  const salt = Buffer.from(kdf.salt, "base64url");
  if (kdf.name === "scrypt") return split(await stretched(secret.reveal(), salt), salt);
  if (!isKeyText(secret)) {
    throw new LatchkeyError(
      "bundle_unreadable",
      "The bundle was written with a key, not with a passphrase.",
      {
        fix: "Give the file of that key; nothing was written.",
      },
    );
  }
  return split(readKey(secret).key, salt);
}

function stretched(passphrase: string, salt: Buffer): Promise<Buffer> {
  const options: ScryptOptions = { ...COST, maxmem: 256 * COST.N * COST.r };
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize("NFKC"), salt, 32, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

function split(key: Buffer | KeyObject, salt: Buffer): Keys {
  const derived = (info: string) => Buffer.from(hkdfSync("sha256", key, salt, info, 32));
  return { content: derived("latchkey bundle content"), proof: derived("latchkey bundle proof") };
}

function proofOf(keys: Keys, head: Buffer): Buffer {
  return createHmac("sha256", keys.proof).update(head).digest();
}

function openChunk(
  keys: Keys,
  associated: Buffer,
  count: number,
  sealed: Buffer,
  last: boolean,
): Buffer | undefined {
  const decipher = createDecipheriv(CIPHER, keys.content, nonce(count, last), { authTagLength: TAG_BYTES });
  decipher.setAAD(associated);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** Counts the chunks and marks the last one. The content key belongs to one bundle, so none repeats. */
function nonce(count: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(count, 7);
  bytes[11] = last ? 1 : 0;
  return bytes;
}

function length(bytes: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(bytes);
  return out;
}

function broken(why: string, chunk?: number): LatchkeyError {
  return new LatchkeyError("bundle_unreadable", "The bundle was changed, or cut short.", {
    details: { why, ...(chunk !== undefined && { chunk }) },
    fix: "Take the file from its source again; nothing was written.",
  });
}
