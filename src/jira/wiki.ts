import type { Block, Inline } from "./markdown.ts";

/** A document in Jira's wiki notation, with what would read as notation escaped. */
export function wikiOf(blocks: readonly Block[]): string {
  return blocks.map(blockText).join("\n\n");
}

function blockText(block: Block): string {
  switch (block.kind) {
    case "paragraph":
      return lineText(block.inline);
    case "heading":
      return `h${block.level}. ${lineText(block.inline)}`;
    case "code":
      return `{code${block.language === undefined ? "" : `:${block.language}`}}\n${block.text}\n{code}`;
    case "list":
      return block.items.map((item) => `${block.ordered ? "#" : "*"} ${lineText(item)}`).join("\n");
    case "quote":
      return `{quote}\n${lineText(block.inline)}\n{quote}`;
    case "rule":
      return "----";
  }
}

const NOTATION = /[\\*_{}[\]|!^~+?-]/g;

function escaped(text: string): string {
  // Inside a word these read as themselves; at its edge they begin or end a mark.
  return text.replace(NOTATION, (one, at: number) => {
    const inWord = /\w/.test(text[at - 1] ?? "") && /\w/.test(text[at + 1] ?? "");
    return one === "?" || (inWord && /[-+_]/.test(one)) ? one : `\\${one}`;
  });
}

function lineText(inline: readonly Inline[]): string {
  return inline
    .map((one) => {
      if (one.kind === "break") return "\n";
      let text = one.code ? `{{${one.text}}}` : escaped(one.text);
      if (one.strong) text = `*${text}*`;
      if (one.em) text = `_${text}_`;
      if (one.strike) text = `-${text}-`;
      return one.href === undefined ? text : `[${text}|${one.href}]`;
    })
    .join("");
}
