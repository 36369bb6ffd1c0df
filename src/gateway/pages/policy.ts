/** `/admin/policies/{name}`: what may be asked, what leaves and by which rule, and one answer beside what leaves of it. */
import type { PolicyDocument, ReportLine } from "../../policy/index.ts";
import type { Connection } from "../../vault/index.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { accountName } from "../words/person.ts";
import { counted } from "../words/time.ts";
import { siteName } from "./home.ts";
import { type Chrome, note, type Page, state } from "./layout.ts";
import { openWords } from "./policies.ts";
import { type Previewed, previewSection } from "./policy-preview.ts";

export type PolicyPage = {
  readonly name: string;
  readonly document: PolicyDocument;
  readonly report: readonly ReportLine[];
  /** Those it fits, of every owner. */
  readonly connections: readonly Connection[];
  readonly asked: { readonly connection: string; readonly path: string };
  readonly previewed?: Previewed | undefined;
  /** Why there is no preview. */
  readonly refused?: { readonly title: string; readonly text: string } | undefined;
};

export function policyPage(chrome: Chrome, page: PolicyPage): Page {
  const { name, document, report } = page;
  const open = report.filter((line) => line.names_people).length;
  const people = report.filter((line) => line.treatment !== "keep").length;
  return {
    title: name,
    nav: "admin",
    crumbs: [
      ["Admin", "/admin"],
      ["Policies", "/admin/policies"],
    ],
    wide: true,
    body: html`<div class="row spread top"><h1>${name} <span class="soft">${document.flavor === "cloud" ? "for Jira Cloud" : "for Data Center"}</span></h1>${open === 0 ? state("well", "No name leaves as it is") : state("soon", `${counted(open, "field")} may hold a name`)}</div>
<p class="lead">${counted(report.length, "field")} of ${counted(document.endpoints.length, "endpoint")} leave, ${people} of them changed; ${openWords(open)}. What is not listed here is denied.</p>
${tryIt(chrome, page)}
${page.refused === undefined ? nothing : note({ kind: "dead", ...page.refused }, "alert")}
${page.previewed === undefined ? nothing : previewSection(page.previewed)}
${asking(document)}
${leaving(report)}`,
  };
}

function tryIt(chrome: Chrome, { name, connections, asked, document }: PolicyPage): Html {
  if (connections.length === 0) {
    return html`<section class="sheet" aria-labelledby="try"><h2 id="try">See what it does to an answer</h2><p class="soft">Nobody has connected a Jira of this kind yet. A recorded answer can be looked at with <code>latchkey policy preview ${name} --input FILE</code>.</p></section>`;
  }
  const example = document.flavor === "cloud" ? "/rest/api/3/issue/JJ-2" : "/rest/api/2/issue/JJ-2";
  return html`<form class="sheet" id="try" method="post" action="${chrome.at(`/admin/policies/${encodeURIComponent(name)}/preview`)}"><h2>See what it does to an answer</h2>
<p class="soft">Jira is asked once, as the person who connected, and both sides are shown to you alone. Nothing is kept.</p>
<div class="grid two"><div class="field"><label for="connection">Connection</label><select id="connection" name="connection">${connections.map((one) => html`<option value="${one.id}"${one.id === asked.connection ? html` selected` : nothing}>${siteName(one)}, ${accountName(one) ?? "unknown"} (${plain(one.owner, 60)})</option>`)}</select></div>
<div class="field"><label for="path">Path</label><input type="text" id="path" name="path" value="${asked.path || example}" maxlength="2000" autocapitalize="none" spellcheck="false" required></div></div>
<button class="button first">Show both sides</button></form>`;
}

/** What each endpoint takes, as the policy says it. */
function asking({ endpoints, jql }: PolicyDocument): Html {
  const parameters = (rules: object | undefined) =>
    Object.entries(rules ?? {}).map(
      ([name, rule]) =>
        html`<li><code>${name}</code> <span class="soft">${typeof rule === "string" ? rule : listOf(rule as { type: string; max?: number; of?: string[] })}</span></li>`,
    );
  return html`<details class="sheet"><summary>What may be asked: ${counted(endpoints.length, "endpoint")}</summary>
${jql === undefined ? nothing : html`<p class="small soft">Queries may compare${jql.clauses ? html` <code>${jql.clauses.join(", ")}</code>` : " times, states, projects and the like"}${jql.people?.length ? html`, and by tokens of people <code>${jql.people.join(", ")}</code>` : ""}.</p>`}
<ul class="asks">${endpoints.map((one) => html`<li><code>${(one.methods ?? ["GET"]).join(", ")} ${one.path}</code><ul class="small">${parameters(one.query)}${parameters(one.body)}</ul></li>`)}</ul></details>`;
}

function listOf({ type, max, of }: { type: string; max?: number; of?: string[] }): string {
  if (type === "list") return `any of ${(of ?? []).join(", ")}`;
  return max === undefined ? "a whole number" : `a whole number up to ${max}`;
}

const DONE: Readonly<Record<string, string>> = {
  keep: "as it is",
  pseudonymize: "a token",
  reversible: "a token that can be opened",
  digest: "its length",
  outline: "its structure",
  drop: "nothing",
};

function leaving(report: readonly ReportLine[]): Html {
  const operations = [...new Set(report.map((line) => line.operation))];
  return html`<section class="sheet" aria-labelledby="leaves"><h2 id="leaves">What leaves</h2>
${operations.map((operation) => {
  const lines = report.filter((line) => line.operation === operation);
  return html`<details class="leaves"><summary><code>${operation}</code> <span class="soft small">${counted(lines.length, "field")}</span></summary>${fields(lines)}</details>`;
})}</section>`;
}

function fields(lines: readonly ReportLine[]): Html {
  const columns = ["Field", "What it is", "Leaves as", "Rule"];
  return html`<table class="folds" role="table"><thead role="rowgroup"><tr role="row">${columns.map((name) => html`<th scope="col" role="columnheader">${name}</th>`)}</tr></thead><tbody role="rowgroup">${lines.map(
    (line) =>
      html`<tr role="row"><td role="cell" data-label="Field"><code>${line.path}</code></td><td role="cell" data-label="What it is">${line.meaning}</td><td role="cell" data-label="Leaves as">${line.names_people ? state("soon", DONE[line.treatment] ?? line.treatment) : DONE[line.treatment]}</td><td role="cell" data-label="Rule"><code>${line.written}</code></td></tr>`,
  )}</tbody></table>`;
}
