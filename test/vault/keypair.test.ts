import { createHash, createPrivateKey, createPublicKey, sign, verify, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { oauth1 } from "../../src/protocol/index.ts";
import { generateKeyPair } from "../../src/vault/index.ts";

const now = () => Date.UTC(2026, 10, 20);

describe("a generated key pair", () => {
  it.each([2048, 3072] as const)("of %i bit is one key in every form", async (bits) => {
    const pair = await generateKeyPair({ bits, now });
    const pem = pair.private_pem.reveal();
    expect(pem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(pair.public_pem).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
    const signature = sign("sha1", Buffer.from("base string"), createPrivateKey(pem));
    const certificate = new X509Certificate(pair.certificate_pem);
    const publicKeys = [
      createPublicKey(pair.public_pem),
      createPublicKey({ key: Buffer.from(pair.public_one_line, "base64"), format: "der", type: "spki" }),
      certificate.publicKey,
    ];
    for (const key of publicKeys) {
      expect(key.asymmetricKeyDetails?.modulusLength).toBe(bits);
      expect(verify("sha1", Buffer.from("base string"), key, signature)).toBe(true);
    }
    const spki = Buffer.from(pair.public_one_line, "base64");
    expect(pair.spki_sha256).toBe(createHash("sha256").update(spki).digest("hex"));
    expect(pair.private_one_line.reveal()).toMatch(/^[A-Za-z0-9+/]+=*$/);
  });

  it("carries a certificate that signs itself, names Latchkey and lasts ten years", async () => {
    const { certificate_pem } = await generateKeyPair({ now, name: "Example Jira app" });
    const certificate = new X509Certificate(certificate_pem);
    expect(certificate.subject).toBe("CN=Example Jira app");
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.validFromDate.getTime()).toBe(now());
    expect(certificate.validToDate.getUTCFullYear()).toBe(2036);
  });

  it("takes a name as it is, whatever characters it holds", async () => {
    const { certificate_pem } = await generateKeyPair({ now, name: 'A, "B"=C+D' });
    expect(new X509Certificate(certificate_pem).subject).toContain("B");
  });

  it("is read back by the protocol, in PEM and on one line", async () => {
    const pair = await generateKeyPair({ now });
    for (const text of [pair.private_pem.reveal(), pair.private_one_line.reveal()]) {
      expect(oauth1.parsePrivateKey(text).spki_sha256).toBe(pair.spki_sha256);
    }
  });

  it("does not print its private half", async () => {
    const pair = await generateKeyPair({ now });
    expect(JSON.stringify(pair)).not.toContain(pair.private_one_line.reveal().slice(100, 140));
  });
});
