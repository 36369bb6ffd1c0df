/** The guided set-up of a Data Center: where it is, what to paste there, whether the link works. */
import type { CheckFinding, CheckReport, Instruction } from "../../connect/index.ts";
import type { Registration } from "../../vault/index.ts";
import { safeHref, spoken } from "../addresses.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { flavorName, flavorWay } from "../words/flavor.ts";
import type { Shape } from "../words/health.ts";
import { relative } from "../words/time.ts";
import { registrationName } from "./connect.ts";
import { action, type Chrome, note, type Page, state } from "./layout.ts";

export type NewRegistration = {
  readonly site?: string | undefined;
  readonly flavor?: string | undefined;
  readonly wrong?: { readonly title: string; readonly says: string; readonly fix: string } | undefined;
  /** What discovery found, where the person was sent here by it. */
  readonly found?: string | undefined;
};

export function newRegistrationPage(chrome: Chrome, input: NewRegistration): Page {
  const { wrong, site, flavor = "datacenter-oauth1" } = input;
  const way = (value: string, title: string, says: string) =>
    html`<label class="choice"><input type="radio" name="flavor" value="${value}"${flavor === value ? html` checked` : nothing}><span><strong>${title}</strong><span class="small">${says}</span></span></label>`;
  return {
    title: "Set up a Data Center",
    nav: "connections",
    crumbs: [["Connections", "/"]],
    narrow: true,
    body: html`<h1>Set up a Jira Data Center</h1>
<p class="lead">${input.found ?? "A self-hosted Jira lets an application in only after its administrator has made a link to it."} It takes about three minutes, and you need to be an administrator of that Jira.</p>
${wrong ? html`<div class="note dead" role="alert"><h2>${wrong.title}</h2><p>${wrong.says} ${wrong.fix}</p><p><a href="#site">Go to the address</a></p></div>` : nothing}
<form class="sheet" method="post" action="${chrome.at("/registrations")}">
<div class="field"><label for="site">Base URL of the Jira</label><input type="text" id="site" name="site" value="${site ?? ""}" placeholder="https://jira.example.com/jira" autocomplete="url" autocapitalize="none" spellcheck="false" inputmode="url" maxlength="2048" required${wrong ? html` aria-invalid="true" aria-describedby="site-wrong"` : html` aria-describedby="site-hint"`}>${wrong ? html`<p class="wrong" id="site-wrong">${wrong.says}</p>` : nothing}<p class="hint" id="site-hint">As the browser shows it, with the path if there is one.</p></div>
<fieldset><legend>Kind of link</legend>
${way("datacenter-oauth1", "Application link, OAuth 1.0a", "Works on every version. Latchkey makes a key pair for this Jira; you paste the public key there.")}
${way("datacenter-oauth2", "Incoming link, OAuth 2.0", "Jira 8.22 and newer. Jira makes a client id and secret; you paste both here.")}
</fieldset><button class="button first">Show me what to paste</button></form>`,
  };
}

export type RegistrationView = {
  readonly registration: Registration;
  readonly instructions: readonly Instruction[];
  /** Which of Jira's eras the instructions are for; `undefined`: the newest. */
  readonly version?: string | undefined;
  readonly check?: { readonly report: CheckReport; readonly at: number } | undefined;
  readonly now: number;
  /** It is this owner's own, or an administrator looks at it. */
  readonly may_change: boolean;
  /** It is this owner's own and was never used. */
  readonly may_discard: boolean;
  readonly wrong?: { readonly field: string; readonly says: string } | undefined;
};

