/** From wiki text to a document: blocks first, then what is inline in each. */
import type { AdfNode, MentionLookup } from "./document.ts";
import { inlineNodes } from "./inline.ts";

const PANELS: Record<string, string> = {
  info: "info",
  note: "note",
  tip: "success",
  warning: "warning",
  panel: "info",
};
const BLOCK_START =
  /^(?:h[1-6]\. |bq\. |[*#-]+ |\|{1,2}|-{4,}\s*$|\{(?:code|noformat|quote|panel|info|note|tip|warning)\b)/;

type Reader = { readonly lines: readonly string[]; at: number; readonly mention: MentionLookup };

/** The document of a wiki text. An empty text is a document without content. */
export function wikiToDocument(text: string, mention: MentionLookup = () => undefined): AdfNode {
  return { type: "doc", version: 1, content: blocksOf(text, mention) };
}

function blocksOf(text: string, mention: MentionLookup): AdfNode[] {
  const reader: Reader = { lines: text.replace(/\r\n?/g, "\n").split("\n"), at: 0, mention };
  const blocks: AdfNode[] = [];
  while (reader.at < reader.lines.length) {
    const line = reader.lines[reader.at] as string;
    if (line.trim() === "") {
      reader.at += 1;
      continue;
    }
    blocks.push(readBlock(reader, line));
  }
  return blocks;
}

function readBlock(reader: Reader, line: string): AdfNode {
  const macro = /^\s*\{(code|noformat|quote|panel|info|note|tip|warning)(?::([^}]*))?\}/.exec(line);
  if (macro !== null) return readMacro(reader, macro[1] as string, macro[2] ?? "");
  const heading = /^h([1-6])\. (.*)$/.exec(line);
  if (heading !== null) {
    reader.at += 1;
    const content = inlineNodes(heading[2] as string, reader.mention);
    return { type: "heading", attrs: { level: Number(heading[1]) }, content };
  }
  if (/^-{4,}\s*$/.test(line)) {
    reader.at += 1;
    return { type: "rule" };
  }
  if (line.startsWith("bq. ")) {
    reader.at += 1;
    return { type: "blockquote", content: [paragraph(line.slice(4), reader.mention)] };
  }
  if (/^\s*([*#]+|-) /.test(line)) return readList(reader);
  if (/^\|/.test(line)) return readTable(reader);
  return readParagraph(reader);
}

function paragraph(text: string, mention: MentionLookup): AdfNode {
  return { type: "paragraph", content: inlineNodes(text, mention) };
}

function readParagraph(reader: Reader): AdfNode {
  const taken: string[] = [reader.lines[reader.at] as string];
  reader.at += 1;
  while (reader.at < reader.lines.length) {
    const line = reader.lines[reader.at] as string;
    if (line.trim() === "" || BLOCK_START.test(line)) break;
    taken.push(line);
    reader.at += 1;
  }
  return paragraph(taken.join("\n"), reader.mention);
}

function readMacro(reader: Reader, name: string, parameters: string): AdfNode {
  const all = reader.lines.slice(reader.at).join("\n");
  const open = all.indexOf("}") + 1;
  const closing = all.indexOf(`{${name}}`, open);
  const inside = all.slice(open, closing === -1 ? undefined : closing);
  const consumed = closing === -1 ? all : all.slice(0, closing + name.length + 2);
  const after = closing === -1 ? "" : all.slice(closing + name.length + 2).split("\n", 1)[0];
  reader.at += consumed.split("\n").length;
  if (after !== undefined && after.trim() !== "") {
    // Text behind a closing macro on the same line is a block of its own.
    (reader.lines as string[])[reader.at - 1] = after;
    reader.at -= 1;
  }
  return macroNode(name, parameters, inside.replace(/^\n|\n$/g, ""), reader.mention);
}

function macroNode(name: string, parameters: string, inside: string, mention: MentionLookup): AdfNode {
  if (name === "code" || name === "noformat") {
    const language = parameters.split("|").find((part) => part !== "" && !part.includes("="));
    return {
      type: "codeBlock",
      ...(name === "code" && language !== undefined ? { attrs: { language } } : {}),
      content: inside === "" ? [] : [{ type: "text", text: inside }],
    };
  }
  const blocks = blocksOf(inside, mention);
  const content = blocks.length === 0 ? [{ type: "paragraph", content: [] }] : blocks;
  if (name === "quote") return { type: "blockquote", content };
  const title = /(?:^|\|)title=([^|]*)/.exec(parameters)?.[1];
  const titled: AdfNode[] =
    title === undefined
      ? content
      : [
          { type: "paragraph", content: [{ type: "text", text: title, marks: [{ type: "strong" }] }] },
          ...content,
        ];
  return { type: "panel", attrs: { panelType: PANELS[name] ?? "info" }, content: titled };
}

function readList(reader: Reader): AdfNode {
  const items: { bullets: string; text: string }[] = [];
  while (reader.at < reader.lines.length) {
    const line = reader.lines[reader.at] as string;
    const item = /^\s*([*#]+|-) (.*)$/.exec(line);
    if (item !== null)
      items.push({ bullets: (item[1] as string).replace(/-/g, "*"), text: item[2] as string });
    else if (line.trim() === "" || BLOCK_START.test(line)) break;
    else (items[items.length - 1] as { text: string }).text += `\n${line}`;
    reader.at += 1;
  }
  return listOf(items, 1, reader.mention);
}

function listOf(
  items: readonly { bullets: string; text: string }[],
  depth: number,
  mention: MentionLookup,
): AdfNode {
  const ordered = (items[0]?.bullets[depth - 1] ?? items[0]?.bullets.at(-1)) === "#";
  const content: AdfNode[] = [];
  let at = 0;
  while (at < items.length) {
    const item = items[at] as { bullets: string; text: string };
    let end = at + 1;
    while (end < items.length && (items[end] as { bullets: string }).bullets.length > depth) end += 1;
    const deeper = items.slice(item.bullets.length > depth ? at : at + 1, end);
    const own = item.bullets.length > depth ? [] : [paragraph(item.text, mention)];
    content.push({
      type: "listItem",
      content: deeper.length === 0 ? own : [...own, listOf(deeper, depth + 1, mention)],
    });
    at = end;
  }
  return { type: ordered ? "orderedList" : "bulletList", content };
}

function readTable(reader: Reader): AdfNode {
  const rows: AdfNode[] = [];
  while (reader.at < reader.lines.length) {
    const line = (reader.lines[reader.at] as string).trim();
    if (!line.startsWith("|")) break;
    const header = line.startsWith("||");
    const cells = line
      .replace(/^\|+|\|+$/g, "")
      .split(header ? "||" : /\|(?![^[]*\])/)
      .map((text) => ({
        type: header ? "tableHeader" : "tableCell",
        attrs: {},
        content: [paragraph(text.trim(), reader.mention)],
      }));
    rows.push({ type: "tableRow", content: cells });
    reader.at += 1;
  }
  return { type: "table", attrs: { isNumberColumnEnabled: false, layout: "default" }, content: rows };
}
