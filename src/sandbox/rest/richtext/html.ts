/** From a document to the HTML that `expand=renderedFields` shows. */
import { type AdfNode, attribute, childrenOf } from "./document.ts";

const TAGS: Record<string, string> = {
  paragraph: "p",
  bulletList: "ul",
  orderedList: "ol",
  listItem: "li",
  blockquote: "blockquote",
  tableRow: "tr",
  tableHeader: "th",
  tableCell: "td",
};
const MARKS: Record<string, string> = { strong: "b", em: "em", strike: "del", underline: "ins", code: "tt" };

/** HTML with every text escaped and only http, https and mailto links kept as links. */
export function documentToHtml(document: AdfNode): string {
  return childrenOf(document).map(node).join("\n");
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function node(item: AdfNode): string {
  const inside = (): string => childrenOf(item).map(node).join("");
  if (item.type === "text") return markedText(item);
  if (item.type === "hardBreak") return "<br/>\n";
  if (item.type === "rule") return "<hr/>";
  if (item.type === "heading") {
    const level = /^[1-6]$/.test(attribute(item, "level")) ? attribute(item, "level") : "1";
    return `<h${level}>${inside()}</h${level}>`;
  }
  if (item.type === "codeBlock") {
    return `<div class="preformatted panel"><div class="preformattedContent panelContent"><pre>${inside()}</pre></div></div>`;
  }
  if (item.type === "panel") return `<div class="panel"><div class="panelContent">${inside()}</div></div>`;
  if (item.type === "table") return `<table class="confluenceTable"><tbody>${inside()}</tbody></table>`;
  if (item.type === "mention") return `<a class="user-hover">${escapeHtml(attribute(item, "text"))}</a>`;
  if (item.type === "inlineCard" || item.type === "blockCard")
    return anchor(attribute(item, "url"), escapeHtml(attribute(item, "url")));
  const tag = TAGS[item.type];
  if (tag !== undefined) return `<${tag}>${inside()}</${tag}>`;
  return inside() || escapeHtml(attribute(item, "text"));
}

function anchor(href: string, label: string): string {
  if (!/^(?:https?:|mailto:)/i.test(href)) return label;
  return `<a href="${escapeHtml(href)}" class="external-link" rel="nofollow">${label}</a>`;
}

function markedText(item: AdfNode): string {
  let html = escapeHtml(item.text ?? "");
  for (const mark of Array.isArray(item.marks) ? item.marks : []) {
    const tag = MARKS[mark.type];
    if (tag !== undefined) html = `<${tag}>${html}</${tag}>`;
    else if (mark.type === "link") html = anchor(attribute(mark, "href"), html);
  }
  return html;
}
