/** `/connections/{id}`: how it is, how long it lasts, what it may do, and the issues it reaches. */
import type { HandleView } from "../../handles/index.ts";
import { scopeWords } from "../../protocol/index.ts";
import type { CallView } from "../../recorder/index.ts";
import type { Connection, Registration } from "../../vault/index.ts";
import { safeHref, spoken } from "../addresses.ts";
import { type Life, lifeInWords, lifeline } from "../drawings/lifeline.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { causeWords } from "../words/causes.ts";
import { flavorName } from "../words/flavor.ts";
import { type Health, healthOf, WARN_ABSOLUTE_DAYS } from "../words/health.ts";
import { forceOf } from "../words/limits.ts";
import { accountName } from "../words/person.ts";
import { counted, DAY, moment, nearby, relative } from "../words/time.ts";
import { callsSection } from "./calls.ts";
import { siteName } from "./home.ts";
import { type Issues, issuesSection } from "./issues.ts";
import { action, type Chrome, note, type Page, state } from "./layout.ts";

export type ConnectionPage = {
  readonly connection: Connection;
  readonly registration?: Registration | undefined;
  readonly now: number;
  readonly issues: Issues;
  /** Those that know this connection, in any state. */
  readonly handles: readonly HandleView[];
  /** Its last calls that failed. */
  readonly failed: readonly CallView[];
  /** The dance it came from, where it is still kept. */
  readonly dance_id?: string | undefined;
  /** How many ideas were pushed over it. */
  readonly links?: number | undefined;
};

export function connectionPage(chrome: Chrome, input: ConnectionPage): Page {
  const { connection, now, registration } = input;
  const health = healthOf(connection, now, registration);
  const name = siteName(connection);
  const who = accountName(connection);
  return {
    title: name,
    nav: "connections",
    crumbs: [["Connections", "/"]],
    wide: true,
    body: html`<div class="row spread top"><h1>${name}${who ? html` <span class="soft">as ${who}</span>` : nothing}</h1>${state(health.shape, health.word)}</div>
<p class="lead">${health.sentence}</p>
${health.shape === "dead" ? deadNote(chrome, connection) : nothing}
${actions(chrome, input, health)}
${lifeSection(connection, now)}
<div class="grid facts">${facts(connection, registration, now)}${mayDo(chrome, connection)}${handlesSection(chrome, input)}</div>
${issuesSection(chrome, connection, input.issues)}
${callsSection(chrome, input.failed, now)}`,
  };
}

function deadNote(chrome: Chrome, connection: Connection): Html {
  const { dead } = connection;
  if (!dead) return nothing;
  const others = dead.not_excluded?.length
    ? html`<div class="after"><p>Jira does not say why. It may be that:</p><ul>${dead.not_excluded.map((cause) => html`<li>${causeWords(cause)} <code class="small">${plain(cause, 80)}</code></li>`)}</ul></div>`
    : nothing;
  return html`<div class="note dead"><p><strong>${plain(dead.next_step, 500)}</strong><br>Cause <code>${plain(dead.cause, 80)}</code>, ${moment(dead.at)}.</p>${action(chrome.at(`/connections/${connection.id}/reconnect`), "Reconnect", "first")}${others}</div>`;
}

function lifeOf(connection: Connection, now: number): Life {
  const { absolute_expires_at: end, idle_expires_at: idle } = connection;
  return {
    now,
    consented_at: connection.consented_at,
    idle_expires_at: idle,
    absolute_expires_at: end,
    warn_at: end === undefined ? undefined : end - WARN_ABSOLUTE_DAYS * DAY,
    dead_at: connection.dead?.at,
  };
}

function lifeSection(connection: Connection, now: number): Html {
  const life = lifeOf(connection, now);
  const wide = lifeline(life, 1140);
  const small = lifeline(life, 310);
  const drawing =
    wide && small
      ? html`<div class="on-desk">${wide}</div><div class="on-phone">${small}</div>`
      : html`<p>${lifeInWords(life)} This consent has no date at which it ends.</p>`;
  return html`<section class="sheet" aria-labelledby="life"><h2 id="life">Life line</h2>${drawing}<p class="small soft">${tokenWords(connection, now)}</p></section>`;
}

function tokenWords(connection: Connection, now: number): string {
  const { access_expires_at: access, last_rotated_at: received, flavor, kind } = connection;
  if (connection.state === "dead") return `The last access token was received ${relative(received, now)}.`;
  if (kind === "personal-access-token" || kind === "api-token") {
    const until = access === undefined ? "nobody said when it ends" : `it ends ${nearby(access, now)}`;
    return `Token given ${nearby(received, now)}; ${until}. Nothing but another token takes its place.`;
  }
  const got = `Access token received ${nearby(received, now)}`;
  if (access === undefined) return `${got}; Jira named no end for it.`;
  const what = flavor === "datacenter-oauth1" ? "valid until" : "renewed by itself before";
  return `${got}, ${what} ${nearby(access, now)}.`;
}

