/** `/doctor` and `/connections/{id}/doctor`: what is wrong, as a checklist with the failing line marked. */
import type { BaseStrings, Cause, Diagnosis, Step } from "../../doctor/index.ts";
import { spoken } from "../addresses.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { flavorName } from "../words/flavor.ts";
import type { Shape } from "../words/health.ts";
import { STEP_WORDS } from "../words/steps.ts";
import { type Chrome, type Page, state } from "./layout.ts";

export type DoctorPage = {
  readonly diagnosis?: Diagnosis | undefined;
  /** The connection it is about; absent on the page for everything. */
  readonly connection?: { readonly id: string; readonly name: string } | undefined;
  /** What was typed. */
  readonly asked?: { readonly site?: string | undefined; readonly text?: string | undefined };
  readonly wrong?: string | undefined;
};

export function doctorPage(chrome: Chrome, input: DoctorPage): Page {
  const { diagnosis, connection } = input;
  const path = connection ? `/connections/${connection.id}/doctor` : "/doctor";
  return {
    title: "Doctor",
    nav: "connections",
    crumbs: [
      ["Connections", "/"],
      ...(connection ? [[connection.name, `/connections/${connection.id}`] as const] : []),
    ],
    body: html`<h1>${diagnosis ? heading(diagnosis) : "What is wrong?"}</h1>
<p class="lead">${diagnosis ? about(diagnosis) : "It walks from the address to the webhooks, stops at the first cause it can prove, and says what to do. Nothing is changed in Jira."}</p>
${input.wrong ? html`<div class="note dead" role="alert"><p><strong>${input.wrong}</strong></p></div>` : nothing}
${diagnosis?.cause ? causeNote(diagnosis.cause) : nothing}
${diagnosis ? checklist(diagnosis) : nothing}
${connection ? runForm(chrome, path, diagnosis !== undefined) : forms(chrome, input)}`,
  };
}

function heading({ outcome, cause }: Diagnosis): string {
  if (cause) return cause.title.charAt(0).toUpperCase() + cause.title.slice(1);
  return outcome === "healthy" ? "Nothing is wrong" : "Nothing is wrong as far as can be told";
}

function about({ target, flavor, version }: Diagnosis): string {
  const kind = flavor ? `${flavorName(flavor)}${version ? ` ${plain(version, 40)}` : ""}` : "";
  return [spoken(plain(target, 300)), kind].filter(Boolean).join(" · ");
}

function causeNote(cause: Cause): Html {
  return html`<div class="note dead"><p><strong>${plain(cause.says, 1000)}</strong><br><span class="small">Code <code>${cause.code}</code></span></p></div>
<section class="sheet" aria-labelledby="next"><h2 id="next">What to do next</h2><p>${plain(cause.next_step, 2000)}</p>
${cause.evidence.length > 0 ? html`<details><summary>Evidence</summary>${lines(cause.evidence)}</details>` : nothing}
${cause.base_strings ? texts(cause.base_strings) : nothing}</section>`;
}

function lines(evidence: readonly string[]): Html {
  return html`<ul>${evidence.map((line) => html`<li><code>${plain(line, 500)}</code></li>`)}</ul>`;
}

function texts({ ours, theirs, differ_at }: BaseStrings): Html {
  if (differ_at === undefined) {
    return html`<details><summary>What both sides signed</summary><p><code>${plain(ours, 4000)}</code></p></details>`;
  }
  return html`<details open><summary>What was signed, and where it differs</summary><h3>We signed</h3>${marked(ours, differ_at)}<h3>Jira signed</h3>${marked(theirs, differ_at)}</details>`;
}

/** The text up to the difference, and what comes from there on. */
function marked(text: string, at: number): Html {
  return html`<p><code>${plain(text.slice(0, at), 4000)}<mark>${plain(text.slice(at, at + 12), 20)}</mark>${plain(text.slice(at + 12), 4000)}</code></p>`;
}

const SHAPES: Readonly<Record<Step["outcome"], readonly [Shape, string]>> = {
  ok: ["well", "Well"],
  found: ["dead", "Here it is"],
  unproven: ["soon", "Not proven"],
  skipped: ["soon", "Not looked at"],
};

function checklist({ steps, cause }: Diagnosis): Html {
  const told = steps.filter(({ outcome }) => outcome !== "skipped" || cause === undefined);
  return html`<section class="sheet" aria-labelledby="walk"><h2 id="walk">The walk</h2><ol class="steps">${told.map(item)}</ol>${told.length < steps.length ? html`<p class="small soft">What comes after the cause was not looked at.</p>` : nothing}</section>`;
}

function item({ name, outcome, says, evidence = [] }: Step): Html {
  const [shape, word] = SHAPES[outcome];
  const mark =
    outcome === "skipped" ? html`<span class="soft small">does not apply</span>` : state(shape, word);
  return html`<li${outcome === "found" ? html` class="bad"` : nothing}><p><strong>${STEP_WORDS[name]}</strong> ${mark}</p><p class="small">${plain(says, 600)}</p>
${evidence.length > 0 && outcome !== "found" ? html`<details><summary>Evidence</summary>${lines(evidence)}</details>` : nothing}</li>`;
}

function runForm(chrome: Chrome, path: string, again: boolean): Html {
  return html`<form method="post" action="${chrome.at(path)}"><button class="button first">${again ? "Look again" : "Look now"}</button></form>`;
}

function forms(chrome: Chrome, { asked = {} }: DoctorPage): Html {
  const at = chrome.at("/doctor");
  return html`<form class="sheet" action="${at}" method="post"><h2>Look at a Jira</h2>
<div class="field"><label for="site">Address</label><input type="text" id="site" name="site" value="${asked.site ?? ""}" placeholder="acme.atlassian.net or jira.example.com/jira" autocapitalize="none" spellcheck="false" inputmode="url" maxlength="2048"></div>
<button class="button first">Look now</button></form>
<form class="sheet" action="${at}" method="post"><h2>Explain what was said</h2>
<div class="field"><label for="text">What a page or another program says</label><textarea id="text" name="text" rows="6" maxlength="20000" spellcheck="false" aria-describedby="text-hint">${asked.text ?? ""}</textarea><p class="hint" id="text-hint">An error message, or an answer with its headers (curl -i). Leave tokens out. Nobody is asked.</p></div>
<button class="button">Explain</button></form>
<form action="${at}" method="post"><input type="hidden" name="last" value="yes"><button class="button">Explain what failed last</button></form>`;
}
