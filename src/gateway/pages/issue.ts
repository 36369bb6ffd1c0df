/** One issue: what it says, who is in it, and what others said. */
import type { IssueJson, Json } from "../../jira/index.ts";
import type { Connection } from "../../vault/index.ts";
import { safeHref, spoken } from "../addresses.ts";
import { renderAdf } from "../adf.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { initials, personName } from "../words/person.ts";
import { counted, day, jiraTime, moment } from "../words/time.ts";
import { siteName } from "./home.ts";
import { nameOf } from "./issues.ts";
import type { Chrome, Page } from "./layout.ts";

export type IssuePage = {
  readonly connection: Connection;
  readonly issue: IssueJson;
  readonly comments: readonly Json[];
  /** More comments exist than are shown. */
  readonly more_comments: boolean;
  /** `undefined` where Jira would not give them. */
  readonly remote_links: readonly Json[] | undefined;
};

export function issuePage(_chrome: Chrome, input: IssuePage): Page {
  const { issue, connection } = input;
  const fields = issue.fields ?? {};
  const key = plain(issue.key, 100);
  const name = siteName(connection);
  const browse = safeHref(`${connection.site.url.replace(/\/$/, "")}/browse/${encodeURIComponent(key)}`);
  return {
    title: key,
    nav: "connections",
    crumbs: [
      ["Connections", "/"],
      [name, `/connections/${connection.id}`],
    ],
    body: html`<div class="row spread top"><h1><span class="soft">${key}</span> ${plain(fields.summary, 500)}</h1></div>
<p class="lead">${sentence(fields)}${browse ? html` <a href="${browse}" rel="noopener noreferrer">Open in Jira</a>` : nothing}</p>
<div class="split"><div>
<section class="sheet" aria-labelledby="description"><h2 id="description">Description</h2>${rich(fields.description) ?? html`<p class="soft">None.</p>`}</section>
${comments(input)}
</div><div>${facts(fields)}${people(fields)}${links(input.remote_links)}</div></div>`,
  };
}

function sentence(fields: Readonly<Record<string, unknown>>): string {
  const status = nameOf(fields.status);
  const assignee = personName(fields.assignee);
  return `${status === "" ? "It has no status" : status}, ${assignee ? `with ${assignee}` : "assigned to nobody"}.`;
}

/** ADF on Cloud, wiki or plain text on Data Center, shown as it is written. */
function rich(value: unknown): Html | undefined {
  if (typeof value === "string")
    return value.trim() === "" ? undefined : html`<div class="prose plain">${plain(value)}</div>`;
  if (typeof value === "object" && value !== null) return html`<div class="prose">${renderAdf(value)}</div>`;
  return undefined;
}

function comments({ comments: list, more_comments }: IssuePage): Html {
  const title = list.length === 0 ? "Comments" : counted(list.length, "comment");
  return html`<section class="sheet" aria-labelledby="comments"><h2 id="comments">${title}</h2>
${list.length === 0 ? html`<p class="soft">None yet.</p>` : list.map((one) => comment(one))}
${more_comments ? html`<p class="soft small">There are more; the rest is in Jira.</p>` : nothing}</section>`;
}

function comment(json: Json): Html {
  const name = personName(json.author) ?? "Somebody";
  const at = jiraTime(json.created);
  return html`<article class="comment"><span class="initials" aria-hidden="true">${initials(name)}</span><div><p class="small flush"><strong>${name}</strong>${at === undefined ? nothing : html` <span class="soft">${moment(at)}</span>`}</p>${rich(json.body) ?? nothing}</div></article>`;
}

function facts(fields: Readonly<Record<string, unknown>>): Html {
  const rows: ReadonlyArray<readonly [string, string]> = [
    ["Type", nameOf(fields.issuetype)],
    ["Status", nameOf(fields.status)],
    ["Priority", nameOf(fields.priority)],
    ["Resolution", nameOf(fields.resolution)],
    ["Project", nameOf(fields.project)],
    ["Labels", names(fields.labels)],
    ["Components", names(fields.components)],
    ["Fix versions", names(fields.fixVersions)],
    ["Due", dateOf(fields.duedate)],
    ["Created", dateOf(fields.created)],
    ["Updated", dateOf(fields.updated)],
  ];
  const shown = rows.filter(([, value]) => value !== "");
  return html`<section class="sheet" aria-labelledby="fields"><h2 id="fields">Fields</h2><dl>${shown.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></section>`;
}

function names(value: unknown): string {
  return Array.isArray(value) ? value.slice(0, 50).map(nameOf).filter(Boolean).join(", ") : "";
}

function dateOf(value: unknown): string {
  const at = jiraTime(value);
  return at === undefined ? "" : day(at);
}

function people(fields: Readonly<Record<string, unknown>>): Html {
  const rows = [
    ["Assignee", personName(fields.assignee)],
    ["Reporter", personName(fields.reporter)],
    ["Creator", personName(fields.creator)],
  ] as const;
  return html`<section class="sheet" aria-labelledby="people"><h2 id="people">People</h2><dl>${rows.map(([role, name]) => html`<dt>${role}</dt><dd>${name ? html`<span class="person"><span class="initials" aria-hidden="true">${initials(name)}</span>${name}</span>` : "nobody"}</dd>`)}</dl></section>`;
}

function links(list: readonly Json[] | undefined): Html {
  if (list === undefined) return nothing;
  const rows = list.slice(0, 50).map((one) => remoteLink(one));
  return html`<section class="sheet" aria-labelledby="links"><h2 id="links">Links elsewhere</h2>${rows.length === 0 ? html`<p class="soft">None.</p>` : html`<ul>${rows}</ul>`}</section>`;
}

function remoteLink(json: Json): Html {
  const object = (typeof json.object === "object" && json.object !== null ? json.object : {}) as Json;
  const href = safeHref(object.url);
  const title = plain(object.title, 300) || (href ? spoken(href) : "a link");
  return html`<li>${href ? html`<a href="${href}" rel="noopener noreferrer nofollow">${title}</a>` : title}</li>`;
}
