import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPseudonyms, type PolicyKey, readToken } from "../../src/policy/index.ts";

const key = (id: string, byte: number): PolicyKey => ({ id, bytes: new Uint8Array(32).fill(byte) });
const acme = createPseudonyms({ tenant: "acme", keys: [key("k1", 1)] });
const denied = expect.objectContaining({ code: "policy_denied" });

describe("pseudonyms", () => {
  it("are stable, and differ by tenant, kind and key", () => {
    const again = createPseudonyms({ tenant: "acme", keys: [key("k1", 1)] });
    const mona = acme.pseudonym("email", "mona@example.com");
    expect(again.pseudonym("email", "Mona@Example.com ")).toBe(mona);
    const others = [
      acme.pseudonym("userName", "mona@example.com"),
      createPseudonyms({ tenant: "globex", keys: [key("k1", 1)] }).pseudonym("email", "mona@example.com"),
      createPseudonyms({ tenant: "acme", keys: [key("k1", 2)] }).pseudonym("email", "mona@example.com"),
      acme.pseudonym("email", "lisa@example.com"),
    ];
    expect(new Set([mona, ...others].map((token) => token.split("_").at(-1))).size).toBe(5);
    expect(readToken(mona)).toEqual({ reversible: false, kind: "email", keyId: "k1" });
  });

  it("do not confuse where tenant, kind and value begin", () => {
    const one = createPseudonyms({ tenant: "ab", keys: [key("k1", 1)] }).pseudonym("c", "d");
    const other = createPseudonyms({ tenant: "a", keys: [key("k1", 1)] }).pseudonym("bc", "d");
    expect(one.split("_").at(-1)).not.toBe(other.split("_").at(-1));
  });

  it("cannot be opened", () => {
    expect(() => acme.open("email", acme.pseudonym("email", "mona@example.com"))).toThrow(denied);
  });

  it("need a key of 32 bytes with a plain id", () => {
    const invalid = expect.objectContaining({ code: "config_invalid" });
    expect(() => createPseudonyms({ tenant: "a", keys: [{ id: "k1", bytes: new Uint8Array(31) }] })).toThrow(
      invalid,
    );
    expect(() => createPseudonyms({ tenant: "a", keys: [key("K_1", 1)] })).toThrow(invalid);
  });
});

describe("reversible tokens", () => {
  it("any text comes back as it was, and equal texts give equal tokens", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const wellFormed = text.toWellFormed();
        const token = acme.seal("email", wellFormed);
        return acme.open("email", token) === wellFormed && acme.seal("email", wellFormed) === token;
      }),
    );
  });

  it("are refused in another kind, another tenant and under another key", () => {
    const token = acme.seal("email", "mona@example.com");
    const globex = createPseudonyms({ tenant: "globex", keys: [key("k1", 1)] });
    const stranger = createPseudonyms({ tenant: "acme", keys: [key("k1", 2)] });
    expect(() => acme.open("userName", token)).toThrow(denied);
    expect(() => acme.open("userName", token.replace("_email_", "_userName_"))).toThrow(denied);
    expect(() => globex.open("email", token)).toThrow(denied);
    expect(() => stranger.open("email", token)).toThrow(denied);
    expect(() => acme.open("email", token.replace("_k1_", "_k2_"))).toThrow(denied);
  });

  it("are refused with any character changed, added or cut", () => {
    const token = acme.seal("email", "mona@example.com");
    const start = token.lastIndexOf("_") + 1;
    for (let at = start; at < token.length; at++) {
      const other = token[at] === "A" ? "B" : "A";
      expect(() => acme.open("email", token.slice(0, at) + other + token.slice(at + 1))).toThrow(denied);
    }
    for (const forged of [
      `${token}A`,
      token.slice(0, -1),
      `${token}=`,
      `${token.slice(0, start)}${"A".repeat(40)}`,
    ]) {
      expect(() => acme.open("email", forged)).toThrow(denied);
    }
  });

  it("of an earlier key open after the key changed", () => {
    const changed = createPseudonyms({ tenant: "acme", keys: [key("k2", 2), key("k1", 1)] });
    expect(changed.open("email", acme.seal("email", "mona@example.com"))).toBe("mona@example.com");
    expect(changed.seal("email", "mona@example.com")).toMatch(/^lkr_email_k2_/);
  });
});
