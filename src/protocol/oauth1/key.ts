import {
  constants,
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
  X509Certificate,
} from "node:crypto";
import { LatchkeyError } from "../../errors.ts";
import { type Block, type Found, readBlock } from "./pem.ts";

/** An RSA public key as Jira holds it. */
export type PublicKey = {
  readonly keyObject: KeyObject;
  readonly bits: number;
  /** SubjectPublicKeyInfo in PEM (`BEGIN PUBLIC KEY`): what to paste into Jira's incoming application link. */
  readonly public_pem: string;
  /** SHA-256 of the SubjectPublicKeyInfo DER, hex: the same number for the same key, however it was written. */
  readonly spki_sha256: string;
};

/** An RSA private key, parsed once and kept; parsing costs more than signing. */
export type SigningKey = PublicKey & {
  /** Sentences for the operator: a short key, escapes that had to be removed. */
  readonly warnings: readonly string[];
};

const MIN_BITS = 1024;
const ADVISED_BITS = 2048;

/** What was pasted instead, and the command that leads from it to the key. */
const INSTEAD: Readonly<Record<Exclude<Found, "private-key">, readonly [what: string, fix: string]>> = {
  certificate: [
    "This is a certificate; it holds only the public key.",
    "Give the private key it was made from. The public key in it: openssl x509 -in cert.pem -pubkey -noout",
  ],
  "certificate-request": [
    "This is a certificate request; it holds only the public key.",
    "Give the private key it was made from; openssl req -in request.pem -noout -pubkey shows the public one.",
  ],
  "public-key": [
    "This is a public key; signing needs the private one.",
    "Give the private key. From it the public key is made so: openssl rsa -in private.pem -pubout -out public.pem",
  ],
  "ssh-public-key": [
    "This is a public key of SSH; signing needs a private key in PEM.",
    "Give the private key; one of OpenSSH is converted so: ssh-keygen -p -m PEM -f id_rsa",
  ],
  "encrypted-key": [
    "This private key is encrypted with a passphrase.",
    "Decrypt it: openssl pkcs8 -topk8 -nocrypt -in encrypted.pem -out jira_privatekey.pem",
  ],
  "openssh-key": [
    "This is a private key in OpenSSH's own format.",
    "Convert a copy of it: ssh-keygen -p -m PEM -f id_rsa, or make a key pair for Jira: latchkey keys generate",
  ],
  "putty-key": [
    "This is a private key in PuTTY's own format.",
    "Convert it: puttygen key.ppk -O private-openssh -o key && ssh-keygen -p -m PEM -f key",
  ],
  pkcs12: [
    "This is a PKCS#12 container (.p12, .pfx).",
    "Take the key out of it: openssl pkcs12 -in store.p12 -nocerts -nodes -out jira_privatekey.pem",
  ],
  "not-rsa": [
    "This key is not an RSA key; Jira's application links know only RSA.",
    "Make an RSA key pair: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out jira_privatekey.pem",
  ],
  "too-small": [
    "This RSA key has fewer than 1024 bits.",
    "Make a longer one: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out jira_privatekey.pem",
  ],
  "file-name": ["This is the name of a file, not the key in it.", "Give the file's content: cat the-file"],
  truncated: [
    "The key ends too early; a part of it is missing.",
    "Copy the whole file again, from the BEGIN line to the END line; check it with: openssl pkey -in jira_privatekey.pem -noout -check",
  ],
  damaged: [
    "This looks like a key, but some of it is damaged.",
    "Copy it again from the file; check that file with: openssl pkey -in jira_privatekey.pem -noout -check",
  ],
  nothing: [
    "There is no key in this text.",
    "Give the private key in PEM: openssl pkcs8 -topk8 -nocrypt -in key.pem -out jira_privatekey.pem",
  ],
};

function refusePrivate(found: Exclude<Found, "private-key">, cause?: unknown): LatchkeyError {
  const [what, fix] = INSTEAD[found];
  return new LatchkeyError("private_key_invalid", what, { fix, details: { found }, cause });
}

/**
 * Reads an RSA private key: PKCS#8 or PKCS#1 in PEM, also with its line breaks lost (spaces or literal `\n`), or
 * one base64 line without armour. Keys from 1024 bits on are taken, below 2048 with a warning.
 *
 * @throws LatchkeyError `private_key_invalid`; `details.found` names what the text is instead, `fix` holds the
 *   command that converts it
 */
