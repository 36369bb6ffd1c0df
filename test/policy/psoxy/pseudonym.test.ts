/** The tokens of Psoxy, to the byte: published values, and an independent computation from their definition. */
import { execFileSync } from "node:child_process";
import { createHash, webcrypto } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPsoxyPseudonyms, type PseudonymSettings } from "../../../src/policy/psoxy/index.ts";

const SHIPPED = { salt: "salt", encryption_key: "secret" };
const EMAIL =
  "p~FLIM5xLgQ5m5vrONCMIiijaoUeFSBBLdaKBXGHqa5OQcZWU39HniZ3phdmegLotuacdckYPaf9zpKnrv9Ez-SQ@worklytics.co";
const b64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
const sha = (text: string) => createHash("sha256").update(text).digest();

/** The same definition in other words: Web Crypto instead of node's ciphers. */
async function reversible(value: string, canonical: string, { salt, encryption_key }: typeof SHIPPED) {
  const { subtle } = webcrypto;
  const bytes = new TextEncoder();
  const from = await subtle.importKey("raw", bytes.encode(encryption_key), "PBKDF2", false, ["deriveKey"]);
  const derivation = { name: "PBKDF2", hash: "SHA-256", salt: bytes.encode(salt), iterations: 65536 };
  const key = await subtle.deriveKey(derivation, from, { name: "AES-CBC", length: 256 }, false, ["encrypt"]);
  const hash = new Uint8Array(await subtle.digest("SHA-256", bytes.encode(canonical + salt)));
  const sealed = await subtle.encrypt({ name: "AES-CBC", iv: hash.slice(0, 16) }, key, bytes.encode(value));
  return `p~${b64(Buffer.concat([hash, new Uint8Array(sealed)]))}`;
}

describe("published values", () => {
  test.each([
    ["fake@contoso.com", "t~7fwD-7Ki3YuYHHeJgtXUw098eDrnFaTVAxcjy3ZcxVI@contoso.com"],
    ["608a9b555426330072f9867d", "t~7Z5-G-SoDUxVDxHtoJZFqVZ-ri3XiGo3ylaDNUVtY6Q"],
    ["JIRAUSER10000", "t~XFMcGkt3HwABpThFffmg84wAjV_V-7EYXA2C4uBCDss"],
  ])("%s", (value, wanted) => {
    expect(createPsoxyPseudonyms(SHIPPED).pseudonymize(value)).toBe(wanted);
  });

  test("a reversible address, both ways", () => {
    const pseudonyms = createPsoxyPseudonyms(SHIPPED);
    expect(pseudonyms.pseudonymize("juan@worklytics.co", { includeReversible: true })).toBe(EMAIL);
    expect(pseudonyms.open(EMAIL)).toBe("juan@worklytics.co");
    expect(pseudonyms.open(EMAIL.replace("@", "%40"))).toBe("juan@worklytics.co");
  });

  test("the older form, with a scope in the hash", () => {
    const older = createPsoxyPseudonyms({ salt: "salt", implementation: "v0.3", scope: "scope" });
    expect(older.pseudonymize("original", { encoding: "URL_SAFE_HASH_ONLY" })).toBe(
      "Xz77cF4Fm7KMPAuwLaGXD82LKXNwi69nNcH0nKtGRJA",
    );
  });
});

