/** `/admin/policies`: what handles may name, and what each lets out. */
import type { PolicyDocument } from "../../policy/index.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { counted } from "../words/time.ts";
import type { Chrome, Page } from "./layout.ts";

export type PolicyRow = {
  readonly name: string;
  readonly document: PolicyDocument;
  /** Fields that leave. */
  readonly fields: number;
  /** Those of them that may hold a name as it is. */
  readonly open: number;
  /** Handles in force that name it. */
  readonly handles: number;
};

export function policiesPage(chrome: Chrome, policies: readonly PolicyRow[]): Page {
  return {
    title: "Policies",
    nav: "admin",
    crumbs: [["Admin", "/admin"]],
    body: html`<h1>Policies</h1>
<p class="lead">${policies.length === 0 ? "There is none yet. A handle can only let answers pass as Jira sends them (raw), or nothing at all." : "What a program may ask of Jira, and in what form the answer leaves. A handle names one of these, or raw."}</p>
${policies.length === 0 ? howTo() : html`<section class="sheet" aria-label="All policies">${table(chrome, policies)}</section>`}`,
  };
}

function howTo(): Html {
  return html`<section class="sheet" aria-labelledby="how"><h2 id="how">How to add one</h2>
<ol class="steps"><li><p>Write it as a file, or take one of the examples that come with Latchkey: <code>examples/policies/analyst-cloud.yaml</code>.</p></li><li><p>Look at what it does: <code>latchkey policy check FILE</code>, then <code>latchkey policy report FILE</code>.</p></li><li><p>Put it into the directory <code>policies</code> of Latchkey's home, and start Latchkey again. The name of the file is the name of the policy.</p></li></ol></section>`;
}

function table(chrome: Chrome, policies: readonly PolicyRow[]): Html {
  const columns = ["Name", "For", "Lets out", "Handles"];
  return html`<table class="folds" role="table"><thead role="rowgroup"><tr role="row">${columns.map((name) => html`<th scope="col" role="columnheader">${name}</th>`)}</tr></thead><tbody role="rowgroup">${policies.map((one) => row(chrome, one))}</tbody></table>`;
}

function row(chrome: Chrome, { name, document, fields, open, handles }: PolicyRow): Html {
  const endpoints = counted(document.endpoints.length, "endpoint");
  return html`<tr role="row"><td role="cell" data-label="Name"><a class="key" href="${chrome.at(`/admin/policies/${encodeURIComponent(name)}`)}">${name}</a>${document.name === undefined ? nothing : html`<br><span class="small soft">${plain(document.name, 200)}</span>`}</td><td role="cell" data-label="For">${document.flavor === "cloud" ? "Jira Cloud" : "Data Center"}</td><td role="cell" data-label="Lets out">${counted(fields, "field")} of ${endpoints}<br><span class="small soft">${openWords(open)}</span></td><td role="cell" data-label="Handles">${handles === 0 ? "none" : handles}</td></tr>`;
}

export function openWords(open: number): string {
  if (open === 0) return "no name leaves as it is";
  return `${open} may hold a name that people gave`;
}
