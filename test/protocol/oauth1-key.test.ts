import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { describe, expect, test } from "vitest";
import { isLatchkeyError, type LatchkeyError } from "../../src/errors.ts";
import { isPair, parsePrivateKey, parsePublicKey } from "../../src/protocol/oauth1/key.ts";
import { TEST_CERTIFICATE, TEST_KEY, TEST_KEY_SPKI_SHA256 } from "./vectors.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const other = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });

function pem(key: KeyObject, type: "pkcs1" | "pkcs8" | "spki" | "sec1"): string {
  return key.export({ format: "pem", type: type as "pkcs8" }).toString();
}

function der(key: KeyObject, type: "pkcs1" | "pkcs8" | "spki"): Buffer {
  return key.export({ format: "der", type: type as "pkcs8" }) as Buffer;
}

const pkcs8 = pem(rsa.privateKey, "pkcs8");
const pkcs1 = pem(rsa.privateKey, "pkcs1");
const spki_sha256 = createHash("sha256").update(der(rsa.publicKey, "spki")).digest("hex");
const certificate = armour("CERTIFICATE", TEST_CERTIFICATE);

function armour(label: string, base64: string): string {
  return `-----BEGIN ${label}-----\n${base64.replace(/.{1,64}/g, "$&\n")}-----END ${label}-----\n`;
}

function refusal(run: () => unknown): LatchkeyError {
  try {
    run();
  } catch (thrown) {
    if (isLatchkeyError(thrown)) return thrown;
    throw thrown;
  }
  throw new Error("It was accepted.");
}

describe("a private key is read in every form it is kept in", () => {
  const oneLine = der(rsa.privateKey, "pkcs8").toString("base64");
  test.each<[string, string]>([
    ["PKCS#8 in PEM", pkcs8],
    ["PKCS#1 in PEM", pkcs1],
    ["with Windows line breaks", pkcs8.replaceAll("\n", "\r\n")],
    ["line breaks written as \\n", pkcs8.replaceAll("\n", "\\n")],
    ["line breaks written as \\r\\n, in quotes", `"${pkcs8.replaceAll("\n", "\\r\\n")}"`],
    ["line breaks turned into spaces", pkcs8.replaceAll("\n", " ")],
    ["line breaks lost altogether", pkcs1.replaceAll("\n", "")],
    ["one base64 line, PKCS#8", oneLine],
    ["one base64 line, PKCS#1", der(rsa.privateKey, "pkcs1").toString("base64")],
    ["one base64 line broken at 64 characters", oneLine.replace(/.{64}/g, "$&\n")],
    ["a line of config.properties", `private_key=${oneLine}`],
    ["with a byte order mark and blank lines", `\uFEFF\n\n  ${pkcs8}\n\n`],
    [
      "with openssl's bag attributes before it",
      `Bag Attributes\n    friendlyName: jira\nKey Attributes: <No Attributes>\n${pkcs8}`,
    ],
    ["after its public key in the same file", `${pem(rsa.publicKey, "spki")}${pkcs8}`],
  ])("%s", (_, text) => {
    const key = parsePrivateKey(text);
    expect(key).toMatchObject({
      bits: 2048,
      spki_sha256,
      warnings: [],
      public_pem: pem(rsa.publicKey, "spki"),
    });
    expect(isPair(key, parsePublicKey(pem(rsa.publicKey, "spki")))).toBe(true);
    expect(isPair(key, parsePublicKey(pem(other.publicKey, "spki")))).toBe(false);
  });

  test("after its certificate in the same file", () => {
    const both = `${certificate}\n${armour("PRIVATE KEY", TEST_KEY)}`;
    expect(parsePrivateKey(both).spki_sha256).toBe(TEST_KEY_SPKI_SHA256);
  });

  test("escapes of a Java properties file are taken off and said so", () => {
    const escaped = `private_key=${oneLine.replaceAll("=", "\\=").replaceAll("+", "\\u002b")}`;
    // Continued where no escape is cut in two.
    const key = parsePrivateKey(escaped.replace(/.{400,}?[A-Za-z0-9]{8}/, "$&\\\n    "));
    expect(key.spki_sha256).toBe(spki_sha256);
    expect(key.warnings).toEqual(["Escapes of a Java properties file were removed from the key."]);
  });

  test("1024 bits are taken with a warning, fewer are not", () => {
    expect(parsePrivateKey(TEST_KEY).warnings).toEqual([
      "The key has 1024 bits; 2048 or more are advised today.",
    ]);
    const small = generateKeyPairSync("rsa", { modulusLength: 512 }).privateKey;
    expect(refusal(() => parsePrivateKey(pem(small, "pkcs8"))).details).toEqual({ found: "too-small" });
  });
});

