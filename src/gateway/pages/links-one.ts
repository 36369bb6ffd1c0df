/** `/links/{id}`: one idea and its issue, side by side where they differ, and what happened to them. */
import type { Difference, LinkView } from "../../push/index.ts";
import type { Connection } from "../../vault/index.ts";
import { safeHref } from "../addresses.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { LINK_STATES } from "../words/link.ts";
import { moment, nearby, relative } from "../words/time.ts";
import { siteName } from "./home.ts";
import { type Chrome, type Page, state } from "./layout.ts";
import { issueLink, linkDeeds, statusOf } from "./links.ts";

/** What was told of the issue at one moment. */
export type LinkMoment = {
  readonly at: number;
  readonly before: Readonly<Record<string, unknown>>;
  readonly now: Readonly<Record<string, unknown>>;
};

export type LinkPage = {
  readonly link: LinkView;
  readonly connection: Connection;
  /** The idea's own page in the product. */
  readonly idea_url?: string | undefined;
  /** Newest first. */
  readonly history: readonly LinkMoment[];
  readonly now: number;
};

export function linkPage(chrome: Chrome, input: LinkPage): Page {
  const { link, connection } = input;
  const { shape, word, says } = LINK_STATES[link.state];
  const name = plain(link.summary ?? link.idea_id, 300);
  return {
    title: name,
    nav: "connections",
    crumbs: [
      ["Connections", "/"],
      [siteName(connection), `/connections/${connection.id}`],
      ["Links", `/connections/${connection.id}/links`],
    ],
    body: html`<div class="row spread top"><h1>${name}</h1>${state(shape, word)}</div>
<p class="lead">${says}</p>
${link.error ? problem(link.error) : nothing}
<div class="row deeds">${linkDeeds(chrome, link, name, "link")}</div>
${sides(chrome, link)}
${facts(input)}
${comments(link)}
${history(input)}`,
  };
}

function problem(error: NonNullable<LinkView["error"]>): Html {
  const fields = error.fields ?? [];
  return html`<div class="note dead"><p><strong>${plain(error.message, 500)}</strong>${error.fix ? html`<br>${plain(error.fix, 500)}` : nothing}<br>Cause <code>${plain(error.code, 80)}</code>, ${moment(error.at)}.</p>${
    fields.length === 0
      ? nothing
      : html`<ul>${fields.map((one) => html`<li><strong>${plain(one.field, 120)}</strong>: ${plain(one.problem, 300)}${one.allowed?.length ? html` <span class="small">Allowed: ${one.allowed.map((value) => plain(value, 80)).join(", ")}</span>` : nothing}</li>`)}</ul>`
  }</div>`;
}

/** Both versions of each field, and which of them stands from now on. */
function sides(chrome: Chrome, link: LinkView): Html {
  const differs = link.differs ?? [];
  if (differs.length === 0) return nothing;
  return html`<form class="sheet" method="post" action="${chrome.at(`/links/${link.id}/settle`)}"><h2>What differs</h2>
<p>Choose for each field, or leave it as it is on both sides. What you keep from Jira changes nothing there; what you keep from the product is sent.</p>
${differs.map((one, index) => side(one, index))}
<button class="button first">Settle it</button></form>`;
}

function side({ field, ours, theirs }: Difference, index: number): Html {
  const name = plain(field, 120);
  const choice = (value: string, label: string, says: unknown) =>
    html`<label class="choice"><input type="radio" name="rule-${index}" value="${value}"${value === "report" ? html` checked` : nothing}><span><strong>${label}</strong>${says === undefined ? nothing : html`<span class="version">${textOf(says)}</span>`}</span></label>`;
  return html`<fieldset><legend>${name.charAt(0).toUpperCase()}${name.slice(1)}</legend><input type="hidden" name="field-${index}" value="${name}">
<div class="versions">${choice("ours", "As the product has it", ours ?? "")}${choice("theirs", "As Jira has it", theirs ?? "")}</div>${choice("report", "Leave both as they are", undefined)}</fieldset>`;
}

