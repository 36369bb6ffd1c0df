import { createHash } from "node:crypto";

const CODE_VERIFIER = /^[A-Za-z0-9\-._~]{43,128}$/;
const MIN_BYTES = 32;
const MAX_BYTES = 96;

/**
 * The S256 code challenge of a verifier.
 *
 * @throws RangeError where the verifier is not one
 * @see RFC 7636 section 4.2
 */
export function codeChallenge(code_verifier: string): string {
  if (!isCodeVerifier(code_verifier))
    throw new RangeError("A code_verifier is 43 to 128 unreserved characters.");
  return createHash("sha256").update(code_verifier, "ascii").digest("base64url");
}

/** Whether a text has the form of a code verifier. @see RFC 7636 section 4.1 */
export function isCodeVerifier(text: string): boolean {
  return CODE_VERIFIER.test(text);
}

/**
 * A code verifier from random bytes.
 *
 * @param bytes 32 to 96 random bytes
 * @throws RangeError for fewer or more
 */
export function verifierFrom(bytes: Uint8Array): string {
  if (bytes.length < MIN_BYTES || bytes.length > MAX_BYTES) {
    throw new RangeError(`A code_verifier is made from ${MIN_BYTES} to ${MAX_BYTES} random bytes.`);
  }
  return Buffer.from(bytes).toString("base64url");
}