/** Scopes in words: asked for, granted, missing. */
function mayDo(chrome: Chrome, connection: Connection): Html {
  const { flavor, scope_asked: asked, scope_granted: granted } = connection;
  if (connection.kind === "personal-access-token" || connection.kind === "api-token") {
    return html`<section class="sheet" aria-labelledby="may"><h2 id="may">What it may do</h2><p>What the token may: everything ${accountName(connection) ?? "its account"} may do in Jira, unless it was made with scopes, which Jira does not tell.</p></section>`;
  }
  if (flavor === "datacenter-oauth1") {
    return html`<section class="sheet" aria-labelledby="may"><h2 id="may">What it may do</h2><p>Everything ${accountName(connection) ?? "the account"} may do in Jira. An application link of OAuth 1.0a knows no scopes.</p></section>`;
  }
  const missing = granted ? asked.filter((scope) => !granted.includes(scope)) : [];
  const says = granted
    ? html`<p>What you approved in Jira, and never more than you may do there yourself:</p>${scopes(granted)}`
    : html`<p>Jira did not say what it granted, so it is taken to be what was asked:</p>${scopes(asked)}`;
  return html`<section class="sheet" aria-labelledby="may"><h2 id="may">What it may do</h2>${says}
${missing.length > 0 ? html`<h3>Asked for, and not granted</h3>${scopes(missing)}${action(chrome.at(`/connections/${connection.id}/reconnect`), "Ask for it again", "slim")}` : nothing}</section>`;
}

function scopes(list: readonly string[]): Html {
  if (list.length === 0) return html`<p class="soft">Nothing.</p>`;
  return html`<ul class="scopes">${list.map((scope) => html`<li>${scopeWords(plain(scope, 120)).title} <code class="small soft">${plain(scope, 120)}</code></li>`)}</ul>`;
}

function handlesSection(chrome: Chrome, { connection, handles, now }: ConnectionPage): Html {
  const inForce = handles.filter((one) => forceOf(one, now) === "in-force");
  const path = chrome.at(`/connections/${connection.id}/handles`);
  const names = inForce.slice(0, 3).map((one) => plain(one.name, 60));
  const more = inForce.length > names.length ? `, and ${inForce.length - names.length} more` : "";
  const says =
    inForce.length === 0
      ? "None yet. A program of yours uses this connection with a handle: a key with limits."
      : `${counted(inForce.length, "handle")} in force: ${names.join(", ")}${more}.`;
  return html`<section class="sheet" aria-labelledby="handles"><h2 id="handles">Programs</h2><p>${says}</p><p><a class="button" href="${path}">${inForce.length === 0 ? "Make a handle" : "Handles"}</a></p></section>`;
}

function facts(connection: Connection, registration: Registration | undefined, now: number): Html {
  const { account, site } = connection;
  const href = safeHref(site.url);
  const used = connection.last_used_at;
  return html`<section class="sheet" aria-labelledby="who"><h2 id="who">Who and where</h2><dl>
<dt>Account</dt><dd>${accountName(connection) ?? "Jira has not said"}${account?.email ? html`<br><span class="small soft">${plain(account.email, 200)}</span>` : nothing}</dd>
<dt>Site</dt><dd>${href ? html`<a href="${href}" rel="noopener noreferrer">${spoken(href)}</a>` : plain(site.url, 300)}</dd>
<dt>Kind</dt><dd>${flavorName(connection.flavor)}${site.version ? ` · ${plain(site.version, 40)}` : nothing}</dd>
<dt>Through</dt><dd>${registration ? plain(registration.title, 120) : "a registration that is gone"}</dd>
<dt>Connected</dt><dd>${moment(connection.consented_at)}</dd>
<dt>Last call</dt><dd>${used === undefined ? "none yet" : html`${relative(used, now)}${connection.last_status ? html`, Jira answered ${connection.last_status}` : nothing}`}</dd>
<dt>Id</dt><dd><code>${connection.id}</code></dd></dl></section>`;
}

function actions(chrome: Chrome, { connection, dance_id, links = 0 }: ConnectionPage, health: Health): Html {
  const path = chrome.at(`/connections/${connection.id}`);
  const usable = connection.state === "active";
  return html`<div class="row deeds">${usable ? action(`${path}/test`, "Test now") : nothing}${
    health.shape === "dead" && connection.dead
      ? nothing
      : action(`${path}/reconnect`, "Reconnect", health.reconnect ? "first" : "")
  }${links > 0 ? html`<a class="button" href="${path}/links">${counted(links, "link")}</a>` : nothing}${dance_id ? html`<a class="button" href="${chrome.at(`/dances/${dance_id}`)}">Last dance</a>` : nothing}<a class="button" href="${path}/doctor">What is wrong?</a><a class="button last" href="${path}/disconnect">Disconnect</a></div>`;
}

/** Asks before forgetting, and says what stays behind at Jira. */
export function disconnectPage(chrome: Chrome, connection: Connection): Page {
  const name = siteName(connection);
  const path = chrome.at(`/connections/${connection.id}`);
  return {
    title: `Disconnect ${name}`,
    nav: "connections",
    crumbs: [
      ["Connections", "/"],
      [name, `/connections/${connection.id}`],
    ],
    narrow: true,
    body: html`<h1>Disconnect ${name}?</h1>
<p class="lead">Latchkey forgets its tokens at once, and whatever uses this connection stops working.</p>
${note({ kind: "info", title: "Jira goes on listing the approval.", text: REMOVE_AT[connection.flavor] })}
<div class="row"><form method="post" action="${path}/disconnect"><button class="button last">Disconnect</button></form><a class="button" href="${path}">Keep it</a></div>`,
  };
}

const REMOVE_AT: Readonly<Record<Connection["flavor"], string>> = {
  cloud:
    "Atlassian offers applications no way to take it back. Remove it yourself at id.atlassian.com, Connected apps; the address follows on the next page.",
  "datacenter-oauth2":
    "Remove it yourself in Jira: your profile, Authorized applications; the address follows on the next page.",
  "datacenter-oauth1":
    "Remove it yourself in Jira: your profile, Authorized applications (View OAuth access tokens); the address follows on the next page.",
};
