import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { STEPS } from "../../src/vault/index.ts";

it("docs/storage.md tells every step of a renewal, by its name and in its order", () => {
  const text = readFileSync(new URL("../../docs/storage.md", import.meta.url), "utf8");
  const section = text.slice(text.indexOf("### One renewal, step by step"));
  const named = [...section.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1]);
  expect(named.slice(0, STEPS.length)).toEqual([...STEPS]);
});