describe("the definition", () => {
  test("openssl computes the same hash of value and salt", () => {
    const run = (input: string) =>
      execFileSync("openssl", ["dgst", "-sha256", "-binary"], { input }).toString("base64url");
    const { pseudonymize } = createPsoxyPseudonyms({ salt: "s-1" });
    for (const value of ["712020:0b6f2a64", "öß", "10001"])
      expect(pseudonymize(value)).toBe(`t~${run(`${value}s-1`)}`);
  });

  test("Web Crypto computes the same reversible tokens", async () => {
    const own = { salt: "another salt", encryption_key: "another key" };
    const { pseudonymize } = createPsoxyPseudonyms(own);
    for (const value of ["712020:0b6f2a64", "x", "a text of exactly", "é".repeat(40)])
      expect(pseudonymize(value, { includeReversible: true })).toBe(await reversible(value, value, own));
    const written = "Juan.Perez+list@Worklytics.co";
    const token = await reversible(written, "juan.perez@worklytics.co", own);
    expect(pseudonymize(written, { includeReversible: true })).toBe(`${token}@Worklytics.co`);
  });

  test.each([
    ["Alana Grant <Alana.Grant+jira@Example.COM>", "STRICT", "alana.grant@example.com", "@Example.COM"],
    ['"Grant, Alana" <alana.grant@example.com>', "IGNORE_DOTS", "alanagrant@example.com", "@example.com"],
    ["alana@localhost", "STRICT", "alana@localhost", ""],
    ["alana@[127.0.0.1]", "STRICT", "alana@[127.0.0.1]", ""],
    ["@alana", "STRICT", "@alana", ""],
  ] as const)("%s is hashed under %s as %s", (value, email_canonicalization, canonical, domain) => {
    const { pseudonymize } = createPsoxyPseudonyms({ salt: "salt", email_canonicalization });
    expect(pseudonymize(value)).toBe(`t~${b64(sha(`${canonical}salt`))}${domain}`);
  });

  test("a domain is kept, left out, hashed or sealed", () => {
    const form = (email_domain_handling: NonNullable<PseudonymSettings["email_domain_handling"]>) =>
      createPsoxyPseudonyms({ ...SHIPPED, salt_email_domains: "pepper", email_domain_handling }).pseudonymize(
        "fake@contoso.com",
      );
    const token = "t~7fwD-7Ki3YuYHHeJgtXUw098eDrnFaTVAxcjy3ZcxVI";
    expect(form("PRESERVE")).toBe(`${token}@contoso.com`);
    expect(form("REDACT")).toBe(token);
    expect(form("TOKENIZE")).toBe(`${token}@h~${b64(sha("contoso.compepper"))}`);
    expect(form("ENCRYPT")).toMatch(new RegExp(`^${token}@e~[A-Za-z0-9_-]{64}$`));
  });

  test("JSON and bare hashes", () => {
    const { pseudonymize } = createPsoxyPseudonyms(SHIPPED);
    const all = { encoding: "JSON", includeOriginal: true, includeReversible: true } as const;
    const hash = b64(sha("juan@worklytics.cosalt"));
    expect(JSON.parse(pseudonymize("juan@worklytics.co", all))).toEqual({
      domain: "worklytics.co",
      hash,
      original: "juan@worklytics.co",
      reversible: EMAIL,
    });
    expect(pseudonymize("1", { encoding: "JSON" })).toBe(`{"hash":"${b64(sha("1salt"))}"}`);
    expect(pseudonymize("juan@worklytics.co", { encoding: "URL_SAFE_HASH_ONLY" })).toBe(hash);
  });
});

describe("for every value", () => {
  const pseudonyms = createPsoxyPseudonyms(SHIPPED);

  test("a reversible token opens to what it was made of, and its text is one that a URL holds", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 }), (value) => {
        const token = pseudonyms.pseudonymize(value, { includeReversible: true });
        expect(pseudonyms.open(token)).toBe(value.toWellFormed());
        expect(token).toMatch(/^p~[A-Za-z0-9_-]{64,}(@[A-Za-z0-9.-]+)?$/);
      }),
    );
  });

  test("a token that was changed in any byte does not open", () => {
    const token = pseudonyms.pseudonymize("712020:0b6f2a64-9d2e", { includeReversible: true });
    const bytes = Buffer.from(token.slice(2), "base64url");
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(bytes);
        changed[at]! ^= flip;
        expect(pseudonyms.open(`p~${b64(changed)}`)).toBeUndefined();
      }),
    );
    expect(createPsoxyPseudonyms({ ...SHIPPED, salt: "other" }).open(token)).toBeUndefined();
    expect(createPsoxyPseudonyms({ salt: "salt" }).open(token)).toBeUndefined();
  });
});
