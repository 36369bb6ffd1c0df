import { type Block, type Inline, isRule, startsBlock } from "./markdown.ts";

/** A document as Markdown that reads back as the same document. */
export function markdownText(blocks: readonly Block[]): string {
  return blocks.map(blockText).join("\n\n");
}

function blockText(block: Block): string {
  switch (block.kind) {
    case "paragraph":
      return lines(block.inline).map(guarded).join("\n");
    case "heading":
      return `${"#".repeat(block.level)} ${oneLine(block.inline).replace(/#+$/, "\\$&")}`;
    case "code":
      return fenced(block.text, block.language);
    case "list":
      return listText(block);
    case "quote":
      return lines(block.inline)
        .map((line) => `> ${line}`)
        .join("\n");
    case "rule":
      return "---";
  }
}

/** A fence that no line of the code can close. */
function fenced(text: string, language: string | undefined): string {
  let fence = "```";
  while (text.includes(fence)) fence += "`";
  const named = language !== undefined && /^[\w+-]+$/.test(language) ? language : "";
  return `${fence}${named}\n${text}\n${fence}`;
}

function listText({ items, ordered, levels }: Extract<Block, { kind: "list" }>): string {
  const numbers: number[] = [];
  return items
    .map((item, at) => {
      const level = levels?.[at] ?? 0;
      numbers.length = level + 1;
      numbers[level] = (numbers[level] ?? 0) + 1;
      const indent = " ".repeat(level * (ordered ? 3 : 2));
      const mark = ordered ? `${numbers[level]}.` : "-";
      const text = oneLine(item);
      const line = `${indent}${mark} ${text}`;
      return isRule(line) ? `${indent}${mark} \\${text}` : line;
    })
    .join("\n");
}

/** A line that would begin something else gets its first mark escaped. */
function guarded(line: string): string {
  if (!startsBlock(line)) return line;
  return line.replace(/^(\s*)(\d*)/, "$1$2\\");
}

function lines(inline: readonly Inline[]): string[] {
  const out: Inline[][] = [[]];
  for (const one of inline) {
    if (one.kind === "break") out.push([]);
    else out.at(-1)!.push(one);
  }
  // An empty line would end the paragraph.
  const filled = out.map(inlineText).filter((line) => line.trim() !== "");
  return filled.length > 0 ? filled : [""];
}

const oneLine = (inline: readonly Inline[]) => lines(inline).join(" ");

type Text = Extract<Inline, { kind: "text" }>;

function inlineText(inline: readonly Inline[]): string {
  const texts = inline.filter((one): one is Text => one.kind === "text");
  return texts
    .map((one, at) => runText(one, texts[at - 1]?.text.at(-1) ?? "", texts[at + 1]?.text[0] ?? ""))
    .join("");
}

/** Marks hug the words: white space at the edges stays outside of them. */
function runText(one: Text, before: string, after: string): string {
  const [, left, middle, right] = /^(\s*)([\s\S]*?)(\s*)$/.exec(one.text.replace(/\n/g, " "))!;
  if (middle === "") return `${left}${right}`;
  const href = hrefOf(one.href);
  if (one.code && href === undefined && !middle!.includes("`")) return `${left}\`${middle}\`${right}`;
  let text = escaped(middle!, one.em === true);
  if (one.strike) text = `~~${text}~~`;
  const inWord = /[\w]$/.test(left === "" ? before : "") || /^[\w]/.test(right === "" ? after : "");
  if (one.em && (!inWord || one.strong === true || href !== undefined)) text = `_${text}_`;
  if (one.strong) text = `**${text}**`;
  return `${left}${href === undefined ? text : `[${text}](${href})`}${right}`;
}

/** Only addresses that reading takes for a link again. */
function hrefOf(href: string | undefined): string | undefined {
  if (href === undefined || !/^(https?:\/\/|mailto:)/.test(href)) return undefined;
  return href.replace(
    /[\s()`\\[\]]/g,
    (one) => `%${one.charCodeAt(0).toString(16).padStart(2, "0").toUpperCase()}`,
  );
}

function escaped(text: string, slanted: boolean): string {
  return text.replace(/[\\`*_~[\]]/g, (one, at: number) => {
    const [before, after] = [text[at - 1] ?? "", text[at + 1] ?? ""];
    if (one === "_" && !slanted && /[A-Za-z0-9]/.test(before) && /[A-Za-z0-9]/.test(after)) return one;
    if (one === "*" && before === " " && after === " ") return one;
    if (one === "\\" && /[A-Za-z0-9 ]/.test(after)) return one;
    return `\\${one}`;
  });
}
