/** When something did not work: what happened, what to do next, and Jira's own word for it. */
import type { Failure } from "../../connect/index.ts";
import type { Flavor } from "../../protocol/index.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { flavorName } from "../words/flavor.ts";
import type { Chrome, Page } from "./layout.ts";

export type FailedDance = {
  readonly failure: Failure;
  readonly dance_id?: string | undefined;
  readonly flavor?: Flavor | undefined;
  readonly site?: string | undefined;
  /** What "try again" sends. */
  readonly again?:
    | {
        readonly registration?: string | undefined;
        readonly reconnect?: string | undefined;
        readonly site?: string | undefined;
        readonly return_to?: string | undefined;
      }
    | undefined;
};

export function failedDancePage(chrome: Chrome, failed: FailedDance): Page {
  const { failure, dance_id, flavor, site } = failed;
  return {
    title: failure.title,
    nav: "connections",
    narrow: true,
    body: html`<h1>${failure.title}</h1>
<p class="lead">${[site ? plain(site, 200) : "", flavor ? flavorName(flavor) : ""].filter(Boolean).join(" · ") || "Nothing was changed."}</p>
<div class="note dead"><p><strong>${failure.happened}</strong>${word(failure)}</p></div>
<section class="sheet"><h2>What to do next</h2>${steps(failure.next)}
<div class="row">${failure.try_again ? again(chrome, failed) : html`<a class="button first" href="${chrome.at("/")}">Back to connections</a>`}${dance_id ? html`<a class="button" href="${chrome.at(`/dances/${dance_id}`)}">See the dance</a>` : nothing}</div></section>`,
  };
}

function word(failure: Failure): Html {
  if (failure.jira_word === undefined)
    return html`<br><span class="small">Code <code>${failure.code}</code></span>`;
  return html`<br>Jira's own word: <code>${plain(failure.jira_word, 300)}</code>`;
}

export function steps(next: readonly string[]): Html {
  if (next.length === 1) return html`<p>${next[0]}</p>`;
  return html`<ol class="steps">${next.map((step) => html`<li><p>${step}</p></li>`)}</ol>`;
}

function again(chrome: Chrome, { again: fields }: FailedDance): Html {
  if (!fields?.registration && !fields?.reconnect)
    return html`<a class="button first" href="${chrome.at("/connect")}">Try again</a>`;
  const path = fields.reconnect ? `/connections/${fields.reconnect}/reconnect` : "/connect";
  const hidden = Object.entries(fields).filter(([name, value]) => name !== "reconnect" && value);
  return html`<form method="post" action="${chrome.at(path)}">${hidden.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}<button class="button first">Try again</button></form>`;
}

/** 404, 405, 500 and their like. */
export function plainFailurePage(
  chrome: Chrome,
  input: {
    readonly title: string;
    readonly says: string;
    readonly fix: string;
    readonly code: string;
    readonly request_id: string;
  },
): Page {
  return {
    title: input.title,
    narrow: true,
    body: html`<h1>${input.title}</h1><p class="lead">${input.says} ${input.fix}</p>
${chrome.guest ? nothing : html`<p><a class="button first" href="${chrome.at("/")}">To my connections</a></p>`}
<p class="small soft">Code <code>${input.code}</code> · request <code>${input.request_id}</code></p>`,
  };
}
