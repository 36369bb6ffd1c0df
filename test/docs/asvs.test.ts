import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { newId } from "../../src/store/index.ts";
import { newKeyText } from "../../src/vault/index.ts";
import { root, textOf } from "./blocks.ts";

const PAGE = "docs/asvs.md";

/** Every requirement of levels 1 and 2 in these chapters, as ASVS 5.0.0 numbers them. */
const REQUIREMENTS = [
  ...chapter("3.2", 1, 2),
  ...chapter("3.3", 1, 4),
  ...chapter("3.4", 1, 6),
  ...chapter("3.5", 1, 5),
  ...chapter("3.7", 1, 2),
  ...chapter("4.1", 1, 3),
  ...chapter("4.2", 1, 1),
  ...chapter("4.3", 1, 2),
  ...chapter("4.4", 1, 4),
  ...chapter("7.1", 1, 3),
  ...chapter("7.2", 1, 4),
  ...chapter("7.3", 1, 2),
  ...chapter("7.4", 1, 5),
  ...chapter("7.5", 1, 2),
  ...chapter("7.6", 1, 2),
  ...chapter("8.1", 1, 2),
  ...chapter("8.2", 1, 3),
  ...chapter("8.3", 1, 1),
  ...chapter("8.4", 1, 1),
  ...chapter("10.1", 1, 2),
  ...chapter("10.2", 1, 2),
  ...chapter("10.3", 1, 4),
  ...chapter("10.4", 1, 11),
  ...chapter("10.5", 1, 5),
  ...chapter("10.6", 1, 2),
  ...chapter("10.7", 1, 3),
  ...chapter("11.1", 1, 2),
  ...chapter("11.2", 1, 3),
  ...chapter("11.3", 1, 3),
  ...chapter("11.4", 1, 4),
  ...chapter("11.5", 1, 1),
  ...chapter("11.6", 1, 1),
  ...chapter("13.3", 1, 2),
  ...chapter("14.1", 1, 2),
  ...chapter("14.2", 1, 4),
  ...chapter("14.3", 1, 3),
  ...chapter("16.1", 1, 1),
  ...chapter("16.2", 1, 5),
  ...chapter("16.3", 1, 4),
  ...chapter("16.4", 1, 3),
  ...chapter("16.5", 1, 3),
];

function chapter(name: string, from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, n) => `${name}.${from + n}`);
}

const rows = textOf(PAGE)
  .split("\n")
  .filter((line) => /^\| \d+\.\d+\.\d+/.test(line))
  .map((line) => line.split(" | ").map((cell) => cell.replace(/^\||\|$/g, "").trim()));

it("names every requirement of the level once, with its proof or with why it does not apply", () => {
  const named = rows.flatMap(([ids = ""]) => ids.split(/,\s*/));
  expect(named.sort()).toEqual([...REQUIREMENTS].sort());
  for (const [ids = "", , , proof] of rows) {
    const applies = !ids.includes(",") && !/^10\.[67]/.test(ids);
    if (applies) expect(proof, ids).toMatch(/\]\(\.\.\/test\//);
  }
});

it("cites tests that exist, by a part of their name", () => {
  const cited = [...textOf(PAGE).matchAll(/\[([^\]]+)\]\((\.\.\/test\/[^)]+)\)/g)];
  expect(cited.length).toBeGreaterThan(30);
  const wrong = cited.flatMap(([, name = "", link = ""]) => {
    const path = join(root, dirname(PAGE), link);
    if (!existsSync(path)) return [`${link} does not exist`];
    return readFileSync(path, "utf8").includes(name) ? [] : [`${link} has no test "${name}"`];
  });
  expect(wrong).toEqual([]);
});

it("what must not be guessed differs each time, and is long enough", () => {
  const random = (bytes: number) => new Uint8Array(randomBytes(bytes));
  const ids = new Set(Array.from({ length: 1_000 }, () => newId("con", random)));
  expect(ids.size).toBe(1_000);
  // 22 characters of base62.
  for (const id of ids) expect(id).toMatch(/^con_[0-9A-Za-z]{22}$/);
  expect(22 * Math.log2(62)).toBeGreaterThan(128);
  const keys = new Set(Array.from({ length: 1_000 }, () => newKeyText(random).reveal()));
  expect(keys.size).toBe(1_000);
});