export function registrationPage(chrome: Chrome, view: RegistrationView): Page {
  const { registration, check } = view;
  const name = registrationName(registration);
  const path = chrome.at(`/registrations/${registration.id}`);
  return {
    title: name,
    nav: "connections",
    crumbs: [["Connections", "/"]],
    narrow: true,
    body: html`<div class="row spread top"><h1>${name}</h1>${stateOf(STATES, registration.state)}</div>
<p class="lead">${lead(registration, check?.report)}</p>
${check ? report(check, view.now) : nothing}
<section class="sheet" aria-labelledby="paste"><h2 id="paste">1. Paste this into Jira</h2>${versions(path, registration, view.version)}${fields(view.instructions)}</section>
${registration.flavor === "datacenter-oauth2" && view.may_change ? clientForm(path, view) : nothing}
${tryIt(chrome, view)}
${view.may_discard ? html`<p><a class="button last" href="${path}/discard">Discard this set-up</a></p>` : nothing}
<p class="small soft">${registration.flavor === "cloud" ? flavorName(registration.flavor) : flavorWay(registration.flavor)}${registration.site_base_url ? ` · ${spoken(registration.site_base_url)}` : nothing} · registration <code>${registration.id}</code></p>`,
  };
}

const STATES = {
  draft: ["soon", "Draft"],
  active: ["well", "In use"],
  suspended: ["dead", "Suspended"],
} as const;

function stateOf<K extends string>(words: Readonly<Record<K, readonly [Shape, string]>>, key: K): Html {
  const [shape, word] = words[key];
  return state(shape, word);
}

function lead(registration: Registration, checked: CheckReport | undefined): string {
  if (registration.state === "suspended")
    return "Jira refuses its client secret. No connection has died of it; correct the secret and they work again.";
  if (checked?.outcome === "ok") return "The link works. Connect to Jira as yourself now.";
  if (checked?.outcome === "wrong") return "The link does not work yet; what is wrong stands below.";
  if (registration.state === "active") return "It is in use. Below is what stands in Jira's own pages.";
  return "Paste each value below into Jira's pages, then test the link.";
}

const ERAS = [
  ["10 and newer", undefined],
  ["8.22 to 9", "9.12"],
  ["8.21 and older", "8.20"],
] as const;

function versions(path: string, registration: Registration, version: string | undefined): Html {
  if (registration.flavor === "cloud") return nothing;
  const mine = eraOf(version);
  return html`<p class="small">For Jira ${ERAS.map(([name, value], index) => html`${index > 0 ? " · " : nothing}${index === mine ? html`<strong aria-current="true">${name}</strong>` : html`<a href="${path}${value ? `?version=${value}` : "?version=10"}">${name}</a>`}`)}</p>`;
}

function eraOf(version: string | undefined): number {
  const [major = 10, minor = 0] = (version ?? "10").split(".").map(Number);
  if (!(major < 10)) return 0;
  return major === 9 || (major === 8 && minor >= 22) ? 1 : 2;
}

function fields(list: readonly Instruction[]): Html {
  let before = "";
  return html`<ol class="paste">${list.map((item, index) => {
    const where = item.where === before ? nothing : whereOf(item);
    before = item.where;
    return html`<li>${where}<p class="label">${plain(item.label, 200)}</p>${copyable(item, index)}${item.note ? html`<p class="hint">${plain(item.note, 500)}</p>` : nothing}</li>`;
  })}</ol>`;
}

/** A value with its copy button; what Jira will show has none yet. */
function copyable(item: Instruction, index: number): Html {
  if (item.value === "") return nothing;
  // A tick is set, not pasted.
  if (item.value === "on") return html`<div class="value"><span class="text">${item.value}</span></div>`;
  return html`<div class="value"><span class="text" id="value-${index}">${plain(item.value)}</span><button type="button" class="button slim" data-copy="value-${index}" hidden><span>Copy</span><span class="unseen"> ${plain(item.label, 200)}</span></button></div>`;
}

function whereOf(item: Instruction): Html {
  const href = safeHref(item.url);
  const text = plain(item.where, 300);
  return html`<p class="where">${href ? html`<a href="${href}" rel="noopener noreferrer" target="_blank">${text}<span class="unseen"> (opens a new tab)</span></a>` : text}</p>`;
}

