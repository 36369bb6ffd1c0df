/** The pages people read, and the blocks in them that claim something. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** One fenced block: ```` ```language words ````. */
export type Block = {
  readonly page: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  /** What stands behind the language: how the block is held to its word. */
  readonly words: readonly string[];
  readonly text: string;
};

/** Paths below the repository's root. */
export function pagePaths(): readonly string[] {
  const folders = ["docs", "docs/decisions", "deploy"];
  const found = folders.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => `${folder}/${name}`),
  );
  return ["README.md", "SECURITY.md", "CHANGELOG.md", ...found];
}

export function textOf(page: string): string {
  return readFileSync(join(root, page), "utf8");
}

export function blocksOf(page: string, text = textOf(page)): readonly Block[] {
  const blocks: Block[] = [];
  let open: { line: number; fence: string; indent: string; info: string; lines: string[] } | undefined;
  text.split("\n").forEach((line, index) => {
    const fence = /^( *)(`{3,}|~{3,})(.*)$/.exec(line);
    if (open === undefined) {
      if (fence) open = { line: index + 1, fence: fence[2]!, indent: fence[1]!, info: fence[3]!, lines: [] };
      return;
    }
    if (fence?.[2]?.startsWith(open.fence) && fence[3]!.trim() === "") {
      const [language = "", ...words] = open.info.trim().split(/\s+/);
      blocks.push({ page, line: open.line, language, words, text: open.lines.join("\n") });
      open = undefined;
      return;
    }
    open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
  });
  if (open !== undefined) throw new Error(`${page}:${open.line} opens a block that never ends.`);
  return blocks;
}

export function placeOf(block: Block): string {
  return `${block.page}:${block.line}`;
}
