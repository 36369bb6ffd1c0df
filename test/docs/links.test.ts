import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { pagePaths, root, textOf } from "./blocks.ts";

/** The pages beside the examples and benchmarks belong to them, and to their tests; their links are looked at here. */
const BESIDE = ["examples", "bench"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md") && !name.includes("node_modules"))
    .map((name) => `${folder}/${name}`),
);

describe("links", () => {
  it.each([...pagePaths(), ...BESIDE])("of %s lead to files and anchors that exist", (page) => {
    const wrong = linksOf(textOf(page)).filter((link) => !leadsSomewhere(page, link));
    expect(wrong).toEqual([]);
  });

  it("would be caught if they led nowhere", () => {
    expect(leadsSomewhere("README.md", "docs/absent.md")).toBe(false);
    expect(leadsSomewhere("README.md", "docs/architecture.md#absent")).toBe(false);
    expect(leadsSomewhere("README.md", "docs/architecture.md#the-house")).toBe(true);
  });
});

/** Pages written by hand; the others are made by a program or kept by the tests of what they describe. */
const WRITTEN = pagePaths().filter((page) =>
  /^(README|deploy|docs\/(real-jira|sandbox|library|command-line|threat-model)\.)/.test(page),
);

describe("lines", () => {
  it.each(WRITTEN)("of %s are at most 120 characters, tables aside", (page) => {
    const long = textOf(page)
      .split("\n")
      .filter((line) => [...line].length > 120 && !line.startsWith("|"));
    expect(long).toEqual([]);
  });
});

function linksOf(text: string): readonly string[] {
  const prose = text.replaceAll(/^( *)(`{3,})[\s\S]*?^\1\2\s*$/gm, "").replaceAll(/`[^`\n]*`/g, "");
  const inline = [...prose.matchAll(/\]\(([^)\s]+)[^)]*\)/g)].map((found) => found[1]!);
  const sources = [...prose.matchAll(/(?:src|href)="([^"]+)"/g)].map((found) => found[1]!);
  return [...inline, ...sources].filter((link) => !/^[a-z]+:/i.test(link));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : relative(root, join(root, dirname(page), decodeURIComponent(path)));
  if (target.startsWith("..") || !existsSync(join(root, target))) return false;
  if (anchor === undefined || statSync(join(root, target)).isDirectory()) return true;
  return target.endsWith(".md") && anchorsOf(textOf(target)).has(anchor);
}

/** The anchors a page gets for its headings, and those it sets itself. */
function anchorsOf(text: string): ReadonlySet<string> {
  const headings = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, title = ""]) =>
    title
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
  return new Set([...headings, ...[...text.matchAll(/<a id="([^"]+)"/g)].map((found) => found[1]!)]);
}
