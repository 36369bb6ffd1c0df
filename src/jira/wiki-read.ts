import { hideOne, show, withoutHidden } from "./escapes.ts";
import type { Block, Inline } from "./markdown.ts";

const HEADING = /^\s*h([1-6])\.\s+(.*?)\s*$/;
const ITEM = /^\s*([*#]+|-)\s+(.*)$/;
const RULE = /^\s*-{4,}\s*$/;
const QUOTED = /^\s*bq\.\s+(.*)$/;
/** A block between two macros of one name; what follows the opening is its parameters. */
const MACRO = /^\s*\{(code|noformat|quote)(?::([^}]*))?\}(.*)$/;
/** Macros that only colour or frame what is inside. */
const FRAME = /\{(?:color|panel|anchor|toc|div|span|section|column)(?:[:=][^}\n]*)?\}/g;

/**
 * The blocks of a text in Jira's wiki notation, as Data Center keeps it. What has no form in Markdown stays as it
 * was written.
 */
export function blocksOfWiki(text: string): readonly Block[] {
  const lines = withoutHidden(text).replace(/\r\n?/g, "\n").replace(FRAME, "").split("\n");
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at]!;
    const macro = MACRO.exec(line);
    if (line.trim() === "") at++;
    else if (macro) at = readMacro(lines, at, macro, blocks);
    else if (RULE.test(line)) {
      blocks.push({ kind: "rule" });
      at++;
    } else if (HEADING.test(line)) {
      const [, level, words] = HEADING.exec(line)!;
      blocks.push({ kind: "heading", level: Number(level), inline: inlineOf(words!) });
      at++;
    } else if (QUOTED.test(line)) {
      blocks.push({ kind: "quote", inline: inlineOf(QUOTED.exec(line)![1]!) });
      at++;
    } else if (ITEM.test(line)) {
      const end = endOf(lines, at, (one) => ITEM.test(one) && kindOf(one) === kindOf(line));
      blocks.push(listOf(lines.slice(at, end)));
      at = end;
    } else {
      const end = endOf(lines, at + 1, (one) => one.trim() !== "" && !startsBlock(one));
      blocks.push({ kind: "paragraph", inline: inlineOf(lines.slice(at, end).join("\n")) });
      at = end;
    }
  }
  return blocks;
}

function endOf(lines: readonly string[], from: number, fits: (line: string) => boolean): number {
  let end = from;
  while (end < lines.length && fits(lines[end]!)) end++;
  return end;
}

const startsBlock = (line: string) => [MACRO, RULE, HEADING, QUOTED, ITEM].some((form) => form.test(line));
/** The last mark says what the item is; the ones before it, what it lies in. */
const kindOf = (line: string) => (ITEM.exec(line)![1]!.startsWith("#") ? "#" : "*");

function listOf(lines: readonly string[]): Block {
  const marks = lines.map((line) => ITEM.exec(line)![1]!);
  const items = lines.map((line) => inlineOf(ITEM.exec(line)![2]!));
  let before = -1;
  const levels = marks.map((mark) => {
    before = Math.min(mark.length - 1, before + 1);
    return before;
  });
  const ordered = marks[0]!.startsWith("#");
  return { kind: "list", ordered, items, ...(levels.some((level) => level > 0) ? { levels } : {}) };
}

function readMacro(lines: readonly string[], from: number, macro: RegExpExecArray, blocks: Block[]): number {
  const [, name, parameters = "", rest] = macro;
  const close = `{${name}}`;
  const inside = [rest!, ...lines.slice(from + 1)];
  const last = inside.findIndex((line) => line.includes(close));
  const taken =
    last < 0 ? inside : [...inside.slice(0, last), inside[last]!.slice(0, inside[last]!.indexOf(close))];
  // The lines of the macros themselves hold nothing of the text.
  if (taken[0]?.trim() === "") taken.shift();
  if (taken.length > 1 && taken.at(-1)?.trim() === "") taken.pop();
  const text = taken.join("\n");
  if (name === "quote") blocks.push({ kind: "quote", inline: inlineOf(text.trim()) });
  else {
    const language = parameters.split("|").find((one) => /^[\w+-]+$/.test(one));
    blocks.push({ kind: "code", text, ...(name === "code" && language ? { language } : {}) });
  }
  return last < 0 ? lines.length : from + last + 1;
}