export function parsePrivateKey(text: string): SigningKey {
  const block = readBlock(text, (label) => label.endsWith("PRIVATE KEY"));
  if (block.found !== "der") throw refusePrivate(block.found);
  const keyObject = privateKeyOf(block);
  const bits = keyObject.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < MIN_BITS) throw refusePrivate("too-small");
  if (!signsAndVerifies(keyObject)) throw refusePrivate("damaged");
  const warnings = [...block.notes];
  if (bits < ADVISED_BITS) {
    warnings.push(`The key has ${bits} bits; ${ADVISED_BITS} or more are advised today.`);
  }
  return { keyObject, ...describe(createPublicKey(keyObject)), warnings };
}

function privateKeyOf({ der, label }: Extract<Block, { found: "der" }>): KeyObject {
  const key = tryEach([
    () => createPrivateKey({ key: der, format: "der", type: "pkcs8" }),
    () => createPrivateKey({ key: der, format: "der", type: "pkcs1" }),
    () => createPrivateKey({ key: der, format: "der", type: "sec1" }),
  ]);
  if (key?.asymmetricKeyType === "rsa") return key;
  if (key || label === "DSA PRIVATE KEY" || label?.startsWith("EC ")) throw refusePrivate("not-rsa");
  if (tryEach([() => new X509Certificate(der)])) throw refusePrivate("certificate");
  if (publicKeyOf(der)) throw refusePrivate("public-key");
  throw refusePrivate("damaged");
}

function publicKeyOf(der: Buffer): KeyObject | undefined {
  return tryEach([
    () => createPublicKey({ key: der, format: "der", type: "spki" }),
    () => createPublicKey({ key: der, format: "der", type: "pkcs1" }),
  ]);
}

function tryEach<T>(ways: readonly (() => T)[]): T | undefined {
  for (const way of ways) {
    try {
      return way();
    } catch {
      // The next way may read it.
    }
  }
  return undefined;
}

/** A key with one wrong character still parses; it shows only in what it computes. */
function signsAndVerifies(key: KeyObject): boolean {
  const probe = Buffer.from("latchkey");
  const padding = constants.RSA_PKCS1_PADDING;
  try {
    return publicDecrypt(
      { key: createPublicKey(key), padding },
      privateEncrypt({ key, padding }, probe),
    ).equals(probe);
  } catch {
    return false;
  }
}

function describe(publicKey: KeyObject): Omit<PublicKey, "keyObject"> {
  return {
    bits: publicKey.asymmetricKeyDetails?.modulusLength ?? 0,
    public_pem: publicKey.export({ format: "pem", type: "spki" }).toString(),
    spki_sha256: createHash("sha256")
      .update(publicKey.export({ format: "der", type: "spki" }))
      .digest("hex"),
  };
}

/**
 * Reads an RSA public key to compare with: SubjectPublicKeyInfo, X.509 certificate or PKCS#1, in PEM or as bare
 * base64.
 *
 * @throws LatchkeyError `bad_request`; `details.found` names what the text is instead
 */
export function parsePublicKey(text: string): PublicKey {
  const block = readBlock(text, (label) => label.endsWith("PUBLIC KEY") || label === "CERTIFICATE");
  if (block.found !== "der") throw refusePublic(block.found);
  const { der } = block;
  if (tryEach([() => privateKeyOf(block)])) throw refusePublic("private-key");
  const keyObject = publicKeyOf(der) ?? tryEach([() => new X509Certificate(der).publicKey]);
  if (!keyObject) throw refusePublic("damaged");
  if (keyObject.asymmetricKeyType !== "rsa") throw refusePublic("not-rsa");
  return { keyObject, ...describe(keyObject) };
}

function refusePublic(found: Found): LatchkeyError {
  const what =
    found === "private-key" || found === "encrypted-key" || found === "openssh-key"
      ? "This is a private key; a public key is asked for, and the private one should not be handed out."
      : "This is not an RSA public key.";
  return new LatchkeyError("bad_request", what, {
    details: { found },
    fix: "Give the public key in PEM: openssl rsa -in jira_privatekey.pem -pubout",
  });
}

/** Whether the public key belongs to the signing key. */
export function isPair(signingKey: SigningKey, publicKey: PublicKey): boolean {
  return signingKey.spki_sha256 === publicKey.spki_sha256;
}