describe("what is pasted by mistake is named, with the command that helps", () => {
  const encrypted = { format: "pem", cipher: "aes-256-cbc", passphrase: "x" } as const;
  const table: [found: string, name: string, text: () => string, fix: RegExp][] = [
    ["certificate", "a certificate", () => certificate, /openssl x509/],
    ["certificate", "a certificate without armour", () => TEST_CERTIFICATE, /openssl x509/],
    ["public-key", "an SPKI public key", () => pem(rsa.publicKey, "spki"), /openssl rsa .*-pubout/],
    ["public-key", "a PKCS#1 public key", () => pem(rsa.publicKey, "pkcs1"), /openssl rsa/],
    ["public-key", "a bare public key", () => der(rsa.publicKey, "spki").toString("base64"), /openssl rsa/],
    [
      "ssh-public-key",
      "a line of authorized_keys",
      () => "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAB me@host",
      /ssh-keygen/,
    ],
    [
      "encrypted-key",
      "encrypted PKCS#8",
      () => rsa.privateKey.export({ ...encrypted, type: "pkcs8" }).toString(),
      /openssl pkcs8 -topk8 -nocrypt/,
    ],
    [
      "encrypted-key",
      "encrypted PKCS#1",
      () => rsa.privateKey.export({ ...encrypted, type: "pkcs1" }).toString(),
      /-nocrypt/,
    ],
    [
      "encrypted-key",
      "encrypted without armour",
      () => rsa.privateKey.export({ ...encrypted, format: "der", type: "pkcs8" }).toString("base64"),
      /-nocrypt/,
    ],
    [
      "openssh-key",
      "OpenSSH's format",
      () =>
        "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----",
      /ssh-keygen -p -m PEM/,
    ],
    ["putty-key", "PuTTY's format", () => "PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none", /puttygen/],
    [
      "certificate-request",
      "a certificate request",
      () => "-----BEGIN CERTIFICATE REQUEST-----\nMIIC\n-----END CERTIFICATE REQUEST-----",
      /openssl req/,
    ],
    ["not-rsa", "an EC key, PKCS#8", () => pem(ec.privateKey, "pkcs8"), /openssl genpkey -algorithm RSA/],
    ["not-rsa", "an EC key, SEC 1", () => pem(ec.privateKey, "sec1"), /RSA/],
    ["not-rsa", "an Ed25519 key", () => pem(generateKeyPairSync("ed25519").privateKey, "pkcs8"), /RSA/],
    ["truncated", "PEM without its end", () => pkcs8.slice(0, 900), /-check/],
    ["truncated", "PEM with lines missing", () => pkcs8.split("\n").toSpliced(10, 3).join("\n"), /-check/],
    [
      "truncated",
      "base64 without its end",
      () => der(rsa.privateKey, "pkcs8").toString("base64").slice(0, 600),
      /-check/,
    ],
    ["damaged", "PEM with a foreign character", () => pkcs8.replace(/(\n.{20})./, "$1?"), /-check/],
    ["damaged", "a wrong character inside the modulus", () => damage(pkcs8), /-check/],
    ["file-name", "the name of a file", () => "jira_privatekey.pem", /cat/],
    ["nothing", "nothing", () => " \n", /PEM/],
    ["nothing", "some text", () => "here is my key: later", /PEM/],
    ["nothing", "null bytes", () => "\0\0\0", /PEM/],
  ];
  test.each(table)("%s: %s", (found, _, text, fix) => {
    const error = refusal(() => parsePrivateKey(text()));
    expect(error.code).toBe("private_key_invalid");
    expect(error.details.found).toBe(found);
    expect(error.fix).toMatch(fix);
  });

  test("no message, fix or detail repeats anything of what was pasted", () => {
    for (const text of [pkcs8.slice(0, 900), damage(pkcs8), `${pkcs8.slice(30, 200)} canary`]) {
      const error = refusal(() => parsePrivateKey(text));
      const said = JSON.stringify([error.message, error.fix, error.details]);
      for (const line of text.split(/\s+/).filter((part) => part.length > 12))
        expect(said).not.toContain(line);
    }
  });
});

function damage(text: string): string {
  const at = text.indexOf("\n", 200) + 20;
  return text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
}

describe("a public key is read for comparison", () => {
  test.each<[string, () => string]>([
    ["SubjectPublicKeyInfo", () => pem(rsa.publicKey, "spki")],
    ["PKCS#1", () => pem(rsa.publicKey, "pkcs1")],
    ["bare base64", () => der(rsa.publicKey, "spki").toString("base64")],
    ["line breaks lost", () => pem(rsa.publicKey, "spki").replaceAll("\n", "")],
  ])("%s", (_, text) => {
    expect(parsePublicKey(text())).toMatchObject({ bits: 2048, spki_sha256 });
  });

  test("an X.509 certificate, armoured or bare", () => {
    expect(parsePublicKey(certificate).spki_sha256).toBe(TEST_KEY_SPKI_SHA256);
    expect(parsePublicKey(TEST_CERTIFICATE).spki_sha256).toBe(TEST_KEY_SPKI_SHA256);
    expect(isPair(parsePrivateKey(TEST_KEY), parsePublicKey(certificate))).toBe(true);
  });

  test.each<[string, string, () => string]>([
    ["private-key", "a private key", () => pkcs8],
    ["not-rsa", "an EC public key", () => pem(ec.publicKey, "spki")],
    ["nothing", "nothing", () => ""],
    ["truncated", "half of one", () => pem(rsa.publicKey, "spki").slice(0, 200)],
  ])("refused: %s (%s)", (found, _, text) => {
    const error = refusal(() => parsePublicKey(text()));
    expect(error.code).toBe("bad_request");
    expect(error.details.found).toBe(found);
  });
});
