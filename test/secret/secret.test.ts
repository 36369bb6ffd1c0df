import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { remember, Secret, scrub, secret } from "../../src/secret.ts";

const VALUE = "canary/abc+123=äöü";

describe("a secret", () => {
  it("cannot be printed, whatever tries to", () => {
    const hidden = new Secret(VALUE);
    for (const shown of [
      `${hidden}`,
      String(hidden),
      JSON.stringify({ hidden }),
      inspect({ hidden }, { depth: 9 }),
      `${inspect(hidden, { showHidden: true })}`,
    ]) {
      expect(shown).not.toContain("canary");
      expect(shown).toContain("[secret]");
    }
    expect(Object.keys(hidden)).toEqual([]);
  });

  it("hands its value over on one word only, and is not wrapped twice", () => {
    const hidden = secret(VALUE);
    expect(hidden.reveal()).toBe(VALUE);
    expect(secret(hidden)).toBe(hidden);
  });
});

describe("scrubbing", () => {
  it("finds a live secret raw, percent-encoded once and twice, in JSON and in base64", () => {
    new Secret(VALUE);
    const once = encodeURIComponent(VALUE);
    const forms = [
      VALUE,
      once,
      encodeURIComponent(once),
      JSON.stringify(VALUE),
      Buffer.from(VALUE).toString("base64"),
      Buffer.from(VALUE).toString("base64url"),
    ];
    for (const form of forms) expect(scrub(`before ${form} after`)).toMatch(/^before "?\[secret\]"? after$/);
    expect(scrub(forms.join("|"))).not.toMatch(/canary/);
  });

  it("takes the longest where one secret begins another", () => {
    remember("prefix-1234");
    remember("prefix-1234-and-more");
    expect(scrub("x prefix-1234-and-more y prefix-1234 z")).toBe("x [secret] y [secret] z");
  });

  it("leaves ordinary text as it is, also beside short values that were remembered", () => {
    remember("short");
    const text = "a short line about nothing in particular";
    expect(scrub(text)).toBe(text);
  });

  it("lets the oldest go at the limit, and keeps what was seen again", () => {
    remember("kept-secret-0001");
    for (let i = 0; i < 10_005; i++) {
      remember(`filler-${i}-${"x".repeat(8)}`);
      if (i % 1000 === 0) remember("kept-secret-0001");
    }
    expect(scrub("kept-secret-0001")).toBe("[secret]");
    expect(scrub("filler-1-xxxxxxxx")).toBe("filler-1-xxxxxxxx");
  });
});
