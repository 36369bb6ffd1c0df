import "reflect-metadata";
import { webcrypto } from "node:crypto";
import { cryptoProvider, SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";

type SelfSigned = Parameters<typeof X509CertificateGenerator.createSelfSigned>[0];

/** A self-signed certificate for 127.0.0.1, and for no name, that lives an hour; and its key (PKCS#8, PEM). */
export async function certificate(): Promise<{ readonly cert: string; readonly key: string }> {
  cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const made = await X509CertificateGenerator.createSelfSigned({
    name: "CN=postgres for the tests",
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
    signingAlgorithm: algorithm,
    keys: keys as unknown as SelfSigned["keys"],
    extensions: [new SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }])],
  } as SelfSigned);
  const body = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
  const lines = body.match(/.{1,64}/g)?.join("\n") ?? "";
  return {
    cert: made.toString("pem"),
    key: `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`,
  };
}
