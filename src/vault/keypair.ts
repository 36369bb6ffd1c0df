import type { Secret } from "../secret.ts";

export type KeyPair = {
  readonly bits: number;
  /** PKCS#8, PEM. */
  readonly private_pem: Secret;
  /** PKCS#8 as base64 on one line, without header: the form of `config.properties`. */
  readonly private_one_line: Secret;
  /** SPKI, PEM. */
  readonly public_pem: string;
  /** SPKI as base64 on one line, without header. */
  readonly public_one_line: string;
  /** Self-signed X.509 certificate, PEM. */
  readonly certificate_pem: string;
  /** SHA-256 of the SPKI DER, hex. */
  readonly spki_sha256: string;
};
export function generateKeyPair(_options: {
  readonly bits?: 2048 | 3072;
  /** Common name in the certificate; default `Latchkey`. */
  readonly name?: string;
  readonly now: () => number;
}): Promise<KeyPair> {
  throw new Error("not built yet");
}
