/** The inline part of wiki text: marks, links, mentions, line breaks. */
import type { AdfNode, Mark, MentionLookup } from "./document.ts";

/** Wiki characters around a phrase, and the mark they make. */
const MARKS: Record<string, Mark> = {
  "*": { type: "strong" },
  _: { type: "em" },
  "-": { type: "strike" },
  "+": { type: "underline" },
  "^": { type: "subsup", attrs: { type: "sup" } },
  "~": { type: "subsup", attrs: { type: "sub" } },
};

const URL_TEXT = /^(?:https?|ftp):\/\/[^\s<>"|\]})]+[^\s<>"|\]}).,;:!?']/;

type Reader = {
  readonly text: string;
  readonly mention: MentionLookup;
  readonly out: AdfNode[];
  plain: string;
};

/** Inline nodes of one block of wiki text. */
export function inlineNodes(text: string, mention: MentionLookup, marks: readonly Mark[] = []): AdfNode[] {
  const reader: Reader = { text, mention, out: [], plain: "" };
  let at = 0;
  while (at < text.length) {
    const step = readToken(reader, at, marks);
    if (step > at) {
      at = step;
      continue;
    }
    reader.plain += text[at];
    at += 1;
  }
  flush(reader, marks);
  return reader.out;
}

function flush(reader: Reader, marks: readonly Mark[]): void {
  if (reader.plain === "") return;
  reader.out.push(textNode(reader.plain, marks));
  reader.plain = "";
}

function textNode(text: string, marks: readonly Mark[]): AdfNode {
  return marks.length === 0 ? { type: "text", text } : { type: "text", text, marks: [...marks] };
}

/** Reads what begins at `at`; the position after it, or `at` where nothing special begins. */
function readToken(reader: Reader, at: number, marks: readonly Mark[]): number {
  const { text } = reader;
  const character = text[at] as string;
  const rest = text.slice(at);
  if (character === "\\" && /^\\[*_\-+^~{}[\]\\|!#]/.test(rest)) {
    reader.plain += rest[1];
    return at + 2;
  }
  if (character === "\n") {
    flush(reader, marks);
    reader.out.push({ type: "hardBreak" });
    return at + 1;
  }
  if (character === "{") return readMacro(reader, at, rest, marks);
  if (character === "[") return readBracket(reader, at, rest, marks);
  if (character === "h" || character === "f") {
    const url = /\w/.test(text[at - 1] ?? "") ? undefined : URL_TEXT.exec(rest)?.[0];
    return url === undefined ? at : link(reader, at + url.length, url, url, marks);
  }
  const mark = MARKS[character];
  return mark === undefined ? at : readMarked(reader, at, character, mark, marks);
}

function readMacro(reader: Reader, at: number, rest: string, marks: readonly Mark[]): number {
  const mono = /^\{\{([\s\S]+?)\}\}/.exec(rest);
  if (mono !== null) {
    flush(reader, marks);
    reader.out.push(
      textNode(mono[1] as string, [...marks.filter((mark) => mark.type === "link"), { type: "code" }]),
    );
    return at + mono[0].length;
  }
  const color = /^\{color(?::([^}]*))?\}/.exec(rest);
  // Colours are dropped; what they coloured stays.
  return color === null ? at : at + color[0].length;
}

function readBracket(reader: Reader, at: number, rest: string, marks: readonly Mark[]): number {
  const match = /^\[([^\]\n]+)\]/.exec(rest);
  if (match === null) return at;
  const inside = match[1] as string;
  const end = at + match[0].length;
  if (inside.startsWith("~")) {
    const name = inside.slice(1).replace(/^accountid:/i, "");
    const found = reader.mention(name);
    flush(reader, marks);
    reader.out.push({
      type: "mention",
      attrs: { id: found?.id ?? name, text: found?.text ?? `@${name}`, accessLevel: "" },
    });
    return end;
  }
  const bar = inside.lastIndexOf("|");
  const address = (bar === -1 ? inside : inside.slice(bar + 1)).trim().replace(/\|smart-(?:link|card)$/, "");
  if (!/^(?:(?:https?|ftp|mailto|file):|#|\/|mailto)/i.test(address)) return at;
  return link(reader, end, address, bar === -1 ? address : inside.slice(0, bar), marks);
}

function link(reader: Reader, end: number, href: string, label: string, marks: readonly Mark[]): number {
  flush(reader, marks);
  reader.out.push(textNode(label, [...marks, { type: "link", attrs: { href } }]));
  return end;
}

function readMarked(
  reader: Reader,
  at: number,
  character: string,
  mark: Mark,
  marks: readonly Mark[],
): number {
  const { text } = reader;
  const before = text[at - 1] ?? " ";
  if (/[\p{L}\p{N}]/u.test(before) || marks.some((have) => have.type === mark.type)) return at;
  for (let end = text.indexOf(character, at + 1); end !== -1; end = text.indexOf(character, end + 1)) {
    const inside = text.slice(at + 1, end);
    if (inside.includes("\n") || inside === "") return at;
    const closes = !/\s$/.test(inside) && !/^\s/.test(inside) && !/[\p{L}\p{N}]/u.test(text[end + 1] ?? " ");
    if (!closes) continue;
    flush(reader, marks);
    reader.out.push(...inlineNodes(inside, reader.mention, [...marks, mark]));
    return end + 1;
  }
  return at;
}
