import { LatchkeyError } from "../errors.ts";
import type { Dialect } from "../protocol/flavors.ts";
import { blocksOfAdf } from "./adf-read.ts";
import { adfOf } from "./adf-write.ts";
import { parseMarkdown } from "./markdown.ts";
import { markdownText } from "./markdown-write.ts";
import { wikiOf } from "./wiki.ts";
import { blocksOfWiki } from "./wiki-read.ts";

/** Text for people: a string is plain text; otherwise it says what it is. */
export type RichText =
  | string
  | { readonly markdown: string }
  /** Atlassian Document Format; Cloud only. */
  | { readonly adf: unknown };

/** Whether a value says itself what kind of text it is. */
export function isMarked(value: unknown): value is Exclude<RichText, string> {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 1) return false;
  return "adf" in value || ("markdown" in value && typeof value.markdown === "string");
}

/**
 * The form this flavor stores: ADF on Cloud, wiki text on Data Center. A plain string goes to Data Center as it is,
 * as if it were typed into Jira's own box.
 */
export function richTextFor(dialect: Dialect, text: RichText): unknown {
  if (dialect.rich_text === "adf") {
    if (typeof text === "string") return adfOf(paragraphsOf(text));
    return "adf" in text ? text.adf : adfOf(parseMarkdown(text.markdown));
  }
  if (typeof text === "string") return text;
  if ("adf" in text) {
    throw new LatchkeyError("bad_request", "This Jira takes wiki text; ADF is the form of Jira Cloud.", {
      fix: "Send plain text or Markdown.",
    });
  }
  return wikiOf(parseMarkdown(text.markdown));
}

/**
 * A description or comment body as Markdown, whatever the flavor keeps: ADF is read as such, a text as wiki
 * notation, nothing is `""`. What Markdown has no form for (colours, panels, media) is left as its words.
 */
export function markdownOf(value: unknown): string {
  return markdownText(typeof value === "string" ? blocksOfWiki(value) : blocksOfAdf(value));
}

function paragraphsOf(text: string) {
  return text
    .replace(/\r\n?/g, "\n")
    .split(/\n{2,}/)
    .filter((part) => part.trim() !== "")
    .map((part) => ({
      kind: "paragraph" as const,
      inline: part
        .replace(/^\n+|\n+$/g, "")
        .split("\n")
        .flatMap((line, at) => [
          ...(at === 0 ? [] : [{ kind: "break" as const }]),
          ...(line === "" ? [] : [{ kind: "text" as const, text: line }]),
        ]),
    }));
}

type Node = {
  readonly type?: unknown;
  readonly text?: unknown;
  readonly content?: unknown;
  readonly attrs?: unknown;
};

/** Nodes after which a line ends. */
const BLOCKS = new Set(
  "paragraph heading codeBlock blockquote rule listItem tableRow panel expand taskItem".split(" "),
);
const MAX_DEPTH = 60;

/** Plain text of a description or comment body: ADF is read, wiki text stays as it is, nothing is `""`. */
export function plainText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return "";
  return textOf(value as Node, 0)
    .replace(/[ \t]+\n/g, "\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

function textOf(node: Node, depth: number): string {
  if (depth > MAX_DEPTH) return "";
  const attrs = (typeof node.attrs === "object" && node.attrs !== null ? node.attrs : {}) as Record<
    string,
    unknown
  >;
  const shown = (...names: string[]) =>
    names.map((name) => attrs[name]).find((one): one is string => typeof one === "string" && one !== "") ??
    "";
  if (typeof node.text === "string") return node.text;
  switch (node.type) {
    case "hardBreak":
      return "\n";
    case "mention":
    case "emoji":
    case "status":
      return shown("text", "shortName");
    case "inlineCard":
    case "blockCard":
    case "embedCard":
      return shown("url");
    case "date":
      return dateOf(attrs.timestamp);
    case "rule":
      return "\n----\n";
    case "media":
      return shown("alt");
  }
  const children = Array.isArray(node.content) ? (node.content as Node[]) : [];
  const ordered = node.type === "orderedList";
  const inside = children.map((child, at) => {
    const text = textOf(child, depth + 1);
    if (child.type === "listItem")
      return `${ordered ? `${at + 1}.` : "-"} ${text.trim().replace(/\n+/g, "\n  ")}\n`;
    if (child.type === "tableCell" || child.type === "tableHeader") return `${text.trim()}\t`;
    return text;
  });
  const text = inside.join("");
  const spaced = node.type === "paragraph" || node.type === "heading" || node.type === "codeBlock";
  if (node.type === "bulletList" || ordered) return `${text}\n`;
  return typeof node.type === "string" && BLOCKS.has(node.type) ? `${text}\n${spaced ? "\n" : ""}` : text;
}

function dateOf(timestamp: unknown): string {
  const date = new Date(Number(timestamp));
  return Number.isNaN(date.getTime()) ? "" : date.toISOString().slice(0, 10);
}
