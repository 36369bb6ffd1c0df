import { constants, createHash, type KeyObject, publicDecrypt, timingSafeEqual } from "node:crypto";

/** ASN.1 prefix of a SHA-1 digest, RFC 8017 section 9.2 note 1. */
const SHA1_DIGEST_INFO = Buffer.from("3021300906052b0e03021a05000414", "hex");

/**
 * Whether the signature (base64) of the base string was made with the private half of the key.
 * The digest is compared here and not in the crypto library, which on some systems refuses RSA with SHA-1.
 * @see RFC 5849 section 3.4.3
 */
export function verifyRsaSha1(base: string, signature: string, key: KeyObject): boolean {
  const expected = Buffer.concat([SHA1_DIGEST_INFO, createHash("sha1").update(base, "utf8").digest()]);
  let recovered: Buffer;
  try {
    recovered = publicDecrypt(
      { key, padding: constants.RSA_PKCS1_PADDING },
      Buffer.from(signature, "base64"),
    );
  } catch {
    return false;
  }
  return recovered.length === expected.length && timingSafeEqual(recovered, expected);
}