function clientForm(path: string, { registration, wrong }: RegistrationView): Html {
  const told = registration.client_id !== "" && registration.has_secret;
  const bad = (name: string) =>
    wrong?.field === name ? html` aria-invalid="true" aria-describedby="${name}-wrong"` : nothing;
  const says = (name: string) =>
    wrong?.field === name ? html`<p class="wrong" id="${name}-wrong">${wrong.says}</p>` : nothing;
  return html`<form class="sheet" method="post" action="${path}/client"><h2>2. Paste what Jira showed here</h2>
<div class="field"><label for="client_id">Client ID</label><input type="text" id="client_id" name="client_id" value="${registration.client_id}" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="500" required${bad("client_id")}>${says("client_id")}</div>
<div class="field"><label for="client_secret">Client secret</label><input type="password" id="client_secret" name="client_secret" autocomplete="off" maxlength="2000"${told ? nothing : html` required`}${bad("client_secret")}>${says("client_secret")}<p class="hint">${told ? "One is kept already, sealed. Leave this empty to keep it." : "It is sealed at once and never shown again."}</p></div>
<button class="button${told ? "" : " first"}">Save and test the link</button></form>`;
}

function tryIt(chrome: Chrome, { registration, check, may_change }: RegistrationView): Html {
  const path = chrome.at(`/registrations/${registration.id}`);
  const oauth1 = registration.flavor === "datacenter-oauth1";
  const ready = oauth1 || (registration.client_id !== "" && registration.has_secret);
  if (!ready) return nothing;
  const well = check?.report.outcome === "ok";
  const open = registration.state !== "suspended" && (registration.state === "active" || check !== undefined);
  return html`<section class="sheet" aria-labelledby="try"><h2 id="try">${oauth1 ? "2" : "3"}. Test the link, then connect</h2>
<p>The test asks this Jira itself, with your link, and changes nothing there.</p>
<div class="row">${may_change ? action(`${path}/check`, check ? "Test again" : "Test the link", well ? "" : "first") : nothing}${open ? html`<form method="post" action="${path}/connect"><button class="button${well ? " first" : ""}">Connect to Jira</button></form>` : nothing}</div></section>`;
}

const OUTCOMES = {
  ok: ["well", "Works"],
  wrong: ["dead", "Wrong"],
  unproven: ["info", "Not proven"],
} as const;

function report({ report: checked, at }: NonNullable<RegistrationView["check"]>, now: number): Html {
  const order = { wrong: 0, unproven: 1, ok: 2 } as const;
  const findings = [...checked.findings].sort((a, b) => order[a.outcome] - order[b.outcome]);
  return html`<section class="sheet" aria-labelledby="found" role="status"><div class="row spread"><h2 id="found">What the test found</h2>${stateOf(OUTCOMES, checked.outcome)}</div>
<ul class="paste">${findings.map((finding) => findingItem(finding))}</ul><p class="small soft">Tested ${relative(at, now)}.</p></section>`;
}

function findingItem(finding: CheckFinding): Html {
  return html`<li><div class="row top">${stateOf(OUTCOMES, finding.outcome)}<div class="grow"><p class="flush">${plain(finding.says, 1000)}</p>${finding.fix ? html`<p class="flush"><strong>${plain(finding.fix, 1000)}</strong></p>` : nothing}</div></div></li>`;
}

/** Asks before a set-up that was never finished is thrown away. */
export function discardPage(chrome: Chrome, registration: Registration): Page {
  const name = registrationName(registration);
  const path = `/registrations/${registration.id}`;
  const kept = registration.flavor === "datacenter-oauth1" ? "key pair" : "client id and secret";
  return {
    title: `Discard ${name}`,
    nav: "connections",
    crumbs: [
      ["Connections", "/"],
      [name, path],
    ],
    narrow: true,
    body: html`<h1>Discard the set-up of ${name}?</h1>
<p class="lead">Its ${kept} ${registration.flavor === "datacenter-oauth1" ? "is" : "are"} forgotten. No connection uses it, so nothing stops working.</p>
${note({ kind: "info", title: "If you have saved the link in Jira already, it stays there until its administrator removes it." })}
<div class="row">${action(chrome.at(`${path}/discard`), "Discard it", "last")}<a class="button" href="${chrome.at(path)}">Keep it</a></div>`,
  };
}
