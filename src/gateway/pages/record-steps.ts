/** The steps of a record as a list, with what only operators see folded below it. */
import type { Evidence, Step } from "../../recorder/index.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { took } from "../words/time.ts";

const NAMES = { person: "you", application: "the application", latchkey: "Latchkey", jira: "Jira" } as const;

const SIGNATURES = {
  accepted: "Jira accepted the signature.",
  refused: "Jira refused the signature.",
  unknown: "Jira did not say whether the signature holds.",
} as const;

export function stepsSection(steps: readonly Step[], stopped_at: number | undefined): Html {
  return html`<section class="sheet" aria-labelledby="steps"><h2 id="steps">Step by step</h2><ol class="steps">${steps.map((step) => stepItem(step, step.n === stopped_at))}</ol><p class="small soft">Codes, tokens, signatures and cookies are masked before anything is written down; bodies are not written down at all.</p></section>`;
}

function stepItem(step: Step, stopped: boolean): Html {
  const { request, response, problem, wait_ms } = step;
  return html`<li${stopped ? html` class="bad"` : nothing}><p><strong>${plain(step.label, 200)}</strong> <span class="soft small">${NAMES[step.from]} to ${NAMES[step.to]}</span></p>
${request ? html`<p class="small"><code>${plain(request.method, 20)} ${plain(request.url, 1000)}</code></p>` : nothing}
${response ? html`<p class="small">Answered <code>${response.status}</code>${step.duration_ms === undefined ? nothing : ` after ${took(step.duration_ms)}`}</p>` : nothing}
${problem ? html`<p class="small">It said <code>${plain(problem, 80)}</code>${stopped ? html` <strong>and here it stopped</strong>` : nothing}</p>` : stopped ? html`<p class="small"><strong>Here it stopped.</strong></p>` : nothing}
${wait_ms === undefined ? nothing : html`<p class="small">Waited ${took(wait_ms)}, then sent it again.</p>`}
${response ? pairs("Headers of the answer", response.headers) : nothing}${step.oauth1 ? pairs("Parameters of OAuth 1.0a", step.oauth1.parameters, SIGNATURES[step.oauth1.signature]) : nothing}</li>`;
}

function pairs(title: string, values: Readonly<Record<string, string>>, also?: string): Html {
  const entries = Object.entries(values);
  if (entries.length === 0) return nothing;
  return html`<details><summary class="small">${title}</summary><dl class="small">${entries.map(([name, value]) => html`<dt><code>${plain(name, 100)}</code></dt><dd><code>${value === "" ? "empty" : plain(value, 300)}</code></dd>`)}</dl>${also ? html`<p class="small">${also}</p>` : nothing}</details>`;
}

/** Base strings, Jira's own words and the archive. */
export function operatorSection(
  at: (path: string) => string,
  record: { readonly path: string; readonly owner: string; readonly evidence: Evidence },
): Html {
  const { jira = [], exchanges = {} } = record.evidence;
  return html`<section class="sheet" aria-labelledby="operators"><h2 id="operators">For operators</h2>
<p class="small">Of the owner <code>${plain(record.owner, 255)}</code>.</p>
${jira.length === 0 ? nothing : html`<h3>Jira's own words</h3><ul>${jira.map((word) => html`<li>${plain(word, 500)}</li>`)}</ul>`}
${Object.entries(exchanges).map(([n, texts]) => html`<h3>What was signed in step ${n}</h3><p class="small">Ours</p><pre>${plain(texts.ours, 8000)}</pre>${texts.theirs === undefined ? nothing : html`<p class="small">As Jira worked it out${texts.theirs === texts.ours ? ": the same" : ""}</p><pre>${plain(texts.theirs, 8000)}</pre>`}`)}
<div class="row after"><a class="button" href="${at(`${record.path}.har`)}">HAR</a><a class="button" href="${at(`${record.path}.json`)}">JSON</a></div></section>`;
}