type Carried = { readonly strong?: true; readonly em?: true; readonly strike?: true; readonly href?: string };

const BREAK = "\u2028";
const CODE = /\{\{([^{}\n]+)\}\}/;
const LINK = /\[(?:([^[\]|\n]+)\|)?((?:https?:\/\/|mailto:)[^\]|\s]+)(?:\|[^\]]*)?\]/;
const MENTION = /\[~(?:accountid:)?([^\]\n]+)\]/;
const MARKS: readonly (readonly [RegExp, Carried])[] = [
  [/(?<![A-Za-z0-9*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![A-Za-z0-9*])/, { strong: true }],
  [/(?<![A-Za-z0-9_])_(?=\S)([^_\n]+?)(?<=\S)_(?![A-Za-z0-9_])/, { em: true }],
  [/(?<![A-Za-z0-9-])-(?=\S)([^-\n]+?)(?<=\S)-(?![A-Za-z0-9-])/, { strike: true }],
  [/(?<![A-Za-z0-9+])\+(?=\S)([^+\n]+?)(?<=\S)\+(?![A-Za-z0-9+])/, {}],
];

function inlineOf(text: string): Inline[] {
  const plain = text
    .split(/(\{\{[^{}\n]+\}\})/)
    .map((part, at) => (at % 2 === 1 ? part : unescaped(part)))
    .join("");
  return marksOf(plain, {});
}

/** Escaped characters and entities are no marks; two backslashes end a line. */
function unescaped(text: string): string {
  return text
    .replace(/\\\\(?=\s|$)[ \t]*\n?/g, BREAK)
    .replace(/\\([!-/:-@[-`{-~])/g, (_all, mark: string) => hideOne(mark))
    .replace(/&#(\d{2,3});/g, (all, number: string) => punctuation(Number(number)) ?? all)
    .replace(/&amp;/g, hideOne("&"));
}

function punctuation(code: number): string | undefined {
  const one = String.fromCharCode(code);
  return /[!-/:-@[-`{-~]/.test(one) ? hideOne(one) : undefined;
}

/** The mark that begins first, and what is around it. */
function marksOf(text: string, carried: Carried): Inline[] {
  if (text === "") return [];
  const found = [
    { match: CODE.exec(text), inside: (m: RegExpExecArray) => [{ ...plain(m[1]!), code: true as const }] },
    {
      match: LINK.exec(text),
      inside: (m: RegExpExecArray) => marksOf(m[1] ?? m[2]!, { ...carried, href: show(m[2]!) }),
    },
    { match: MENTION.exec(text), inside: (m: RegExpExecArray) => [{ ...plain(`@${m[1]!}`), ...carried }] },
    ...MARKS.map(([form, marks]) => ({
      match: form.exec(text),
      inside: (m: RegExpExecArray) => marksOf(m[1]!, { ...carried, ...marks }),
    })),
  ]
    .filter(
      (one): one is { match: RegExpExecArray; inside: (m: RegExpExecArray) => Inline[] } =>
        one.match !== null,
    )
    .sort((a, b) => a.match.index - b.match.index)[0];
  if (!found) return textOf(text, carried);
  const { match, inside } = found;
  return [
    ...textOf(text.slice(0, match.index), carried),
    ...inside(match),
    ...marksOf(text.slice(match.index + match[0].length), carried),
  ];
}

const plain = (text: string) => ({ kind: "text" as const, text: show(text) });

function textOf(text: string, carried: Carried): Inline[] {
  return text
    .split(/\n|\u2028/)
    .flatMap((line, at) => [
      ...(at === 0 ? [] : [{ kind: "break" as const }]),
      ...(line === "" ? [] : [{ ...plain(line), ...carried }]),
    ]);
}
