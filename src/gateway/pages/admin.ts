/** `/admin`: who connected what, across owners; and taking it away. */
import type { HandleView } from "../../handles/index.ts";
import type { Connection, Registration } from "../../vault/index.ts";
import { spoken } from "../addresses.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { flavorName } from "../words/flavor.ts";
import { healthOf } from "../words/health.ts";
import { accountName } from "../words/person.ts";
import { counted, day, relative } from "../words/time.ts";
import { cell, tableOf } from "./admin-table.ts";
import { registrationName } from "./connect.ts";
import { siteName } from "./home.ts";
import { action, type Chrome, note, type Page, state } from "./layout.ts";
import { type Told, webhooksSection } from "./webhooks.ts";

export type Admin = {
  readonly now: number;
  readonly connections: readonly Connection[];
  readonly registrations: readonly Registration[];
  readonly handles: readonly HandleView[];
  readonly told: Told;
};

export function adminPage(chrome: Chrome, admin: Admin): Page {
  const owners = new Set(admin.connections.map((one) => one.owner)).size;
  return {
    title: "Admin",
    nav: "admin",
    body: html`<h1>Admin</h1>
<p class="lead">${admin.connections.length === 0 ? "Nobody has connected anything yet." : `${counted(owners, "owner")} ${owners === 1 ? "holds" : "hold"} ${counted(admin.connections.length, "connection")}.`}</p>
<section class="sheet" aria-labelledby="connections"><h2 id="connections">Connections</h2>${connections(chrome, admin)}</section>
<section class="sheet" aria-labelledby="handles"><h2 id="handles">Handles</h2>${handles(chrome, admin)}
<p class="after"><a class="button" href="${chrome.at("/admin/policies")}">Policies</a></p></section>
<section class="sheet" aria-labelledby="records"><h2 id="records">Records</h2><p>Every dance and every call to Jira that failed, of all owners, with base strings and archives.</p><p><a class="button" href="${chrome.at("/admin/records")}">Records</a></p></section>
<section class="sheet" aria-labelledby="webhooks"><h2 id="webhooks">Webhooks</h2>${webhooksSection(chrome, admin.told, admin.now)}</section>
<section class="sheet" aria-labelledby="registrations"><h2 id="registrations">Registrations</h2>${registrations(chrome, admin)}
<p class="after"><a class="button" href="${chrome.at("/registrations/new")}">Set up a Data Center</a></p></section>
${action(chrome.at("/admin/leave"), "Leave admin")}`,
  };
}

function connections(chrome: Chrome, { connections: list, registrations: all, now }: Admin): Html {
  if (list.length === 0) return html`<p class="soft">None.</p>`;
  return tableOf(
    ["Owner", "Site", "Acts as", "State", "Last call", ""],
    list.map((one) => {
      const health = healthOf(
        one,
        now,
        all.find((registration) => registration.id === one.registration_id),
      );
      const name = siteName(one);
      return html`<tr role="row">${cell("Owner", plain(one.owner, 255))}${cell("Site", html`${name}<br><span class="small soft">${flavorName(one.flavor)}</span>`)}${cell("Acts as", accountName(one) ?? "unknown")}${cell("State", state(health.shape, health.word))}${cell("Last call", one.last_used_at === undefined ? "none yet" : relative(one.last_used_at, now))}<td role="cell" class="end"><a class="button slim" href="${chrome.at(`/admin/connections/${one.id}/remove`)}" aria-label="Remove ${name} of ${plain(one.owner, 255)}">Remove</a></td></tr>`;
    }),
  );
}

