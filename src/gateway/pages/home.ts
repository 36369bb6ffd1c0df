/** `/`: connect, and my connections. */
import type { Connection, Registration } from "../../vault/index.ts";
import { spoken } from "../addresses.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import type { GatewayParts } from "../parts.ts";
import { flavorName } from "../words/flavor.ts";
import { healthOf } from "../words/health.ts";
import { accountName } from "../words/person.ts";
import { counted } from "../words/time.ts";
import { type Asked, connectForm, registrationName } from "./connect.ts";
import { type Chrome, type Page, state } from "./layout.ts";

export type Home = {
  readonly owner: string;
  readonly now: number;
  readonly connections: readonly Connection[];
  /** Active registrations this owner may use. */
  readonly registrations: readonly Registration[];
  readonly asked?: Asked;
  readonly demo?: GatewayParts["demo"];
  /** Whether exports are made here. */
  readonly exports?: boolean;
};

export function homePage(chrome: Chrome, home: Home): Page {
  const { connections } = home;
  const mine = connections.length === 0 ? nothing : cards(chrome, home);
  const first = connections.length === 0;
  const form = { ...home, used: new Set(connections.map((one) => one.registration_id)) };
  return {
    title: first ? "Connect to Jira" : "Connections",
    nav: "connections",
    body: html`<h1>${first ? "Connect to Jira" : "Connections"}</h1>
<p class="lead">${lead(home)}</p>
${first ? connectForm(chrome, form) : mine}
${first || !home.exports ? nothing : html`<p class="after"><a href="${chrome.at("/exports")}">Exports</a>: issues and what belongs to them, in files.</p>`}
${first ? nothing : html`<h2>Connect another Jira</h2>${connectForm(chrome, form)}`}
${begun(chrome, home)}`,
  };
}

function lead({ connections, now, registrations }: Home): string {
  if (connections.length === 0) {
    return "Type the address of your Jira, as you see it in the browser. Cloud or self-hosted, Latchkey finds out which it is and takes you there to approve.";
  }
  const ill = connections.filter((one) => needsDoing(one, now, registrations)).length;
  if (ill === 0)
    return connections.length === 1
      ? "It is well. Nothing needs doing."
      : "All of them are well. Nothing needs doing.";
  return `${counted(ill, "connection")} of ${connections.length} ${ill === 1 ? "needs" : "need"} you.`;
}

/** Set-ups of a Data Center that were begun and not ended: the key that was pasted there belongs to them. */
function begun(chrome: Chrome, { registrations, owner }: Home): Html {
  const drafts = registrations.filter((one) => one.state !== "active" && one.owner === owner);
  if (drafts.length === 0) return nothing;
  return html`<section aria-labelledby="begun"><h2 id="begun">Set-ups begun</h2><div class="grid">
${drafts.map((one) => html`<div class="sheet card"><div class="row spread"><h3>${registrationName(one)}</h3>${one.state === "draft" ? state("soon", "Draft") : state("dead", "Suspended")}</div><p class="who">${flavorName(one.flavor)}${one.site_base_url ? html`<br>${spoken(one.site_base_url)}` : nothing}</p><a class="button" href="${chrome.at(`/registrations/${one.id}`)}" aria-label="Go on with ${registrationName(one)}">Go on</a></div>`)}
</div></section>`;
}

function needsDoing(connection: Connection, now: number, registrations: readonly Registration[]): boolean {
  const { shape } = healthOf(connection, now, registrationOf(connection, registrations));
  return shape === "dead" || shape === "soon";
}

function registrationOf(connection: Connection, all: readonly Registration[]): Registration | undefined {
  return all.find((one) => one.id === connection.registration_id);
}

function cards(chrome: Chrome, { connections, now, registrations }: Home): Html {
  return html`<section aria-labelledby="mine"><h2 class="unseen" id="mine">My connections</h2><div class="grid">
${connections.map((one) => card(chrome, one, now, registrationOf(one, registrations)))}
</div></section>`;
}

function card(chrome: Chrome, connection: Connection, now: number, registration?: Registration): Html {
  const { shape, word, sentence, reconnect } = healthOf(connection, now, registration);
  const path = `/connections/${connection.id}`;
  const name = siteName(connection);
  const who = accountName(connection);
  const urgent = reconnect && shape === "dead";
  return html`<article class="sheet card"><div class="row spread"><h3>${name}</h3>${state(shape, word)}</div>
<p class="who">${flavorName(connection.flavor)}${who ? ` · as ${who}` : ""}</p>
<p class="says">${sentence}</p>
<a class="button${urgent ? " first" : ""}" href="${chrome.at(path)}" aria-label="${urgent ? `Reconnect ${name}` : `Open ${name}`}">${urgent ? "Reconnect" : "Open"}</a></article>`;
}

/** What people call the site: its name, or its address where it has none. */
export function siteName(connection: Pick<Connection, "site">): string {
  return plain(connection.site.name, 120) || spoken(connection.site.url);
}
