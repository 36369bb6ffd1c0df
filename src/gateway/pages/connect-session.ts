/** What a person sees who came by a link of an application: who asks, for whom, and what to do if that is not them. */
import type { ConnectSession } from "../../connect/index.ts";
import { scopeWords } from "../../protocol/index.ts";
import type { Connection, Registration } from "../../vault/index.ts";
import { spoken } from "../addresses.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { accountName } from "../words/person.ts";
import { connectForm, registrationName } from "./connect.ts";
import { siteName } from "./home.ts";
import { type Chrome, note, type Page } from "./layout.ts";

export type Landing = {
  readonly held: ConnectSession;
  /** Those that fit what the application asked for. */
  readonly registrations: readonly Registration[];
  /** The connection that is to be renewed. */
  readonly connection?: Connection | undefined;
  readonly wrong?:
    | {
        readonly title: string;
        readonly says: string;
        readonly fix: string;
        readonly typed?: string | undefined;
      }
    | undefined;
};

export function landingPage(chrome: Chrome, landing: Landing): Page {
  const { held, connection } = landing;
  const name = applicationOf(chrome, held);
  const title = connection ? `Renew the connection to ${siteName(connection)}` : "Connect to Jira";
  return {
    title,
    narrow: true,
    body: html`<h1>${title}</h1>
<p class="lead"><strong>${name}</strong> asks to reach Jira in your name. What it may do stands on Jira's own page, where you approve or refuse.</p>
<div class="sheet">${facts(chrome, landing)}</div>
${held.user === undefined ? nothing : note({ kind: "soon", title: `Go on only if this is you at ${name}: ${personOf(held)}.`, text: `Whoever is signed in there under that name will see your Jira through it. If somebody else sent you this link, or you did not begin this at ${name} yourself, cancel.` })}
${way(chrome, landing)}
${cancel(chrome, held)}`,
  };
}

function facts(chrome: Chrome, { held, connection }: Landing): Html {
  const name = applicationOf(chrome, held);
  const through = held.application !== undefined && name !== chrome.application;
  const had = new Set(connection?.scope_asked ?? []);
  const more = connection ? (held.scope ?? []).filter((scope) => !had.has(scope)) : [];
  return html`<dl><dt>Application</dt><dd>${name}${through ? html`<br><span class="small soft">through ${chrome.application}</span>` : nothing}</dd>
${held.user === undefined ? nothing : html`<dt>Connects for</dt><dd>${personOf(held)}</dd>`}
${held.return_url === undefined ? nothing : html`<dt>Afterwards</dt><dd>back to ${new URL(held.return_url).host}</dd>`}
${connection ? html`<dt>Jira</dt><dd>${spoken(connection.site.url)}</dd><dt>Approve as</dt><dd>${accountName(connection) ?? "the account it was connected with"}</dd>` : nothing}
${more.length === 0 ? nothing : html`<dt>Asks for more</dt><dd>${more.map((scope) => html`${scopeWords(scope).title}<br>`)}</dd>`}</dl>`;
}

/** One button where it is clear which Jira is meant, else the address to type. */
function way(chrome: Chrome, { held, registrations, wrong }: Landing): Html {
  const action = `/connect/session/${held.id}`;
  const [only] = held.registration_id === undefined ? [] : registrations;
  if (only === undefined && held.site === undefined) {
    const asked = wrong && { wrong, site: wrong.typed };
    return connectForm(chrome, { registrations, action, ...(asked && { asked }) });
  }
  const where = only ? registrationName(only) : spoken(held.site ?? "");
  return html`${wrong ? html`<div class="note dead" role="alert"><h2>${wrong.title}</h2><p>${wrong.says} ${wrong.fix}</p></div>` : nothing}
<form method="post" action="${chrome.at(action)}"><button class="button first">Go on to ${where}</button></form>`;
}

function cancel(chrome: Chrome, held: ConnectSession): Html {
  return html`<form method="post" action="${chrome.at(`/connect/session/${held.id}`)}" class="after"><button class="button" name="cancel" value="cancel">Cancel: this is not me</button></form>`;
}

function applicationOf(chrome: Chrome, { application }: ConnectSession): string {
  return plain(application ?? chrome.application, 255);
}

function personOf({ user, user_name }: ConnectSession): string {
  return plain(user_name ?? user ?? "", 255);
}

/** The link leads nowhere any more. */
export function endedPage(chrome: Chrome, held: ConnectSession): Page {
  const name = applicationOf(chrome, held);
  const well = held.state === "redeemed" || held.state === "waiting";
  return {
    title: well ? "You are connected" : "This link is over",
    narrow: true,
    body: html`<h1>${well ? "You have connected already" : "This link to connect is over"}</h1>
<p class="lead">${well ? `Go back to ${name}; you may close this window.` : `Nothing was kept. Go back to ${name} and ask it to connect again.`}</p>
${held.error ? html`<p class="small soft">Code <code>${plain(held.error.code, 60)}</code></p>` : nothing}`,
  };
}

/** A connection was renewed by a link that leads back nowhere. */
export function returnedPage(): Page {
  return {
    title: "Reconnected",
    narrow: true,
    body: html`<h1>Reconnected</h1><p class="lead">The connection kept its id; whatever uses it goes on working. You may close this window.</p>`,
  };
}
