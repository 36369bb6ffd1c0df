import { createHash, generateKeyPair as generate, webcrypto } from "node:crypto";
import { promisify } from "node:util";
import { Secret } from "../secret.ts";

const YEARS = 10;

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
  /** Self-signed X.509 certificate, PEM, valid for ten years: Jira reads only the key in it. */
  readonly certificate_pem: string;
  /** SHA-256 of the SPKI DER, hex. */
  readonly spki_sha256: string;
};

/**
 * Makes an RSA key pair for an application link, in every form that a Jira or a tool asks for.
 * @param options.bits default 2048
 * @param options.name common name in the certificate; default `Latchkey`
 */
export async function generateKeyPair(options: {
  readonly bits?: 2048 | 3072;
  readonly name?: string;
  readonly now: () => number;
}): Promise<KeyPair> {
  const bits = options.bits ?? 2048;
  const { privateKey, publicKey } = await promisify(generate)("rsa", { modulusLength: bits });
  const pkcs8 = privateKey.export({ type: "pkcs8", format: "der" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  return {
    bits,
    private_pem: new Secret(privateKey.export({ type: "pkcs8", format: "pem" }) as string),
    private_one_line: new Secret(pkcs8.toString("base64")),
    public_pem: publicKey.export({ type: "spki", format: "pem" }) as string,
    public_one_line: spki.toString("base64"),
    certificate_pem: await certify(pkcs8, spki, options.name ?? "Latchkey", options.now()),
    spki_sha256: createHash("sha256").update(spki).digest("hex"),
  };
}

async function certify(pkcs8: Buffer, spki: Buffer, name: string, now: number): Promise<string> {
  // Loaded here only: it takes longer to load than most commands take to run.
  await import("reflect-metadata");
  const { X509CertificateGenerator } = await import("@peculiar/x509");
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const { subtle } = webcrypto;
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + YEARS);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: [{ CN: [name] }],
      notBefore: new Date(now),
      notAfter,
      signingAlgorithm: algorithm,
      keys: {
        privateKey: await subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]),
        publicKey: await subtle.importKey("spki", spki, algorithm, true, ["verify"]),
      },
    },
    webcrypto,
  );
  return `${certificate.toString("pem").trim()}\n`;
}
