import type { Block, Inline } from "./markdown.ts";

/** A document in Jira's wiki notation, with what would read as notation escaped. */
export function wikiOf(blocks: readonly Block[]): string {
  return blocks.map(blockText).join("\n\n");
}

function blockText(block: Block): string {
  switch (block.kind) {
    case "paragraph":
      return lineText(block.inline).split("\n").map(guarded).join("\n");
    case "heading":
      return `h${block.level}. ${oneLine(block.inline)}`;
    case "code":
      return codeText(block.text, block.language);
    case "list":
      return block.items
        .map(
          (item, at) =>
            `${(block.ordered ? "#" : "*").repeat((block.levels?.[at] ?? 0) + 1)} ${oneLine(item)}`,
        )
        .join("\n");
    case "quote":
      return `{quote}\n${lineText(block.inline)}\n{quote}`;
    case "rule":
      return "----";
  }
}

function codeText(text: string, language: string | undefined): string {
  // A macro ends at its own name, which cannot be escaped inside it.
  if (text.includes("{code")) return `{noformat}\n${text}\n{noformat}`;
  return `{code${language === undefined ? "" : `:${language}`}}\n${text}\n{code}`;
}

/** What would begin a list or a heading at the start of a line. */
function guarded(line: string): string {
  return line.replace(/^(\s*)#/, "$1\\#").replace(/^(\s*(?:h[1-6]|bq))\./, "$1&#46;");
}

/** Headings and items end with their line. */
function oneLine(inline: readonly Inline[]): string {
  return lineText(inline.map((one) => (one.kind === "break" ? { kind: "text", text: " " } : one)));
}

const NOTATION = /[\\*_{}[\]|!^~+?-]/g;

/** @param within it stands between marks, where even the inside of a word may end them */
function escaped(text: string, within: boolean): string {
  const entities = text.replace(/&(?=#?\w{1,10};)/g, "&amp;");
  return entities.replace(NOTATION, (one, at: number) => {
    // Two backslashes are a line break in this notation, so a backslash goes by its number.
    if (one === "\\") return "&#92;";
    // Inside a word these read as themselves; at its edge they begin or end a mark.
    const inWord = !within && /\w/.test(entities[at - 1] ?? "") && /\w/.test(entities[at + 1] ?? "");
    return one === "?" || (inWord && /[-+_]/.test(one)) ? one : `\\${one}`;
  });
}

function lineText(inline: readonly Inline[]): string {
  return inline
    .map((one) => {
      if (one.kind === "break") return "\n";
      let text = one.code ? `{{${one.text}}}` : escaped(one.text, one.em === true || one.strike === true);
      if (one.strong) text = `*${text}*`;
      if (one.em) text = `_${text}_`;
      if (one.strike) text = `-${text}-`;
      return one.href === undefined ? text : `[${text}|${one.href.replace(/[|\]\s]/g, encodeURIComponent)}]`;
    })
    .join("");
}
