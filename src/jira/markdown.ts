import { hideOne, show, withoutHidden } from "./escapes.ts";

/** The simple Markdown people type into a comment, as a small document. */
export type Inline =
  | {
      readonly kind: "text";
      readonly text: string;
      readonly strong?: true;
      readonly em?: true;
      readonly strike?: true;
      readonly code?: true;
      readonly href?: string;
    }
  | { readonly kind: "break" };

export type Block =
  | { readonly kind: "paragraph"; readonly inline: readonly Inline[] }
  | { readonly kind: "heading"; readonly level: number; readonly inline: readonly Inline[] }
  | { readonly kind: "code"; readonly language?: string; readonly text: string }
  | {
      readonly kind: "list";
      readonly ordered: boolean;
      readonly items: readonly (readonly Inline[])[];
      /** How deep each item lies, from 0; absent where all lie at 0. */
      readonly levels?: readonly number[];
    }
  | { readonly kind: "quote"; readonly inline: readonly Inline[] }
  | { readonly kind: "rule" };

const BULLET = /^\s{0,3}[-*+]\s+(.*)$/;
const NUMBER = /^\s{0,3}\d{1,9}[.)]\s+(.*)$/;
/** Inside a list an item may lie as deep as it likes. */
const DEEP_BULLET = /^(\s*)[-*+]\s+(.*)$/;
const DEEP_NUMBER = /^(\s*)\d{1,9}[.)]\s+(.*)$/;
const HEADING = /^(#{1,6})\s+(.*?)(?:\s+#+)?\s*$/;
const FENCE = /^\s{0,3}(```+|~~~+)\s*([\w+-]*)\s*$/;
const RULE = /^\s{0,3}([-*_])(\s*\1){2,}\s*$/;
const QUOTE = /^\s{0,3}>\s?(.*)$/;

/**
 * Reads headings, paragraphs, lists (nested ones of one kind), quotes, fenced code, rules, and inside them strong, emphasis, strike,
 * code and links. What it does not know stays as it was typed: nothing is lost.
 */
export function parseMarkdown(text: string): readonly Block[] {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at]!;
    const fence = FENCE.exec(line);
    if (line.trim() === "") at++;
    else if (fence) at = readFence(lines, at, fence, blocks);
    else if (RULE.test(line)) {
      blocks.push({ kind: "rule" });
      at++;
    } else if (HEADING.test(line)) {
      const [, marks, words] = HEADING.exec(line)!;
      blocks.push({ kind: "heading", level: marks!.length, inline: parseInline(words!) });
      at++;
    } else if (QUOTE.test(line)) {
      const taken = takeWhile(lines, at, (one) => QUOTE.test(one));
      blocks.push({ kind: "quote", inline: inlineLines(taken.map((one) => QUOTE.exec(one)![1]!)) });
      at += taken.length;
    } else if (BULLET.test(line) || NUMBER.test(line)) {
      const ordered = !BULLET.test(line);
      const mark = ordered ? DEEP_NUMBER : DEEP_BULLET;
      const taken = takeWhile(lines, at, (one) => mark.test(one) && !RULE.test(one));
      const items = taken.map((one) => parseInline(mark.exec(one)![2]!));
      const levels = levelsOf(taken.map((one) => mark.exec(one)![1]!.length));
      blocks.push({ kind: "list", ordered, items, ...(levels.some((one) => one > 0) ? { levels } : {}) });
      at += taken.length;
    } else {
      const taken = takeWhile(lines, at, (one) => one.trim() !== "" && !startsBlock(one));
      const paragraph = taken.length === 0 ? [line] : taken;
      blocks.push({ kind: "paragraph", inline: inlineLines(paragraph) });
      at += paragraph.length;
    }
  }
  return blocks;
}

/** Two columns more than the item above is one level deeper; less is the level that began there. */
function levelsOf(indents: readonly number[]): number[] {
  const open: number[] = [];
  return indents.map((indent) => {
    while (open.length > 0 && open.at(-1)! > indent) open.pop();
    if (open.length === 0 || indent >= open.at(-1)! + 2) open.push(indent);
    return open.length - 1;
  });
}

export function isRule(line: string): boolean {
  return RULE.test(line);
}

export function startsBlock(line: string): boolean {
  return [FENCE, RULE, HEADING, QUOTE, BULLET, NUMBER].some((form) => form.test(line));
}

function takeWhile(lines: readonly string[], from: number, fits: (line: string) => boolean): string[] {
  let end = from;
  while (end < lines.length && fits(lines[end]!)) end++;
  return lines.slice(from, end);
}

function readFence(lines: readonly string[], from: number, fence: RegExpExecArray, blocks: Block[]): number {
  const [, marks, language] = fence;
  let end = from + 1;
  while (end < lines.length && !lines[end]!.trim().startsWith(marks!)) end++;
  const text = lines.slice(from + 1, end).join("\n");
  blocks.push({ kind: "code", text, ...(language ? { language } : {}) });
  return end + 1;
}

function inlineLines(lines: readonly string[]): Inline[] {
  return lines.flatMap((line, at) => [
    ...(at === 0 ? [] : [{ kind: "break" } as const]),
    ...parseInline(line),
  ]);
}

type Marks = { readonly strong?: true; readonly em?: true; readonly strike?: true };

const FORMS: readonly { readonly form: RegExp; readonly marks: Marks }[] = [
  { form: /\*\*(?=\S)((?:[^*]|\*(?!\*))+?)\*\*/, marks: { strong: true } },
  { form: /(?<![\w_])__(?=\S)([^_]+?)__(?![\w_])/, marks: { strong: true } },
  { form: /~~(?=\S)([^~]+?)~~/, marks: { strike: true } },
  { form: /(?<![\w*])\*(?=\S)([^*]+?)(?<=\S)\*(?![\w*])/, marks: { em: true } },
  { form: /(?<![\w_])_(?=\S)([^_]+?)(?<=\S)_(?![\w_])/, marks: { em: true } },
];
const CODE = /`([^`]+)`/;
const LINK = /\[([^\]]+)\]\((https?:\/\/[^\s)]+|mailto:[^\s)]+)\)/;

const ESCAPED = /(`[^`]+`)|\\([!-/:-@[-`{-~])/g;

