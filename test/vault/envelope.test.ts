import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyIdOf, open, type Place, seal } from "../../src/vault/envelope.ts";
import { loadKeyring, newKeyText } from "../../src/vault/index.ts";
import { random } from "./world.ts";

const place: Place = {
  table: "families",
  column: "sealed_tokens",
  row: "fam_1",
  owner: "alice",
  generation: 3,
};
const keyring = await loadKeyring({ current: newKeyText(random) });
const unreadable = expect.objectContaining({ code: "vault_unreadable" });
const thrown = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return error;
  }
};

describe("a sealed value", () => {
  it("opens to what was sealed, whatever the text and the place", () => {
    const anywhere = fc.record({
      table: fc.string(),
      column: fc.string(),
      row: fc.string(),
      owner: fc.string({ unit: "grapheme" }),
      generation: fc.nat(),
    });
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), anywhere, (text, at) => {
        expect(open(keyring, at, seal(keyring, random, at, text))).toBe(text);
      }),
    );
  });

  it("has the form lkv1.<key id>.<salt>.<iv>.<ciphertext>.<tag> with a salt of 32 bytes", () => {
    const sealed = seal(keyring, random, place, "secret");
    expect(sealed).toMatch(/^lkv1\.[\w-]{8}\.[\w-]{43}\.[\w-]{16}\.[\w-]{8}\.[\w-]{22}$/);
    expect(keyIdOf(sealed)).toBe(keyring.current.id);
  });

  it("never looks the same twice: salt and nonce are drawn anew", () => {
    const many = Array.from({ length: 50 }, () => seal(keyring, random, place, "same").split("."));
    for (const part of [2, 3, 4]) expect(new Set(many.map((parts) => parts[part])).size).toBe(50);
  });

  it("does not open in another place", () => {
    const sealed = seal(keyring, random, place, "secret");
    const moved: readonly Partial<Place>[] = [
      { table: "attempts" },
      { column: "parked" },
      { row: "fam_2" },
      { owner: "bob" },
      { owner: "" },
      { generation: 4 },
    ];
    for (const change of moved) {
      expect(
        thrown(() => open(keyring, { ...place, ...change }, sealed)),
        JSON.stringify(change),
      ).toEqual(unreadable);
    }
  });

  it("keeps the parts of its place apart: no two places read the same", () => {
    const sealed = seal(keyring, random, { ...place, row: "fam_1", owner: "alice" }, "secret");
    expect(thrown(() => open(keyring, { ...place, row: "fam_1a", owner: "lice" }, sealed))).toEqual(
      unreadable,
    );
  });

  it("does not open with another key, nor one that claims its id", async () => {
    const sealed = seal(keyring, random, place, "secret");
    const other = await loadKeyring({ current: newKeyText(random) });
    expect(thrown(() => open(other, place, sealed))).toEqual(unreadable);
    const posing = { ...other, keys: new Map([[keyring.current.id, other.current]]) };
    expect(thrown(() => open(posing, place, sealed))).toEqual(unreadable);
  });

  it("does not open after any one character was changed, removed or added", () => {
    const sealed = seal(keyring, random, place, "secret");
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n";
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.constantFrom(...letters), fc.nat(2), (at, letter, how) => {
        const after = how === 0 ? at + 1 : at;
        const changed =
          sealed.slice(0, at) + (how === 1 ? "" : letter) + sealed.slice(how === 1 ? at + 1 : after);
        fc.pre(changed !== sealed);
        expect(thrown(() => open(keyring, place, changed))).toEqual(unreadable);
      }),
      { numRuns: 500 },
    );
  });

  it("does not open when it is cut short anywhere", () => {
    const sealed = seal(keyring, random, place, "secret");
    for (let length = 0; length < sealed.length; length++) {
      expect(thrown(() => open(keyring, place, sealed.slice(0, length)))).toEqual(unreadable);
    }
  });

  it("tells the operator where it stands and why it does not open, and nothing of its content", () => {
    const sealed = seal(keyring, random, place, "canary-4711");
    const error = thrown(() => open(keyring, { ...place, owner: "bob" }, sealed)) as {
      details: object;
      cause?: unknown;
    };
    expect(error.details).toEqual({
      table: "families",
      column: "sealed_tokens",
      row: "fam_1",
      why: "authentication",
    });
    expect(error.cause).toBeUndefined();
  });
});
