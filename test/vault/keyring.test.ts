import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/secret.ts";
import { openStore } from "../../src/store/index.ts";
import { open, seal } from "../../src/vault/envelope.ts";
import { loadKeyring, newKeyText, proveKeyring, rekey } from "../../src/vault/index.ts";
import { temporaryDirectory } from "../store/temporary.ts";
import { random } from "./world.ts";

const place = { table: "t", column: "c", row: "r", owner: "o", generation: 1 };
const storeAt = async (path: string) => await openStore({ url: `sqlite:${path}`, now: Date.now });

describe("a key text", () => {
  it("is lkkey1_ and 49 characters, different each time, and is not printed", () => {
    const text = newKeyText(random);
    expect(text.reveal()).toMatch(/^lkkey1_[\w-]{49}$/);
    expect(newKeyText(random).reveal()).not.toBe(text.reveal());
    expect(`${text}`).toBe("[secret]");
  });

  it("may carry a line break, as files do", async () => {
    const text = newKeyText(random);
    const plain = await loadKeyring({ current: text });
    const padded = await loadKeyring({ current: new Secret(` ${text.reveal()}\r\n`) });
    expect(padded.current.id).toBe(plain.current.id);
    expect(padded.current.key.equals(plain.current.key)).toBe(true);
  });

  it("with any character wrong, missing or too many is refused as key_wrong", async () => {
    const text = newKeyText(random).reveal();
    const mistakes = [
      text.slice(0, -1),
      `${text}A`,
      text.replace("lkkey1_", "lkkey2_"),
      "password",
      "x".repeat(56),
    ];
    for (let at = 7; at < text.length; at++) {
      mistakes.push(text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1));
    }
    for (const mistake of mistakes) {
      await expect(loadKeyring({ current: new Secret(mistake) }), mistake).rejects.toMatchObject({
        code: "key_wrong",
      });
    }
  });

  it("that is empty is key_missing", async () => {
    await expect(loadKeyring({ current: new Secret(" \n") })).rejects.toMatchObject({ code: "key_missing" });
  });
});

describe("a keyring", () => {
  it("does not print its keys", async () => {
    const text = newKeyText(random);
    const bytes = Buffer.from(text.reveal().slice(7, 50), "base64url");
    const keyring = await loadKeyring({ current: text });
    const printed = `${inspect(keyring, { depth: 9 })} ${JSON.stringify(keyring)}`;
    for (const form of [
      bytes.toString("hex"),
      bytes.toString("base64").slice(0, 40),
      [...bytes].join(", "),
    ]) {
      expect(printed).not.toContain(form);
    }
  });
});

describe("a keyring of several keys", () => {
  it("seals with the current key and opens what any of them sealed", async () => {
    const [old, current] = [newKeyText(random), newKeyText(random)];
    const before = await loadKeyring({ current: old });
    const after = await loadKeyring({ current, older: [old] });
    const sealed = seal(before, random, place, "kept");
    expect(open(after, place, sealed)).toBe("kept");
    const renewed = seal(after, random, place, "kept");
    expect(() => open(before, place, renewed)).toThrow(expect.objectContaining({ code: "vault_unreadable" }));
  });
});

describe("a vault's key", () => {
  it("is proven at every opening, and a wrong one is refused before anything is changed", async () => {
    const path = join(temporaryDirectory(), "latchkey.db");
    const store = await storeAt(path);
    const keyring = await loadKeyring({ current: newKeyText(random) });
    await proveKeyring(store, keyring, random);
    await proveKeyring(store, keyring, random);
    const before = await store.meta.list("");
    expect(before).toHaveLength(1);
    const wrong = await loadKeyring({ current: newKeyText(random) });
    await expect(proveKeyring(store, wrong, random)).rejects.toMatchObject({ code: "key_wrong" });
    expect(await store.meta.list("")).toEqual(before);
    await store.close();
  });

  it("may be followed by a new one, and is missed until everything was sealed anew", async () => {
    const store = await storeAt(join(temporaryDirectory(), "latchkey.db"));
    const [old, current] = [newKeyText(random), newKeyText(random)];
    await proveKeyring(store, await loadKeyring({ current: old }), random);
    const both = await loadKeyring({ current, older: [old] });
    await proveKeyring(store, both, random);
    for (const alone of [current, old]) {
      const missing = proveKeyring(store, await loadKeyring({ current: alone }), random);
      await expect(missing).rejects.toMatchObject({
        code: "key_missing",
        fix: expect.stringContaining("vault rekey"),
      });
    }
    await rekey({ store, keyring: both, random });
    await proveKeyring(store, await loadKeyring({ current }), random);
    const old_alone = proveKeyring(store, await loadKeyring({ current: old }), random);
    await expect(old_alone).rejects.toMatchObject({ code: "key_wrong" });
    await store.close();
  });

  it("is one only, when two processes open a new store with different keys", async () => {
    const path = join(temporaryDirectory(), "latchkey.db");
    const stores = await Promise.all([storeAt(path), storeAt(path)]);
    const proofs = stores.map(async (store) =>
      proveKeyring(store, await loadKeyring({ current: newKeyText(random) }), random),
    );
    const ended = await Promise.allSettled(proofs);
    expect(ended.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    for (const store of stores) await store.close();
  });
});