function handles(chrome: Chrome, { handles: list, now }: Admin): Html {
  if (list.length === 0)
    return html`<p class="soft">None. A handle lets a program use a connection within limits; its owner makes one on the connection's page, or with <code>latchkey handles create</code>.</p>`;
  return tableOf(
    ["Name", "Owner", "Limits", "Last use", "State", ""],
    list.map((one) => {
      const ended = one.revoked_at !== undefined || (one.expires_at !== undefined && one.expires_at <= now);
      const name = plain(one.name, 120);
      const until = one.expires_at === undefined ? "In force" : `Until ${day(one.expires_at)}`;
      const word = one.revoked_at !== undefined ? "Revoked" : ended ? "Expired" : until;
      return html`<tr role="row">${cell("Name", name)}${cell("Owner", plain(one.owner, 255))}${cell("Limits", limits(one))}${cell("Last use", one.last_used_at === undefined ? "none yet" : relative(one.last_used_at, now))}${cell("State", state(ended ? "dead" : "well", word))}<td role="cell" class="end">${ended ? nothing : html`<a class="button slim" href="${chrome.at(`/admin/handles/${one.id}/revoke`)}" aria-label="Revoke ${name}">Revoke</a>`}</td></tr>`;
    }),
  );
}

function limits(handle: HandleView): Html {
  const { methods, path_prefixes } = handle.limits;
  const what = methods?.length ? methods.map((one) => plain(one, 20)).join(", ") : "any method";
  const where = path_prefixes?.length ? path_prefixes.map((one) => plain(one, 200)).join(", ") : "any path";
  return html`<span class="small">${what}<br><code>${where}</code></span>`;
}

function registrations(chrome: Chrome, { registrations: list }: Admin): Html {
  if (list.length === 0) return html`<p class="soft">None.</p>`;
  return tableOf(
    ["Name", "Kind", "Whose", "State", ""],
    list.map((one) => {
      const name = registrationName(one);
      const shape = one.state === "active" ? "well" : one.state === "draft" ? "soon" : "dead";
      const word = one.state === "active" ? "In use" : one.state === "draft" ? "Draft" : "Suspended";
      return html`<tr role="row">${cell("Name", html`<a class="key" href="${chrome.at(`/registrations/${one.id}`)}">${name}</a>${one.site_base_url ? html`<br><span class="small soft">${spoken(one.site_base_url)}</span>` : nothing}`)}${cell("Kind", flavorName(one.flavor))}${cell("Whose", one.owner === undefined ? "everyone" : plain(one.owner, 255))}${cell("State", state(shape, word))}<td role="cell" class="end"><a class="button slim" href="${chrome.at(`/admin/registrations/${one.id}/remove`)}" aria-label="Remove ${name}">Remove</a></td></tr>`;
    }),
  );
}

/** Asks before taking something away for good. */
export function confirmPage(
  chrome: Chrome,
  input: {
    readonly title: string;
    readonly says: string;
    readonly also?: string;
    readonly path: string;
    readonly button: string;
  },
): Page {
  return {
    title: input.title,
    nav: "admin",
    crumbs: [["Admin", "/admin"]],
    narrow: true,
    body: html`<h1>${input.title}</h1><p class="lead">${input.says}</p>
${input.also ? note({ kind: "info", title: "What stays", text: input.also }) : nothing}
<div class="row">${action(chrome.at(input.path), input.button, "last")}<a class="button" href="${chrome.at("/admin")}">Leave it</a></div>`,
  };
}

/** The one-time link was opened: a button, so that a preview of the link does not use it up. */
export function enterPage(chrome: Chrome): Page {
  return {
    title: "Open the admin page",
    narrow: true,
    body: html`<h1>Open the admin page in this browser?</h1>
<p class="lead">The link works once. This browser may then see every owner's connections and take them away, for eight hours.</p>
<div class="row">${action(chrome.at("/admin/enter"), "Open the admin page", "first")}<a class="button" href="${chrome.at("/")}">Not now</a></div>`,
  };
}

/** No admin here: how to get in. */
export function lockedPage(): Page {
  return {
    title: "Admin is closed",
    narrow: true,
    body: html`<h1>The admin page is closed here</h1>
<p class="lead">It opens with a one-time link that Latchkey prints when it starts. If that link was used or is older than a day, start Latchkey again for a new one.</p>`,
  };
}
