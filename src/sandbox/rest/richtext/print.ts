/** From a document to wiki text. Nodes without a wiki form leave their text behind. */
import { type AdfNode, attribute, childrenOf } from "./document.ts";

const PANELS: Record<string, string> = {
  info: "info",
  note: "note",
  success: "tip",
  warning: "warning",
  error: "warning",
};
const MARKS: Record<string, string> = { strong: "*", em: "_", strike: "-", underline: "+" };

/** How a mention is written: `[~accountid:…]` on Cloud, `[~name]` on Data Center. */
export type MentionText = (id: string) => string;

/** The wiki text of a document, without a trailing line break. Anything that is no document is `""`. */
export function documentToWiki(
  document: AdfNode,
  mention: MentionText = (id) => `[~accountid:${id}]`,
): string {
  return blocks(childrenOf(document), mention).trimEnd();
}

function blocks(nodes: readonly AdfNode[], mention: MentionText): string {
  return nodes
    .map((node) => block(node, mention))
    .filter((text) => text !== "")
    .join("\n\n");
}

function block(node: AdfNode, mention: MentionText): string {
  const children = childrenOf(node);
  switch (node.type) {
    case "paragraph":
      return inline(children, mention);
    case "heading":
      return `h${attribute(node, "level") || "1"}. ${inline(children, mention)}`;
    case "bulletList":
    case "orderedList":
    case "taskList":
    case "decisionList":
      return list(node, "", mention);
    case "codeBlock": {
      const language = attribute(node, "language");
      return `{code${language === "" ? "" : `:${language}`}}\n${inline(children, mention)}\n{code}`;
    }
    case "blockquote":
      return `{quote}\n${blocks(children, mention)}\n{quote}`;
    case "panel": {
      const name = PANELS[attribute(node, "panelType")] ?? "panel";
      return `{${name}}\n${blocks(children, mention)}\n{${name}}`;
    }
    case "expand":
    case "nestedExpand":
      return [attribute(node, "title"), blocks(children, mention)].filter((text) => text !== "").join("\n\n");
    case "rule":
      return "----";
    case "table":
      return children.map((row) => tableRow(row, mention)).join("\n");
    default:
      return isInline(node)
        ? inline([node], mention)
        : children.some(isInline)
          ? inline(children, mention)
          : blocks(children, mention);
  }
}

const INLINE = new Set([
  "text",
  "mention",
  "emoji",
  "hardBreak",
  "inlineCard",
  "status",
  "date",
  "mediaInline",
]);

function isInline(node: AdfNode): boolean {
  return INLINE.has(node.type) || typeof node.text === "string";
}

function list(node: AdfNode, outer: string, mention: MentionText): string {
  const bullets = outer + (node.type === "orderedList" ? "#" : "*");
  return childrenOf(node)
    .map((item) => {
      if (item.type === "taskItem" || item.type === "decisionItem")
        return `${bullets} ${inline(childrenOf(item), mention)}`;
      const parts = childrenOf(item).map((child) =>
        /List$/.test(child.type) ? list(child, bullets, mention) : block(child, mention),
      );
      const nestedFirst = /List$/.test(childrenOf(item)[0]?.type ?? "");
      return nestedFirst ? parts.join("\n") : `${bullets} ${parts.join("\n")}`;
    })
    .join("\n");
}

function tableRow(row: AdfNode, mention: MentionText): string {
  const cells = childrenOf(row);
  const bar = cells.every((cell) => cell.type === "tableHeader") && cells.length > 0 ? "||" : "|";
  const texts = cells.map((cell) => blocks(childrenOf(cell), mention).replaceAll("\n", " "));
  return `${bar}${texts.join(bar)}${bar}`;
}

function inline(nodes: readonly AdfNode[], mention: MentionText): string {
  return nodes.map((node) => inlineText(node, mention)).join("");
}

function inlineText(node: AdfNode, mention: MentionText): string {
  if (node.type === "text") return marked(node);
  if (node.type === "hardBreak") return "\n";
  if (node.type === "mention") return mention(attribute(node, "id"));
  if (node.type === "emoji") return attribute(node, "text") || attribute(node, "shortName");
  if (node.type === "inlineCard" || node.type === "blockCard" || node.type === "embedCard")
    return `[${attribute(node, "url")}]`;
  if (node.type === "status") return attribute(node, "text");
  if (node.type === "date") {
    const ms = Number(attribute(node, "timestamp"));
    return Number.isFinite(ms) && Math.abs(ms) < 8e15 ? new Date(ms).toISOString().slice(0, 10) : "";
  }
  if (node.type === "media" || node.type === "mediaInline") return attribute(node, "alt");
  return typeof node.text === "string" ? node.text : inline(childrenOf(node), mention);
}

function marked(node: AdfNode): string {
  let text = typeof node.text === "string" ? node.text : "";
  for (const mark of Array.isArray(node.marks) ? node.marks : []) {
    const around = MARKS[mark.type];
    if (around !== undefined) text = wrap(text, around, around);
    else if (mark.type === "code") text = `{{${text}}}`;
    else if (mark.type === "subsup")
      text = attribute(mark, "type") === "sup" ? wrap(text, "^", "^") : wrap(text, "~", "~");
    else if (mark.type === "link") {
      const href = attribute(mark, "href");
      text = href === text ? `[${href}]` : `[${text}|${href}]`;
    }
  }
  return text;
}

/** Wiki marks must touch the words they enclose, so spaces at the ends stay outside. */
function wrap(text: string, open: string, close: string): string {
  const match = /^(\s*)([\s\S]*?)(\s*)$/.exec(text);
  const inside = match?.[2] ?? "";
  return inside === "" ? text : `${match?.[1]}${open}${inside}${close}${match?.[3]}`;
}
