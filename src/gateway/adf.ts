/**
 * Atlassian Document Format to safe HTML. Every node type that is known has its own rendering, everything else
 * falls back to its text; attributes are never copied, addresses are checked, depth and size are bounded.
 *
 * @see https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
 */
import { safeHref } from "./addresses.ts";
import { type Html, html, nothing, plain } from "./html.ts";
import { day } from "./words/time.ts";

type Node = Readonly<Record<string, unknown>>;
type Budget = { nodes: number };

const MAX_NODES = 5_000;
const MAX_DEPTH = 40;

/** A document as HTML; {@link nothing} for what is no document. */
export function renderAdf(document: unknown): Html {
  return render(document, { nodes: MAX_NODES }, 0);
}

function render(value: unknown, budget: Budget, depth: number): Html {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return nothing;
  if (budget.nodes-- <= 0) return nothing;
  if (depth > MAX_DEPTH) return html`…`;
  const node = value as Node;
  const inside = () => children(node, budget, depth);
  const block = BLOCKS[plain(node.type, 40)];
  return block ? block(node, inside) : inside();
}

function children(node: Node, budget: Budget, depth: number): Html {
  const content = Array.isArray(node.content) ? node.content : [];
  return html`${content.map((child) => render(child, budget, depth + 1))}`;
}

type Rendering = (node: Node, inside: () => Html) => Html;

const attribute = (node: Node, name: string): unknown =>
  typeof node.attrs === "object" && node.attrs !== null ? (node.attrs as Node)[name] : undefined;

const BLOCKS: Readonly<Record<string, Rendering>> = {
  __proto__: null as never,
  paragraph: (_node, inside) => html`<p>${inside()}</p>`,
  heading: (node, inside) => heading(Number(attribute(node, "level")), inside()),
  bulletList: (_node, inside) => html`<ul>${inside()}</ul>`,
  orderedList: (node, inside) => {
    const start = Math.trunc(Number(attribute(node, "order")));
    return start > 1 ? html`<ol start="${start}">${inside()}</ol>` : html`<ol>${inside()}</ol>`;
  },
  listItem: (_node, inside) => html`<li>${inside()}</li>`,
  taskList: (_node, inside) => html`<ul class="tasks">${inside()}</ul>`,
  taskItem: (node, inside) => html`<li>${attribute(node, "state") === "DONE" ? "☑ " : "☐ "}${inside()}</li>`,
  decisionList: (_node, inside) => html`<ul class="tasks">${inside()}</ul>`,
  decisionItem: (_node, inside) => html`<li>◇ ${inside()}</li>`,
  blockquote: (_node, inside) => html`<blockquote>${inside()}</blockquote>`,
  codeBlock: (_node, inside) => html`<pre><code>${inside()}</code></pre>`,
  rule: () => html`<hr>`,
  panel: (node, inside) =>
    html`<div class="panel ${panelKind(attribute(node, "panelType"))}">${inside()}</div>`,
  table: (_node, inside) => html`<table><tbody>${inside()}</tbody></table>`,
  tableRow: (_node, inside) => html`<tr>${inside()}</tr>`,
  tableHeader: (node, inside) => html`<th${spans(node)}>${inside()}</th>`,
  tableCell: (node, inside) => html`<td${spans(node)}>${inside()}</td>`,
  expand: (node, inside) => expand(node, inside()),
  nestedExpand: (node, inside) => expand(node, inside()),
  text: (node) => marked(node),
  hardBreak: () => html`<br>`,
  mention: (node) => html`<span class="chip">${mention(plain(attribute(node, "text"), 200))}</span>`,
  emoji: (node) => html`${plain(attribute(node, "text"), 20) || plain(attribute(node, "shortName"), 60)}`,
  status: (node) => html`<span class="chip">${plain(attribute(node, "text"), 100)}</span>`,
  date: (node) => dateOf(Number(attribute(node, "timestamp"))),
  placeholder: (node) => html`<span class="soft">${plain(attribute(node, "text"), 200)}</span>`,
  inlineCard: (node) => card(node),
  blockCard: (node) => html`<p>${card(node)}</p>`,
  embedCard: (node) => html`<p>${card(node)}</p>`,
  mediaSingle: (_node, inside) => html`<p>${inside()}</p>`,
  mediaGroup: (_node, inside) => html`<p>${inside()}</p>`,
  media: (node) => attachment(node),
  mediaInline: (node) => attachment(node),
};

const PANELS = new Set(["info", "note", "warning", "error", "success"]);

function panelKind(value: unknown): string {
  const kind = plain(value, 20);
  return PANELS.has(kind) ? kind : "info";
}

/** Below the page's own headings, whatever level the writer chose. */
function heading(level: number, inside: Html): Html {
  if (level <= 1) return html`<h3>${inside}</h3>`;
  if (level === 2) return html`<h4>${inside}</h4>`;
  if (level === 3) return html`<h5>${inside}</h5>`;
  return html`<h6>${inside}</h6>`;
}

function spans(node: Node): Html {
  const columns = Math.trunc(Number(attribute(node, "colspan")));
  const rows = Math.trunc(Number(attribute(node, "rowspan")));
  return html`${columns > 1 && columns < 100 ? html` colspan="${columns}"` : ""}${rows > 1 && rows < 100 ? html` rowspan="${rows}"` : ""}`;
}

function expand(node: Node, inside: Html): Html {
  return html`<details><summary>${plain(attribute(node, "title"), 300) || "More"}</summary>${inside}</details>`;
}

const mention = (text: string) => (text === "" ? "@someone" : text.startsWith("@") ? text : `@${text}`);

function dateOf(timestamp: number): Html {
  return Number.isFinite(timestamp) && Math.abs(timestamp) < 8.64e15
    ? html`<span class="chip">${day(timestamp)}</span>`
    : nothing;
}

function card(node: Node): Html {
  const address = attribute(node, "url");
  return link(address, html`${plain(address, 300) || "a link"}`);
}

/** Pictures stay in Jira: showing one would fetch it from elsewhere. */
function attachment(node: Node): Html {
  const name = plain(attribute(node, "alt"), 200);
  return html`<span class="chip">attachment${name === "" ? "" : `: ${name}`}</span>`;
}

function link(address: unknown, inside: Html): Html {
  const href = safeHref(address);
  return href === undefined
    ? inside
    : html`<a href="${href}" rel="noopener noreferrer nofollow">${inside}</a>`;
}

const MARKS: Readonly<Record<string, (inside: Html, mark: Node) => Html>> = {
  __proto__: null as never,
  strong: (inside) => html`<strong>${inside}</strong>`,
  em: (inside) => html`<em>${inside}</em>`,
  code: (inside) => html`<code>${inside}</code>`,
  strike: (inside) => html`<s>${inside}</s>`,
  underline: (inside) => html`<u>${inside}</u>`,
  subsup: (inside, mark) =>
    attribute(mark, "type") === "sub" ? html`<sub>${inside}</sub>` : html`<sup>${inside}</sup>`,
  link: (inside, mark) => link(attribute(mark, "href"), inside),
};

function marked(node: Node): Html {
  const marks = Array.isArray(node.marks) ? (node.marks as unknown[]).slice(0, 8) : [];
  return marks.reduce<Html>(
    (inside, mark) => {
      if (typeof mark !== "object" || mark === null) return inside;
      return MARKS[plain((mark as Node).type, 40)]?.(inside, mark as Node) ?? inside;
    },
    html`${plain(node.text)}`,
  );
}
