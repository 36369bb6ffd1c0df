import type { Block, Inline } from "./markdown.ts";

type Node = Readonly<Record<string, unknown>>;
type List = { readonly ordered: boolean; readonly items: Inline[][]; readonly levels: number[] };

const MAX_DEPTH = 60;

/** The blocks of a document in Atlassian Document Format. What Markdown has no form for is left as its words. */
export function blocksOfAdf(document: unknown): readonly Block[] {
  return isNode(document) ? blocksOf(childrenOf(document), 0) : [];
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function childrenOf(node: Node): readonly Node[] {
  return Array.isArray(node.content) ? node.content.filter(isNode) : [];
}

function attributeOf(node: Node, ...names: string[]): string | undefined {
  const attrs = isNode(node.attrs) ? node.attrs : {};
  return names.map((name) => attrs[name]).find((one): one is string => typeof one === "string" && one !== "");
}

function blocksOf(nodes: readonly Node[], depth: number): Block[] {
  if (depth > MAX_DEPTH) return [];
  return nodes.flatMap((node): Block[] => {
    switch (node.type) {
      case "paragraph":
        return [{ kind: "paragraph", inline: inlineOf(node) }];
      case "heading": {
        const level = isNode(node.attrs) && typeof node.attrs.level === "number" ? node.attrs.level : 1;
        return [{ kind: "heading", level: Math.min(6, Math.max(1, level)), inline: inlineOf(node) }];
      }
      case "codeBlock": {
        const language = attributeOf(node, "language");
        const text = childrenOf(node)
          .map((child) => (typeof child.text === "string" ? child.text : ""))
          .join("");
        return [{ kind: "code", text, ...(language === undefined ? {} : { language }) }];
      }
      case "bulletList":
      case "orderedList":
      case "taskList":
      case "decisionList":
        return [listOf(node, depth)];
      case "blockquote":
        return [{ kind: "quote", inline: joined(childrenOf(node).map(inlineOf), { kind: "break" }) }];
      case "rule":
        return [{ kind: "rule" }];
      case "table":
        return [{ kind: "paragraph", inline: joined(childrenOf(node).map(rowOf), { kind: "break" }) }];
      case "expand":
      case "nestedExpand":
        return [...titled(attributeOf(node, "title")), ...blocksOf(childrenOf(node), depth + 1)];
      default: {
        const inner = blocksOf(childrenOf(node), depth + 1);
        const words = inner.length > 0 ? [] : inlineOf({ content: [node] });
        return words.length > 0 ? [{ kind: "paragraph", inline: words }] : inner;
      }
    }
  });
}

function titled(title: string | undefined): Block[] {
  return title === undefined
    ? []
    : [{ kind: "paragraph", inline: [{ kind: "text", text: title, strong: true }] }];
}

function rowOf(row: Node): Inline[] {
  const cells = childrenOf(row).map((cell) =>
    joined(childrenOf(cell).map(inlineOf), { kind: "text", text: " " }),
  );
  return joined(cells, { kind: "text", text: " | " });
}

/** A list and those inside it, one item after another; one of another kind inside takes the kind of the outer. */
function listOf(node: Node, depth: number): Block {
  const list: List = { ordered: node.type === "orderedList", items: [], levels: [] };
  gather(node, 0, list, depth);
  const { ordered, items, levels } = list;
  return { kind: "list", ordered, items, ...(levels.some((level) => level > 0) ? { levels } : {}) };
}

function gather(node: Node, level: number, list: List, depth: number): void {
  if (depth + level > MAX_DEPTH) return;
  for (const item of childrenOf(node)) {
    if (isList(item)) {
      gather(item, level + 1, list, depth);
      continue;
    }
    const inside = childrenOf(item);
    const task = item.type === "taskItem" || item.type === "decisionItem";
    const own = task ? [inlineOf(item)] : inside.filter((child) => !isList(child)).map(inlineOf);
    const words = joined(own, { kind: "break" });
    list.items.push(item.type === "taskItem" ? [{ kind: "text", text: boxOf(item) }, ...words] : words);
    list.levels.push(level);
    for (const child of inside) if (isList(child)) gather(child, level + 1, list, depth);
  }
}

const isList = (node: Node) => /^(bullet|ordered|task|decision)List$/.test(String(node.type));
const boxOf = (item: Node) => (attributeOf(item, "state") === "DONE" ? "[x] " : "[ ] ");

function joined(parts: readonly (readonly Inline[])[], between: Inline): Inline[] {
  return parts.flatMap((part, at) => (at === 0 ? [...part] : [between, ...part]));
}

function inlineOf(node: Node): Inline[] {
  return childrenOf(node).flatMap((child): Inline[] => {
    if (typeof child.text === "string") return child.text === "" ? [] : [textOf(child, child.text)];
    switch (child.type) {
      case "hardBreak":
        return [{ kind: "break" }];
      case "inlineCard":
      case "blockCard":
      case "embedCard": {
        const href = attributeOf(child, "url");
        return href === undefined ? [] : [{ kind: "text", text: href, href }];
      }
      case "date":
        return words(dateOf(attributeOf(child, "timestamp")));
      case "mention":
      case "emoji":
      case "status":
      case "media":
      case "mediaInline":
        return words(attributeOf(child, "text", "shortName", "alt"));
      default:
        return inlineOf(child);
    }
  });
}

const words = (text: string | undefined): Inline[] =>
  text === undefined || text === "" ? [] : [{ kind: "text", text }];

function dateOf(timestamp: string | undefined): string | undefined {
  const date = new Date(Number(timestamp));
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString().slice(0, 10);
}

function textOf(node: Node, text: string): Inline {
  const marks = Array.isArray(node.marks) ? node.marks.filter(isNode) : [];
  const has = (type: string) => marks.some((mark) => mark.type === type);
  const link = marks.find((mark) => mark.type === "link");
  const href = link === undefined ? undefined : attributeOf(link, "href");
  return {
    kind: "text",
    text,
    ...(has("strong") ? { strong: true } : {}),
    ...(has("em") ? { em: true } : {}),
    ...(has("strike") ? { strike: true } : {}),
    ...(has("code") ? { code: true } : {}),
    ...(href === undefined ? {} : { href }),
  };
}
