import type { KeyObject } from "node:crypto";

/** An RSA private key, parsed once. */
export type SigningKey = {
  readonly keyObject: KeyObject;
  readonly bits: number;
  /** SPKI, PEM. */
  readonly public_pem: string;
  /** SHA-256 of the SPKI DER, hex. */
  readonly spki_sha256: string;
  readonly warnings: readonly string[];
};

export type PublicKey = {
  readonly keyObject: KeyObject;
  readonly bits: number;
  readonly public_pem: string;
  readonly spki_sha256: string;
};

export function parsePrivateKey(_text: string): SigningKey {
  throw new Error("not built yet");
}
export function parsePublicKey(_text: string): PublicKey {
  throw new Error("not built yet");
}
export function isPair(_signingKey: SigningKey, _publicKey: PublicKey): boolean {
  throw new Error("not built yet");
}