/** Texts as they are, lists by their parts, everything else as JSON. */
function textOf(value: unknown): string {
  if (value === "") return "(empty)";
  if (typeof value === "string") return plain(value, 5_000);
  if (Array.isArray(value) && value.every((one) => typeof one === "string")) {
    return value.length === 0 ? "(none)" : plain(value.join(", "), 5_000);
  }
  return plain(JSON.stringify(value, null, 1), 5_000);
}

function facts({ link, connection, idea_url, now }: LinkPage): Html {
  const href = safeHref(idea_url);
  const idea = plain(link.idea_id, 200);
  return html`<section class="sheet facts" aria-labelledby="facts"><h2 id="facts">The idea and its issue</h2><dl>
<dt>Idea</dt><dd>${href ? html`<a href="${href}" rel="noopener noreferrer">${idea}</a>` : idea}</dd>
<dt>${link.kind === "request" ? "Request" : "Issue"}</dt><dd>${issueLink(link)} in ${siteName(connection)}</dd>
<dt>Status</dt><dd>${statusOf(link)}</dd>
<dt>Resolution</dt><dd>${link.resolution === undefined ? "none" : plain(link.resolution, 80)}</dd>
<dt>Assignee</dt><dd>${link.assignee ? plain(link.assignee.display_name ?? link.assignee.account_id, 200) : "nobody"}</dd>
${link.duplicates?.length ? html`<dt>Also in</dt><dd>${link.duplicates.map((key) => plain(key, 60)).join(", ")}</dd>` : nothing}
<dt>Last push</dt><dd>${link.pushed_at === undefined ? "not through yet" : nearby(link.pushed_at, now)}</dd>
<dt>Last look</dt><dd>${link.seen_at === undefined ? "not yet" : relative(link.seen_at, now)}</dd>
<dt>Id</dt><dd><code>${link.id}</code></dd></dl></section>`;
}

function comments({ comments: said = [] }: LinkView): Html {
  if (said.length === 0) return nothing;
  return html`<section class="sheet" aria-labelledby="comments"><h2 id="comments">Public comments</h2>${said.map((one) => html`<p><strong>${plain(one.author ?? "Somebody", 120)}</strong>${one.created_at === undefined ? nothing : html` <span class="small soft">${moment(one.created_at)}</span>`}<br>${plain(one.text, 2_000)}</p>`)}</section>`;
}

function history({ link, history: moments, now }: LinkPage): Html {
  const made = html`<li><span class="nowrap">${nearby(link.created_at, now)}</span><br>The idea was handed over.</li>`;
  return html`<section class="sheet" aria-labelledby="history"><h2 id="history">What happened</h2><ol class="moments" reversed>${moments.map((one) => html`<li><span class="nowrap">${nearby(one.at, now)}</span><br>${changesOf(one)}</li>`)}${made}</ol></section>`;
}

const SAID: readonly (readonly [key: string, word: string])[] = [
  ["status", "Status"],
  ["resolution", "Resolution"],
  ["assignee", "Assignee"],
  ["issue_key", "Key"],
  ["state", "State of the link"],
];

function changesOf({ before, now }: LinkMoment): Html {
  const changed = SAID.filter(([key]) => before[key] !== now[key]);
  if (changed.length === 0) return html`Something in it changed.`;
  return html`${changed.map(([key, word], index) => html`${index > 0 ? html`<br>` : nothing}${word}: ${spokenValue(key, before[key])} → <strong>${spokenValue(key, now[key])}</strong>`)}`;
}

function spokenValue(key: string, value: unknown): string {
  if (value === null || value === undefined || value === "") return "none";
  if (key === "state" && Object.hasOwn(LINK_STATES, String(value)))
    return LINK_STATES[value as keyof typeof LINK_STATES].word.toLowerCase();
  return plain(value, 120);
}