/** Marks inside one line. A backslash before a mark takes its meaning, but not inside code. */
export function parseInline(text: string): Inline[] {
  const hide = (_all: string, code: string | undefined, mark: string) => code ?? hideOne(mark);
  return inlineOf(withoutHidden(text).replace(ESCAPED, hide), {});
}

type Found = { readonly match: RegExpExecArray; readonly inside: (match: RegExpExecArray) => Inline[] };

/** The mark that begins first, what is inside it, and what is around it. Nothing inside code is read. */
function inlineOf(text: string, carried: Marks & { readonly href?: string }): Inline[] {
  if (text === "") return [];
  const candidates: readonly { form: RegExp; inside: Found["inside"] }[] = [
    { form: CODE, inside: (m) => [{ kind: "text", text: m[1]!, code: true }] },
    { form: LINK, inside: (m) => inlineOf(m[1]!, { ...carried, href: show(m[2]!) }) },
    ...FORMS.map(({ form, marks }) => ({
      form,
      inside: (m: RegExpExecArray) => inlineOf(m[1]!, { ...carried, ...marks }),
    })),
  ];
  let first: Found | undefined;
  for (const { form, inside } of candidates) {
    const match = form.exec(text);
    if (match && (first === undefined || match.index < first.match.index)) first = { match, inside };
  }
  if (!first) return plain(text, carried);
  const { match, inside } = first;
  return [
    ...plain(text.slice(0, match.index), carried),
    ...inside(match),
    ...inlineOf(text.slice(match.index + match[0].length), carried),
  ];
}

function plain(text: string, carried: Marks & { readonly href?: string }): Inline[] {
  return text === "" ? [] : [{ kind: "text", text: show(text), ...carried }];
}
