/** `/connect`: who asks, for whom, and where to. The form stands on the first page too. */
import type { Discovery } from "../../connect/index.ts";
import type { Registration } from "../../vault/index.ts";
import { spoken } from "../addresses.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import type { GatewayParts } from "../parts.ts";
import { flavorName, flavorWay } from "../words/flavor.ts";
import type { Chrome, Page } from "./layout.ts";

/** What was typed, and what was wrong with it. */
export type Asked = {
  readonly site?: string | undefined;
  readonly return_to?: string | undefined;
  readonly wrong?: { readonly title: string; readonly says: string; readonly fix: string } | undefined;
};

export type ConnectForm = {
  readonly registrations: readonly Registration[];
  /** Registrations this owner has connected through before. */
  readonly used?: ReadonlySet<string>;
  readonly asked?: Asked;
  readonly demo?: GatewayParts["demo"];
  /** Where the form is sent; default `/connect`. */
  readonly action?: string;
};

/** The page in its own right: names the application and the person it connects for. */
export function connectPage(chrome: Chrome, form: ConnectForm & { readonly owner: string }): Page {
  return {
    title: "Connect to Jira",
    nav: "connections",
    crumbs: [["Connections", "/"]],
    narrow: true,
    body: html`<h1>Connect to Jira</h1>
<p class="lead"><strong>${chrome.application}</strong> asks to reach Jira in your name. What it may do stands on Jira's own page, where you approve or refuse.</p>
<div class="sheet"><dl><dt>Application</dt><dd>${chrome.application}</dd><dt>Connects for</dt><dd>${ownerWords(form.owner)}</dd></dl></div>
${connectForm(chrome, form)}`,
  };
}

function ownerWords(owner: string): string {
  return owner === "local" ? "whoever uses this machine (local)" : plain(owner, 255);
}

/** The address field, and a button for each Jira that is known already. */
export function connectForm(chrome: Chrome, form: ConnectForm): Html {
  const { registrations, used, asked, demo, action = "/connect" } = form;
  const wrong = asked?.wrong;
  return html`${wrong ? summary(wrong) : nothing}
<form class="sheet" action="${chrome.at(action)}" method="post">
<label for="site">Your Jira</label>
<div class="field-row"><input type="text" id="site" name="site" value="${asked?.site ?? ""}" placeholder="acme.atlassian.net or jira.example.com/jira" autocomplete="url" autocapitalize="none" spellcheck="false" inputmode="url" maxlength="2048" required${wrong ? html` aria-invalid="true" aria-describedby="site-wrong site-hint"` : html` aria-describedby="site-hint"`}>
<button class="button first">Connect to Jira</button></div>
${wrong ? html`<p class="wrong" id="site-wrong">${wrong.says}</p>` : nothing}
<p class="hint" id="site-hint">The address as the browser shows it, path included. A link to an issue will do.${chrome.guest ? nothing : html` Self-hosted, and not known here yet? <a href="${chrome.at("/registrations/new")}">Set it up</a>, or <a href="${chrome.at("/connect/token")}">use a token that you made in Jira</a>.`}</p>
${asked?.return_to ? html`<input type="hidden" name="return_to" value="${asked.return_to}">` : nothing}
</form>
${demo ? demoNote(demo) : nothing}
${ready(chrome, registrations, used ?? new Set(), action, asked?.return_to)}`;
}

/** Where nothing is at stake, the way in may be told. */
function demoNote(demo: NonNullable<ConnectForm["demo"]>): Html {
  return html`<div class="note"><p><strong>This is a demo with a sandbox Jira of its own.</strong><br>Type <code>${demo.cloud}/sites/acme</code> or <code>${demo.datacenter}</code>, or press a button below. Sign in there as <code>alana</code> with the password <code>alana</code>.</p></div>`;
}

function summary(wrong: NonNullable<Asked["wrong"]>): Html {
  return html`<div class="note dead" role="alert"><h2>${wrong.title}</h2><p>${wrong.says} ${wrong.fix}</p><p><a href="#site">Go to the address</a></p></div>`;
}

