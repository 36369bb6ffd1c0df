/** `/connections/{id}/links`: which ideas became which issues, and which of them want somebody. */
import type { LinkState, LinkView } from "../../push/index.ts";
import type { Connection } from "../../vault/index.ts";
import { safeHref } from "../addresses.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { LINK_STATES, STATE_ORDER, statusShape } from "../words/link.ts";
import { counted, relative } from "../words/time.ts";
import { cell, tableOf } from "./admin-table.ts";
import { siteName } from "./home.ts";
import { type Chrome, type Page, state } from "./layout.ts";

export type LinksPage = {
  readonly connection: Connection;
  readonly links: readonly LinkView[];
  readonly counts: Partial<Record<LinkState, number>>;
  /** Shows those in this state alone. */
  readonly state?: LinkState | undefined;
  /** The last one shown, where others follow. */
  readonly next?: string | undefined;
  readonly first_page: boolean;
  readonly now: number;
};

export function linksPage(chrome: Chrome, input: LinksPage): Page {
  const { connection, counts } = input;
  const name = siteName(connection);
  const path = `/connections/${connection.id}`;
  return {
    title: "Links",
    nav: "connections",
    crumbs: [
      ["Connections", "/"],
      [name, path],
    ],
    wide: true,
    body: html`<h1>Ideas in ${name}</h1>
<p class="lead">${lead(counts)}</p>
${filters(chrome.at(`${path}/links`), input)}
${list(chrome, input)}`,
  };
}

/** In step, and what is only on its way, want nobody. */
const AT_REST: readonly LinkState[] = ["ok", "waiting"];

function lead(counts: LinksPage["counts"]): string {
  const sum = (states: readonly LinkState[]) => states.reduce((all, one) => all + (counts[one] ?? 0), 0);
  const all = sum(STATE_ORDER);
  if (all === 0) return "No idea was pushed over this connection yet.";
  const restless = sum(STATE_ORDER.filter((one) => !AT_REST.includes(one)));
  if (restless === 0) return `Nothing needs doing: ${counted(all, "link")}, none of which wants you.`;
  return `${restless} of ${counted(all, "link")} ${restless === 1 ? "wants" : "want"} a look.`;
}

function filters(path: string, { counts, state: chosen }: LinksPage): Html {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (all === 0) return nothing;
  const link = (href: string, name: string, count: number, current: boolean) =>
    html`<li><a href="${href}"${current ? html` aria-current="true"` : nothing}>${name} <span class="soft">${count}</span></a></li>`;
  return html`<nav aria-label="Filter by state"><ul class="filters">${link(path, "All", all, chosen === undefined)}${STATE_ORDER.filter(
    (one) => counts[one] !== undefined || one === chosen,
  ).map((one) =>
    link(`${path}?state=${one}`, LINK_STATES[one].word, counts[one] ?? 0, chosen === one),
  )}</ul></nav>`;
}

function list(chrome: Chrome, input: LinksPage): Html {
  const { connection, links, state: chosen, next, first_page, now } = input;
  if (links.length === 0) {
    const says =
      chosen === undefined && first_page
        ? html`Push the first with <code>latchkey push</code>, from your program, or over the API.`
        : html`No link here is in this state.`;
    return html`<section class="sheet"><p class="soft">${says}</p></section>`;
  }
  const path = chrome.at(`/connections/${connection.id}/links`);
  const query = (values: Record<string, string>) =>
    new URLSearchParams({ ...(chosen === undefined ? {} : { state: chosen }), ...values }).toString();
  const page = (values: Record<string, string>, name: string) =>
    html`<a class="button" href="${path}?${query(values)}">${name}</a>`;
  return html`<section class="sheet" aria-label="Links">${tableOf(
    ["Idea", "Issue", "Status", "State", "Last look", ""],
    links.map((one) => row(chrome, one, now)),
  )}${
    first_page && next === undefined
      ? nothing
      : html`<nav class="row after" aria-label="Pages of links">${first_page ? nothing : page({}, "First page")}${next === undefined ? nothing : page({ after: next }, "Next page")}</nav>`
  }</section>`;
}

function row(chrome: Chrome, link: LinkView, now: number): Html {
  const { shape, word } = LINK_STATES[link.state];
  const name = plain(link.summary ?? link.idea_id, 300);
  const seen = link.seen_at === undefined ? "not yet" : relative(link.seen_at, now);
  const why = link.error
    ? html`<br><span class="small soft">${plain(link.error.message, 200)}</span>`
    : nothing;
  return html`<tr role="row"><td role="cell"><a class="key" href="${chrome.at(`/links/${link.id}`)}">${name}</a><br><span class="small soft">${plain(link.idea_id, 80)}</span></td>${cell("Issue", issueLink(link))}${cell("Status", statusOf(link))}${cell("State", html`${state(shape, word)}${why}`)}${cell("Last look", seen)}<td role="cell" class="end">${linkDeeds(chrome, link, name)}</td></tr>`;
}

/** The issue's key, leading to Jira. */
export function issueLink({ issue_key, issue_url }: LinkView): Html {
  if (issue_key === undefined) return html`<span class="soft">none yet</span>`;
  const href = safeHref(issue_url);
  const key = plain(issue_key, 100);
  return href
    ? html`<a class="nowrap" href="${href}" rel="noopener noreferrer">${key}</a>`
    : html`<span class="nowrap">${key}</span>`;
}

export function statusOf(link: LinkView): Html {
  return link.status === undefined
    ? html`<span class="soft">unknown</span>`
    : state(statusShape(link), plain(link.status, 80));
}

/** What can be done with it at once: each a form of its own, which comes back to the page it stands on. */
export function linkDeeds(
  chrome: Chrome,
  link: LinkView,
  name: string,
  from: "list" | "link" = "list",
): Html {
  const one = (verb: string, label: string, first: boolean) =>
    html`<form method="post" action="${chrome.at(`/links/${link.id}/${verb}`)}">${from === "list" ? html`<input type="hidden" name="from" value="list">` : nothing}<button class="button ${from === "list" ? "slim" : ""}${first ? " first" : ""}" aria-label="${label}: ${name}">${label}</button></form>`;
  const look = link.issue_id === undefined ? nothing : one("look", "Look again", false);
  const retry = RETRIED.includes(link.state) ? one("retry", "Retry", from === "link") : nothing;
  return html`<div class="row">${retry}${look}</div>`;
}

/** Those a second push may mend; what was edited on both sides is decided field by field instead. */
const RETRIED: readonly LinkState[] = ["failed", "waiting", "deleted", "duplicate"];
