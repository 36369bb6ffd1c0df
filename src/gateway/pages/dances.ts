/** `/dances` and `/dances/{id}`: what happened, as a sentence, a picture and a list. */
import { type DanceView, explainFailure, type Failure } from "../../connect/index.ts";
import { ERRORS, type ErrorCode, LatchkeyError } from "../../errors.ts";
import { FLAVORS } from "../../protocol/index.ts";
import { spoken } from "../addresses.ts";
import { drawSequence, type Sequence } from "../drawings/sequence.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { flavorName } from "../words/flavor.ts";
import { moment, relative, took } from "../words/time.ts";
import type { ForOperators } from "./calls.ts";
import { steps as nextSteps } from "./failure.ts";
import { type Chrome, type Page, state } from "./layout.ts";
import { operatorSection, stepsSection } from "./record-steps.ts";

const OUTCOMES = {
  connected: ["well", "Connected"],
  failed: ["dead", "Stopped"],
  choosing: ["soon", "Waits for a choice"],
  running: ["soon", "Waits for Jira"],
} as const;

/** Titles of registrations by id, for dances that never came to a site. */
export type Titles = ReadonlyMap<string, string>;

export function dancesPage(chrome: Chrome, dances: readonly DanceView[], titles: Titles, now: number): Page {
  const failed = dances.find((dance) => dance.outcome === "failed");
  const latest = dances[0];
  return {
    title: "Dances",
    nav: "dances",
    body: html`<h1>Dances</h1>
<p class="lead">${latest === undefined ? "No dance has been danced yet. Each time you connect to Jira, it is written down here, with every secret masked." : latest.outcome === "failed" ? "The last dance stopped; open it to see why." : failed ? "The last dance went well; an earlier one stopped." : "Every dance that is kept here went as it should."} <a href="${chrome.at("/calls")}">Calls that failed</a> are written down, too.</p>
${latest === undefined ? html`<p><a class="button first" href="${chrome.at("/connect")}">Connect to Jira</a></p>` : table(chrome, dances, titles, now)}`,
  };
}

function table(chrome: Chrome, dances: readonly DanceView[], titles: Titles, now: number): Html {
  return html`<div class="sheet"><table class="folds" role="table"><thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Jira</th><th scope="col" role="columnheader">When</th><th scope="col" role="columnheader">Kind</th><th scope="col" role="columnheader">Ended</th></tr></thead><tbody role="rowgroup">
${dances.map(
  (dance) =>
    html`<tr role="row"><td role="cell"><a class="key" href="${chrome.at(`/dances/${dance.id}`)}">${siteOf(dance, titles)}</a></td><td role="cell" data-label="When">${relative(dance.started_at, now)}</td><td role="cell" data-label="Kind">${flavorName(dance.flavor)}</td><td role="cell">${outcome(dance)}${dance.error_code && dance.outcome === "failed" ? html` <code class="soft">${dance.error_code}</code>` : nothing}</td></tr>`,
)}</tbody></table></div>`;
}

export function outcome(dance: DanceView): Html {
  const [shape, word] = OUTCOMES[dance.outcome];
  return state(shape, word);
}

function siteOf(dance: DanceView, titles: Titles): string {
  if (dance.site_url) return spoken(plain(dance.site_url, 300));
  return plain(titles.get(dance.registration_id) ?? dance.registration_id, 120);
}

export function dancePage(chrome: Chrome, dance: DanceView, titles: Titles, operators?: ForOperators): Page {
  const stopped_at = stoppedAt(dance);
  const rest = notReached(dance);
  const sequence: Sequence = {
    steps: dance.steps,
    stopped_at,
    cause: dance.outcome === "failed" ? failureOf(dance, siteOf(dance, titles)).happened : undefined,
    not_reached: rest,
    application: chrome.application,
  };
  const title = titleOf(dance, stopped_at, rest.length);
  const site = siteOf(dance, titles);
  const facts = [site, flavorName(dance.flavor), moment(dance.started_at), lasted(dance)];
  return {
    title,
    nav: "dances",
    crumbs: [["Dances", "/dances"]],
    body: html`<div class="row spread top"><h1>${title}</h1>${outcome(dance)}</div>
<p class="lead">${facts.filter(Boolean).join(" · ")}</p>
${dance.outcome === "failed" ? cause(chrome, dance, site) : nothing}
${dance.connection_id && dance.outcome === "connected" ? html`<p><a class="button first" href="${chrome.at(`/connections/${dance.connection_id}`)}">Open the connection</a></p>` : nothing}
${dance.attempt_id && dance.outcome === "choosing" && dance.error_code === undefined ? html`<p><a class="button first" href="${chrome.at(`/connect/${dance.attempt_id}/site`)}">Choose the site</a></p>` : nothing}
<section class="sheet" aria-labelledby="picture"><h2 id="picture">Who said what to whom</h2><div class="on-desk">${drawSequence(sequence, 940)}</div><div class="on-phone">${drawSequence(sequence, 310)}</div></section>
${stepsSection(dance.steps, stopped_at)}
${operators ? operatorSection(chrome.at, operators) : nothing}`,
  };
}

