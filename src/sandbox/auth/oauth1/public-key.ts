import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from "node:crypto";

/** A key as stored, or why the pasted text is not one. */
export type PastedKey = { readonly pem: string; readonly key: KeyObject } | { readonly refused: string };

const PRIVATE_KEY =
  "This is a private key. It must never leave the application: paste the public key that belongs to it (openssl rsa -in jira_privatekey.pem -pubout).";

/**
 * Reads what an administrator pastes into the public key field: a public key in PEM (SPKI or PKCS#1),
 * an X.509 certificate, or either as bare base64, line breaks lost or not.
 * A private key is refused by name.
 */
export function readPublicKey(text: string): PastedKey {
  const pasted = text.replaceAll("\\n", "\n").trim();
  if (pasted === "") return { refused: "The public key is missing." };
  const label = /-----BEGIN ([A-Z0-9 ]+)-----/.exec(pasted)?.[1];
  if (label?.includes("PRIVATE KEY")) return { refused: PRIVATE_KEY };
  if (/^(ssh-rsa|ecdsa-|ssh-ed25519)/.test(pasted)) {
    return {
      refused: "This is an SSH public key. Paste it in PEM form (ssh-keygen -e -m PKCS8 -f key.pub).",
    };
  }
  const der = Buffer.from(
    pasted.replace(/-----(BEGIN|END) [A-Z0-9 ]+-----/g, "").replace(/\s+/g, ""),
    "base64",
  );
  if (der.length === 0) return { refused: "The text is not a public key: no base64 was found in it." };
  return checked(der);
}

function checked(der: Buffer): PastedKey {
  // First of all, because OpenSSL gladly reads the public half out of a private key.
  if (isPrivate(der)) return { refused: PRIVATE_KEY };
  const key = parseDer(der);
  if (!key) {
    return {
      refused: "The text is not a public key or certificate that can be read. It may have been cut off.",
    };
  }
  if (key.asymmetricKeyType !== "rsa") {
    return {
      refused: `The key is of type ${key.asymmetricKeyType}. OAuth 1.0a in Jira takes RSA keys alone.`,
    };
  }
  return { pem: key.export({ type: "spki", format: "pem" }).toString(), key };
}

function parseDer(der: Buffer): KeyObject | undefined {
  const readers: Array<() => KeyObject> = [
    () => createPublicKey({ key: der, format: "der", type: "spki" }),
    () => new X509Certificate(der).publicKey,
    () => createPublicKey({ key: der, format: "der", type: "pkcs1" }),
  ];
  for (const reader of readers) {
    try {
      return reader();
    } catch {
      // The next form is tried; the text is refused when none fits.
    }
  }
  return undefined;
}

function isPrivate(der: Buffer): boolean {
  for (const type of ["pkcs8", "pkcs1"] as const) {
    try {
      createPrivateKey({ key: der, format: "der", type });
      return true;
    } catch {
      // Not this form of private key.
    }
  }
  return false;
}
