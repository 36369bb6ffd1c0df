import type { Block, Inline } from "./markdown.ts";

type AdfNode = Readonly<Record<string, unknown>>;

/**
 * A document in Atlassian Document Format.
 * @see https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
 */
export function adfOf(blocks: readonly Block[]): AdfNode {
  const content = blocks.map(blockNode);
  // Jira refuses a document without a block.
  return { type: "doc", version: 1, content: content.length > 0 ? content : [paragraph([])] };
}

function blockNode(block: Block): AdfNode {
  switch (block.kind) {
    case "paragraph":
      return paragraph(block.inline);
    case "heading":
      return { type: "heading", attrs: { level: block.level }, content: inlineNodes(block.inline) };
    case "code":
      return {
        type: "codeBlock",
        attrs: block.language === undefined ? {} : { language: block.language },
        content: block.text === "" ? [] : [{ type: "text", text: block.text }],
      };
    case "list":
      return listNode(block, 0, block.items.length, 0);
    case "quote":
      return { type: "blockquote", content: [paragraph(block.inline)] };
    case "rule":
      return { type: "rule" };
  }
}

type List = Extract<Block, { kind: "list" }>;

/** The items from `from` to `to`, of which those deeper than `level` hang on the one before them. */
function listNode(list: List, from: number, to: number, level: number): AdfNode {
  const content: AdfNode[] = [];
  for (let at = from; at < to; ) {
    let end = at + 1;
    while (end < to && (list.levels?.[end] ?? 0) > level) end++;
    const deeper = end > at + 1 ? [listNode(list, at + 1, end, level + 1)] : [];
    content.push({ type: "listItem", content: [paragraph(list.items[at]!), ...deeper] });
    at = end;
  }
  return { type: list.ordered ? "orderedList" : "bulletList", content };
}

function paragraph(inline: readonly Inline[]): AdfNode {
  return { type: "paragraph", content: inlineNodes(inline) };
}

function inlineNodes(inline: readonly Inline[]): AdfNode[] {
  return inline.map((one) => {
    if (one.kind === "break") return { type: "hardBreak" };
    const marks = [
      ...(one.href === undefined ? [] : [{ type: "link", attrs: { href: one.href } }]),
      ...(one.code ? [{ type: "code" }] : []),
      ...(one.strong ? [{ type: "strong" }] : []),
      ...(one.em ? [{ type: "em" }] : []),
      ...(one.strike ? [{ type: "strike" }] : []),
    ];
    return { type: "text", text: one.text, ...(marks.length > 0 ? { marks } : {}) };
  });
}