function titleOf(dance: DanceView, stopped_at: number | undefined, rest: number): string {
  if (dance.outcome === "connected") return "The dance went as it should";
  if (dance.outcome === "choosing") return "The dance waits for your choice";
  if (dance.outcome === "running") return "The dance waits for an answer from Jira";
  if (stopped_at === undefined) return "The dance stopped";
  return `The dance stopped at step ${stopped_at} of ${dance.steps.length + rest}`;
}

function lasted({ started_at, ended_at }: DanceView): string {
  return ended_at === undefined ? "" : `took ${took(ended_at - started_at)}`;
}

/** The step with a problem, else the last one. */
function stoppedAt(dance: DanceView): number | undefined {
  if (dance.outcome !== "failed") return undefined;
  return (dance.steps.findLast((step) => step.problem !== undefined) ?? dance.steps.at(-1))?.n;
}

/** What a whole dance consists of; the words are those the recorder uses. */
function plan(dance: DanceView): string[] {
  const { protocol, deployment } = FLAVORS[dance.flavor];
  return [
    "Connect to Jira",
    ...(protocol === "oauth1" ? ["Ask for a request token"] : []),
    "Sent to Jira to decide",
    "Came back from Jira",
    protocol === "oauth1" ? "Exchange the request token" : "Exchange the code",
    ...(deployment === "cloud" ? ["Ask which sites were granted"] : []),
    "Ask who approved",
    "Connected",
  ];
}

function notReached(dance: DanceView): string[] {
  if (dance.outcome === "connected") return [];
  const seen = new Set(dance.steps.map((step) => step.label));
  const words = plan(dance);
  return words.slice(words.findLastIndex((label) => seen.has(label)) + 1);
}

function failureOf(dance: DanceView, site: string): Failure {
  const error = new LatchkeyError(dance.error_code ?? "internal");
  return dance.failure ?? explainFailure(error, { flavor: dance.flavor, site });
}

function cause(chrome: Chrome, dance: DanceView, site: string): Html {
  const failure = failureOf(dance, site);
  const code = dance.error_code ?? "internal";
  const word = failure.jira_word ?? jirasWord(dance);
  return html`<div class="note dead"><p><strong>${failure.happened}</strong><br>${word ? html`Jira's own word: <code>${plain(word, 300)}</code>` : html`<span class="small">Code <code>${code}</code></span>`}</p></div>
<section class="sheet" aria-labelledby="next"><h2 id="next">What to do next</h2>${nextSteps(failure.next)}
<form method="post" action="${chrome.at("/connect")}"><input type="hidden" name="registration" value="${dance.registration_id}">${dance.site_url ? html`<input type="hidden" name="site" value="${dance.site_url}">` : nothing}<button class="button first">Try again</button></form></section>`;
}

/** The word Jira used: what a step noted, or what stood in the address it sent the browser back to. */
export function jirasWord(dance: DanceView): string | undefined {
  const noted = dance.steps.findLast((step) => step.problem !== undefined)?.problem;
  if (noted !== undefined) return isJiras(noted) ? plain(noted, 80) : undefined;
  const back = dance.steps.findLast((step) => step.from === "person" && step.request)?.request?.url;
  if (back === undefined || !URL.canParse(back)) return undefined;
  const query = new URL(back).searchParams;
  const name = ["error", "oauth_problem"].find((one) => query.has(one));
  return name === undefined ? undefined : plain(`${name}=${query.get(name)}`, 80);
}

/** Whether a recorded word is Jira's, and not our own name for a broken line. */
function isJiras(word: string): boolean {
  return !Object.hasOwn(ERRORS, word) || ERRORS[word as ErrorCode].origin === "authorization-server";
}