/** One button per Jira whose administrator has let us in already. */
function ready(
  chrome: Chrome,
  registrations: readonly Registration[],
  used: ReadonlySet<string>,
  path: string,
  return_to?: string,
): Html {
  const active = registrations.filter((one) => one.state === "active");
  if (active.length === 0) return nothing;
  return html`<section aria-labelledby="ready"><h2 id="ready">Ready to connect</h2><div class="grid">
${active.map(
  (
    one,
  ) => html`<form class="sheet card" action="${chrome.at(path)}" method="post"><h3>${registrationName(one)}</h3>
<p class="who">${flavorName(one.flavor)}${one.site_base_url && one.flavor !== "cloud" ? html`<br>${spoken(one.site_base_url)}` : nothing}${used.has(one.id) ? html`<br>Connected already; once more for another account or site.` : nothing}</p>
<input type="hidden" name="registration" value="${one.id}">${return_to ? html`<input type="hidden" name="return_to" value="${return_to}">` : nothing}
<button class="button" aria-label="Connect to Jira: ${registrationName(one)}">Connect to Jira</button></form>`,
)}
</div></section>`;
}

export function registrationName(registration: Registration): string {
  return plain(registration.title, 120) || registration.id;
}

/** Several ways fit what was typed: one is chosen by the person, never by us. */
export function choosePage(
  chrome: Chrome,
  input: {
    readonly discovery: Discovery;
    readonly typed: string;
    readonly return_to?: string | undefined;
    /** Where the form is sent; default `/connect`. */
    readonly action?: string;
  },
): Page {
  const { discovery, typed, return_to, action = "/connect" } = input;
  const site = plain(discovery.site.title, 120) || spoken(discovery.site.base_url);
  return {
    title: "Which way in",
    nav: "connections",
    crumbs: [["Connections", "/"]],
    narrow: true,
    body: html`<h1>Choose a way to ${site}</h1>
<p class="lead">There are ${discovery.registrations.length} ways into this Jira. If you do not know which, take the first.</p>
<form class="sheet" action="${chrome.at(action)}" method="post"><fieldset><legend>Connect through</legend>
${discovery.registrations.map(
  (one, index) =>
    html`<label class="choice"><input type="radio" name="registration" value="${one.id}" required${index === 0 ? html` checked` : nothing}><span><strong>${registrationName(one)}</strong><span class="small">${flavorWay(one.flavor)}</span></span></label>`,
)}</fieldset>
<input type="hidden" name="site" value="${typed}">${return_to ? html`<input type="hidden" name="return_to" value="${return_to}">` : nothing}
<button class="button first">Connect to Jira</button></form>
${whyFound(discovery.why)}`,
  };
}

export function whyFound(why: readonly string[]): Html {
  if (why.length === 0) return nothing;
  return html`<details class="sheet"><summary>How Latchkey found this out</summary><ul>${why.map((line) => html`<li>${plain(line, 500)}</li>`)}</ul></details>`;
}

/** A Cloud site without a registration: nothing the person can mend, so it says who can. */
export function noRegistrationPage(discovery: Discovery): Page {
  const site = spoken(discovery.site.base_url);
  return {
    title: "Not set up yet",
    nav: "connections",
    crumbs: [["Connections", "/"]],
    narrow: true,
    body: html`<h1>Latchkey is not set up for Jira Cloud yet</h1>
<p class="lead">${site} is a Jira Cloud site, and no app of Atlassian's developer console is registered here.</p>
<div class="sheet"><h2>What to do next</h2><ol class="steps"><li><p>Whoever runs this Latchkey makes an OAuth 2.0 app at <a href="https://developer.atlassian.com/console/myapps/" rel="noopener noreferrer">developer.atlassian.com/console/myapps</a>.</p></li><li><p>They add it on the command line: <code>latchkey registrations add --flavor cloud</code></p></li><li><p>You come back and type the address again.</p></li></ol></div>
${whyFound(discovery.why)}`,
  };
}

/** The hop to a Data Center, see `routes/depart.ts`. */
export function departPage(authorize_url: string): Page {
  const host = new URL(authorize_url).host;
  return {
    title: `To ${host}`,
    nav: "connections",
    narrow: true,
    body: html`<h1>Taking you to ${host}</h1><p class="lead">You approve there, and come back here.</p><p><a class="button first" href="${authorize_url}">Go to ${host} now</a></p>`,
  };
}
