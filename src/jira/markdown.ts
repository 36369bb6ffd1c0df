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
  | { readonly kind: "list"; readonly ordered: boolean; readonly items: readonly (readonly Inline[])[] }
  | { readonly kind: "quote"; readonly inline: readonly Inline[] }
  | { readonly kind: "rule" };

const BULLET = /^\s{0,3}[-*+]\s+(.*)$/;
const NUMBER = /^\s{0,3}\d{1,9}[.)]\s+(.*)$/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const FENCE = /^\s{0,3}(```+|~~~+)\s*([\w+-]*)\s*$/;
const RULE = /^\s{0,3}([-*_])(\s*\1){2,}\s*$/;
const QUOTE = /^\s{0,3}>\s?(.*)$/;

/**
 * Reads headings, paragraphs, flat lists, quotes, fenced code, rules, and inside them strong, emphasis, strike,
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
      const mark = BULLET.test(line) ? BULLET : NUMBER;
      const taken = takeWhile(lines, at, (one) => mark.test(one) && !RULE.test(one));
      const items = taken.map((one) => parseInline(mark.exec(one)![1]!));
      blocks.push({ kind: "list", ordered: mark === NUMBER, items });
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

function startsBlock(line: string): boolean {
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

/** Marks inside one line; code comes first, since nothing inside it is read. */
export function parseInline(text: string, carried: Marks & { readonly href?: string } = {}): Inline[] {
  if (text === "") return [];
  const around = (match: RegExpExecArray, inside: Inline[]) => [
    ...parseInline(text.slice(0, match.index), carried),
    ...inside,
    ...parseInline(text.slice(match.index + match[0].length), carried),
  ];
  const code = CODE.exec(text);
  if (code) return around(code, [{ kind: "text", text: code[1]!, code: true }]);
  const link = LINK.exec(text);
  if (link) return around(link, parseInline(link[1]!, { ...carried, href: link[2]! }));
  for (const { form, marks } of FORMS) {
    const match = form.exec(text);
    if (match) return around(match, parseInline(match[1]!, { ...carried, ...marks }));
  }
  return [{ kind: "text", text, ...carried }];
}
