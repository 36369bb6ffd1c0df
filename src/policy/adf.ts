/**
 * Rich text of Cloud, node by node. Only nodes, marks and attributes listed here pass; each attribute is treated
 * as the kind it is, so that people in mentions, links, cards, file names and titles are found where they hide.
 *
 * @see https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
 */
import type { Kind, Treatment } from "./kinds.ts";

type Item = { readonly [name: string]: unknown };
/** `words` follows the mode: kept without people, or left out. */
type Attribute = Kind | "words" | "look";
type Attributes = Readonly<Record<string, Attribute>>;

const NONE: Attributes = {};
const CARD: Attributes = { url: "url", layout: "look", width: "number" };
const CELL: Attributes = { colspan: "number", rowspan: "number", background: "color", colwidth: "number" };

const NODES: Readonly<Record<string, Attributes>> = {
  doc: NONE,
  paragraph: NONE,
  text: NONE,
  hardBreak: NONE,
  rule: NONE,
  blockquote: NONE,
  bulletList: NONE,
  listItem: NONE,
  caption: NONE,
  mediaGroup: NONE,
  layoutSection: NONE,
  tableRow: NONE,
  codeBlock: NONE,
  taskList: NONE,
  decisionList: NONE,
  bodiedExtension: NONE,
  heading: { level: "number" },
  orderedList: { order: "number" },
  layoutColumn: { width: "number" },
  table: { isNumberColumnEnabled: "boolean", layout: "look", width: "number" },
  tableHeader: CELL,
  tableCell: CELL,
  panel: { panelType: "look", panelColor: "color" },
  expand: { title: "words" },
  nestedExpand: { title: "words" },
  mention: { id: "accountId", text: "displayName", accessLevel: "look", userType: "look" },
  // Short names of emoji of a site's own making are words of people; the id of a common one says all.
  emoji: { id: "look", text: "look" },
  date: { timestamp: "date" },
  status: { text: "words", color: "look" },
  mediaSingle: { layout: "look", width: "number", widthType: "look" },
  media: { type: "look", id: "id", alt: "fileName", width: "number", height: "number", url: "url" },
  mediaInline: { type: "look", id: "id", alt: "fileName", width: "number", height: "number" },
  inlineCard: CARD,
  blockCard: CARD,
  embedCard: CARD,
  taskItem: { state: "look" },
  blockTaskItem: { state: "look" },
  decisionItem: { state: "look" },
};
const MARKS: Readonly<Record<string, Attributes>> = {
  strong: NONE,
  em: NONE,
  code: NONE,
  strike: NONE,
  underline: NONE,
  subsup: { type: "look" },
  textColor: { color: "color" },
  backgroundColor: { color: "color" },
  alignment: { align: "look" },
  indentation: { level: "number" },
  border: { size: "number", color: "color" },
  link: { href: "url" },
};
/** Attributes without which a node or mark says nothing. */
const NEEDS: Readonly<Record<string, string>> = {
  link: "href",
  inlineCard: "url",
  blockCard: "url",
  embedCard: "url",
};
const LOOKS: ReadonlySet<string> = new Set(
  (
    "info note tip warning error success custom neutral purple blue red yellow green center end start left right wide " +
    "full-width default wrap-left wrap-right align-start align-end pixel percentage file link external image TODO DONE " +
    "DECIDED UNDECIDED sub sup NONE SITE APPLICATION CONTAINER DEFAULT SPECIAL APP"
  ).split(" "),
);
const DEEPEST = 60;

/** The value as a document, if it is one. */
export function documentOf(value: unknown): Item | undefined {
  return isItem(value) && value.type === "doc" ? value : undefined;
}

/** What becomes of a value of a kind; without a treatment, what usually does. */
export type LeafOf = (kind: Kind, treatment?: Treatment) => (value: unknown) => unknown;

/** @param mode `keep` keeps words, `outline` leaves them out. */
export function walkDocument(document: Item, mode: Treatment, leafOf: LeafOf): unknown {
  return walk(document, attributeLeaves(mode, leafOf), mode === "keep", 0);
}

type Leaves = (attribute: Attribute) => (value: unknown) => unknown;

function attributeLeaves(mode: Treatment, leafOf: LeafOf): Leaves {
  const made = new Map<Attribute, (value: unknown) => unknown>();
  const words = leafOf("text", mode === "keep" ? "keep" : "drop");
  const look = (value: unknown) => (typeof value === "string" && isLook(value) ? value : undefined);
  return (attribute) => {
    if (attribute === "words") return words;
    if (attribute === "look") return look;
    let leaf = made.get(attribute);
    if (leaf === undefined) {
      leaf = leafOf(attribute);
      made.set(attribute, leaf);
    }
    return leaf;
  };
}

/** A word of the format, the code of an emoji, or a sign that is neither letter nor digit. */
function isLook(value: string): boolean {
  return (
    LOOKS.has(value) ||
    /^[0-9a-f]{4,6}(-[0-9a-f]{4,6}){0,9}$/.test(value) ||
    /^[^\p{L}\p{N}]{1,16}$/u.test(value)
  );
}

function walk(node: Item, leaves: Leaves, words: boolean, depth: number): unknown {
  const type = String(node.type);
  const allowed = Object.hasOwn(NODES, type) ? NODES[type] : undefined;
  if (allowed === undefined || depth > DEEPEST) return undefined;
  const out: Record<string, unknown> = { type };
  if (type === "doc" && typeof node.version === "number") out.version = node.version;
  if (type === "text") {
    if (!words || typeof node.text !== "string") return undefined;
    out.text = leaves("words")(node.text);
  }
  const attrs = attributes(node.attrs, allowed, leaves);
  if (NEEDS[type] !== undefined && attrs[NEEDS[type]] === undefined) return undefined;
  if (Object.keys(attrs).length > 0) out.attrs = attrs;
  const marks = list(node.marks)
    .map((mark) => markOf(mark, leaves))
    .filter((mark) => mark !== undefined);
  if (marks.length > 0) out.marks = marks;
  if (Array.isArray(node.content)) {
    out.content = list(node.content)
      .map((child) => walk(child, leaves, words, depth + 1))
      .filter((child) => child !== undefined);
  }
  return out;
}

function markOf(mark: Item, leaves: Leaves): unknown {
  const type = String(mark.type);
  const allowed = Object.hasOwn(MARKS, type) ? MARKS[type] : undefined;
  if (allowed === undefined) return undefined;
  const attrs = attributes(mark.attrs, allowed, leaves);
  if (NEEDS[type] !== undefined && attrs[NEEDS[type]] === undefined) return undefined;
  return Object.keys(attrs).length > 0 ? { type, attrs } : { type };
}

function attributes(given: unknown, allowed: Attributes, leaves: Leaves): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  if (!isItem(given)) return out;
  for (const [name, attribute] of Object.entries(allowed)) {
    const got = Object.hasOwn(given, name) ? leaves(attribute)(given[name]) : undefined;
    if (got !== undefined && got !== null) out[name] = got;
  }
  return out;
}

/** The words of a document, for counting them. */
export function digestDocument(node: Item, depth = 0): string {
  if (depth > DEEPEST) return "";
  if (typeof node.text === "string") return node.text;
  const parts = list(node.content).map((child) => digestDocument(child, depth + 1));
  return parts.join(parts.length > 1 && list(node.content)[0]?.type !== "text" ? " " : "");
}

function list(value: unknown): Item[] {
  return Array.isArray(value) ? value.filter(isItem) : [];
}

function isItem(value: unknown): value is Item {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
