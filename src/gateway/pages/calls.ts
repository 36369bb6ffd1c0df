/** `/calls` and `/calls/{id}`: calls to Jira that failed, with every try. */
import { ERRORS } from "../../errors.ts";
import type { CallView, Evidence, Step } from "../../recorder/index.ts";
import { spoken } from "../addresses.ts";
import { drawSequence, type Sequence } from "../drawings/sequence.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { flavorName } from "../words/flavor.ts";
import { counted, moment, relative, took } from "../words/time.ts";
import { cell, tableOf } from "./admin-table.ts";
import { type Chrome, type Page, state } from "./layout.ts";
import { operatorSection, stepsSection } from "./record-steps.ts";

export function callsPage(chrome: Chrome, calls: readonly CallView[], now: number): Page {
  return {
    title: "Calls that failed",
    nav: "dances",
    crumbs: [["Dances", "/dances"]],
    body: html`<h1>Calls that failed</h1>
<p class="lead">${calls.length === 0 ? "None is written down. Each call to Jira that fails is, for thirty days, with every secret masked." : "The newest first; open one to see every try."}</p>
${calls.length === 0 ? nothing : html`<div class="sheet">${callsTable(chrome, calls, now)}</div>`}`,
  };
}

export function callsTable(chrome: Chrome, calls: readonly CallView[], now: number): Html {
  return tableOf(
    ["Call", "When", "Cause", "Tries"],
    calls.map(
      (call) =>
        html`<tr role="row"><td role="cell"><a class="key" href="${chrome.at(`/calls/${call.id}`)}"><code>${plain(call.method, 20)} ${plain(call.path_template, 300)}</code></a></td>${cell("When", relative(call.started_at, now))}${cell("Cause", html`<code>${call.error_code}</code>${call.status === undefined ? nothing : ` ${call.status}`}`)}${cell("Tries", html`${call.tries}${call.missed > 0 ? ` · ${counted(call.missed, "more call")} alike` : nothing}`)}</tr>`,
    ),
  );
}

/** On the connection's page; nothing where all went well. */
export function callsSection(chrome: Chrome, calls: readonly CallView[], now: number): Html {
  if (calls.length === 0) return nothing;
  return html`<section class="sheet" aria-labelledby="failed"><h2 id="failed">Calls that failed</h2>${callsTable(chrome, calls, now)}</section>`;
}

/** What operators see besides. */
export type ForOperators = { readonly path: string; readonly owner: string; readonly evidence: Evidence };

export function callPage(chrome: Chrome, call: CallView, operators?: ForOperators): Page {
  const { meaning, fix } = ERRORS[call.error_code];
  const stopped_at = stoppedAt(call.steps);
  const sequence: Sequence = {
    of: "call",
    steps: call.steps,
    stopped_at,
    cause: meaning,
    not_reached: [],
    application: chrome.application,
  };
  const site = spoken(plain(call.site_url, 300));
  const facts = [
    site,
    flavorName(call.flavor),
    moment(call.started_at),
    took(call.ended_at - call.started_at),
  ];
  return {
    title: `${call.method} ${call.path_template}`,
    nav: "dances",
    crumbs: [
      ["Dances", "/dances"],
      ["Calls that failed", "/calls"],
    ],
    body: html`<div class="row spread top"><h1>The call failed${call.tries > 1 ? ` after ${call.tries} tries` : nothing}</h1>${state("dead", call.status === undefined ? "No answer" : `Jira answered ${call.status}`)}</div>
<p class="lead">${facts.join(" · ")}</p>
<div class="note dead"><p><strong>${meaning}</strong><br><span class="small">Code <code>${call.error_code}</code> · <code>${plain(call.method, 20)} ${plain(call.path_template, 300)}</code></span></p></div>
<section class="sheet" aria-labelledby="next"><h2 id="next">What to do next</h2><p>${fix}</p>${call.missed > 0 ? html`<p>${counted(call.missed, "more call")} of this connection failed alike soon after, and ${call.missed === 1 ? "was" : "were"} only counted.</p>` : nothing}
<p><a class="button first" href="${chrome.at(`/connections/${call.connection_id}`)}">Open the connection</a></p></section>
<section class="sheet" aria-labelledby="picture"><h2 id="picture">Who said what to whom</h2><div class="on-desk">${drawSequence(sequence, 940)}</div><div class="on-phone">${drawSequence(sequence, 310)}</div></section>
${stepsSection(call.steps, stopped_at)}
${operators ? operatorSection(chrome.at, operators) : nothing}`,
  };
}

/** The last try; where nothing was sent, the word that went back. */
function stoppedAt(steps: readonly Step[]): number | undefined {
  return (steps.findLast(({ to }) => to === "jira") ?? steps.at(-1))?.n;
}
