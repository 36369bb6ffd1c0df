/** `/connections/{id}/handles`: the keys with which programs use a connection. */
import type { HandleView } from "../../handles/index.ts";
import type { Secret } from "../../secret.ts";
import type { Connection } from "../../vault/index.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { deedsOf, endOf, forceOf, pathsOf } from "../words/limits.ts";
import { counted, relative } from "../words/time.ts";
import { type AskedHandle, handleForm, type WrongHandle } from "./handle-form.ts";
import { siteName } from "./home.ts";
import { action, type Chrome, note, type Page, state } from "./layout.ts";

export type HandlesPage = {
  readonly connection: Connection;
  readonly now: number;
  /** Those that know this connection, in any state. */
  readonly handles: readonly HandleView[];
  /** Made a moment ago; its key is on this page and on no later one. */
  readonly fresh?: { readonly handle: HandleView; readonly key: Secret; readonly curl: string } | undefined;
  readonly asked: AskedHandle;
  /** Names of the policies for this kind of Jira. */
  readonly policies: readonly string[];
  readonly wrong?: readonly WrongHandle[] | undefined;
};

export function handlesPage(chrome: Chrome, input: HandlesPage): Page {
  const { connection, now, fresh } = input;
  const path = `/connections/${connection.id}`;
  const inForce = input.handles.filter((one) => forceOf(one, now) === "in-force");
  const ended = input.handles.filter((one) => forceOf(one, now) !== "in-force");
  const inForceSection = html`<section class="sheet" aria-labelledby="in-force"><h2 id="in-force">In force</h2>${inForce.length === 0 ? html`<p class="soft">None. No program uses this connection.</p>` : table(chrome, path, inForce, now)}</section>`;
  const form =
    connection.state === "exported"
      ? nothing
      : handleForm(chrome.at(`${path}/handles`), input.asked, input.wrong ?? [], input.policies);
  return {
    title: "Handles",
    nav: "connections",
    crumbs: [
      ["Connections", "/"],
      [siteName(connection), path],
    ],
    body: html`<h1>Handles <span class="soft">of ${siteName(connection)}</span></h1>
<p class="lead">A handle is a key with which a program of yours calls Jira through this connection, within limits that you set. The program never sees a token of Jira's, and you can take the handle away at any time.</p>
${connection.state === "active" || connection.state === "pending" ? nothing : sleeping(connection)}
${fresh ? freshSection(fresh) : nothing}
${input.wrong ? [form, inForceSection] : [inForceSection, form]}
${ended.length === 0 ? nothing : html`<details class="sheet"><summary>${counted(ended.length, "handle")} no longer in force</summary>${table(chrome, path, ended, now)}</details>`}`,
  };
}

function sleeping({ state: how }: Connection): Html {
  const text =
    how === "dead"
      ? "Handles stay valid and work again once you have reconnected."
      : "It was handed over to another holder, so no handle works here any more.";
  return note({ kind: "soon", title: "Calls through this connection are refused at the moment.", text });
}

/** The one page that holds a key. */
function freshSection({ handle, key, curl }: NonNullable<HandlesPage["fresh"]>): Html {
  const value = (id: string, label: string, text: string, hint: Html = nothing) =>
    html`<li><p class="label">${label}</p><div class="value"><span class="text" id="${id}">${text}</span><button type="button" class="button slim" data-copy="${id}" hidden><span>Copy</span><span class="unseen"> ${label}</span></button></div>${hint}</li>`;
  return html`<section class="sheet once" aria-labelledby="fresh"><h2 id="fresh">The key of ${plain(handle.name, 120)}</h2>
<p><strong>Copy it now: it is shown this once.</strong> Latchkey keeps only its fingerprint. If it gets lost, revoke the handle and make another.</p>
<ul class="paste">${value("handle-key", "Key", key.reveal())}${value(
    "handle-curl",
    "Try it in a terminal",
    curl,
    html`<p class="hint">What follows the id of the connection is the path as Jira has it. A script of yours keeps the key in a variable or a file, not in its text.</p>`,
  )}</ul></section>`;
}

function table(chrome: Chrome, path: string, handles: readonly HandleView[], now: number): Html {
  const columns = ["Name", "May do", "Last used", "State"];
  return html`<table class="folds" role="table"><thead role="rowgroup"><tr role="row">${columns.map((name) => html`<th scope="col" role="columnheader">${name}</th>`)}<th scope="col" role="columnheader"><span class="unseen">Action</span></th></tr></thead><tbody role="rowgroup">
${handles.map((one) => row(chrome, path, one, now))}</tbody></table>`;
}

function row(chrome: Chrome, path: string, handle: HandleView, now: number): Html {
  const name = plain(handle.name, 120);
  const force = forceOf(handle, now);
  const word = { "in-force": "In force", revoked: "Revoked", expired: "Ended" }[force];
  return html`<tr role="row"><td role="cell"><strong>${name}</strong></td><td role="cell" data-label="May do">${limits(handle)}</td><td role="cell" data-label="Last used">${handle.last_used_at === undefined ? "not yet" : relative(handle.last_used_at, now)}</td><td role="cell" data-label="State">${state(force === "in-force" ? "well" : "dead", word)}<br><span class="small soft">${endOf(handle, now)}</span></td><td role="cell" class="end">${force === "in-force" ? html`<a class="button slim" href="${chrome.at(`${path}/handles/${handle.id}/revoke`)}" aria-label="Revoke ${name}">Revoke</a>` : nothing}</td></tr>`;
}

function limits(handle: HandleView): Html {
  const others = handle.connection_ids.length - 1;
  const projects = [...new Set((handle.limits.projects ?? []).map(({ key }) => key))];
  const more = [
    ...(handle.limits.policy === "raw" ? ["answers as Jira sends them (raw)"] : []),
    ...(handle.limits.policy && handle.limits.policy !== "raw"
      ? [`answers by the policy ${handle.limits.policy}`]
      : []),
    ...(projects.length > 0 ? [`only issues of ${plain(projects.join(", "), 200)}`] : []),
    ...(handle.limits.rate ? [`${counted(handle.limits.rate.per_minute, "call")} a minute`] : []),
    ...(handle.limits.priority === "bulk" ? ["lets others go first"] : []),
    ...(others > 0 ? [`also opens ${counted(others, "other connection")}`] : []),
    ...(handle.limits.api === "read" ? ["may ask Latchkey's own API"] : []),
    ...(handle.limits.api === "manage" ? ["may change things through Latchkey's own API"] : []),
  ];
  return html`${deedsOf(handle)}, below ${pathsOf(handle).map((one, index) => html`${index > 0 ? ", " : nothing}<code>${one}</code>`)}<br><span class="small soft">${more.join("; ")}</span>`;
}

/** Asks before a program is cut off. */
export function revokeHandlePage(chrome: Chrome, connection: Connection, handle: HandleView): Page {
  const name = plain(handle.name, 120);
  const path = `/connections/${connection.id}/handles`;
  const others = handle.connection_ids.length - 1;
  return {
    title: `Revoke ${name}`,
    nav: "connections",
    crumbs: [
      ["Connections", "/"],
      [siteName(connection), `/connections/${connection.id}`],
      ["Handles", path],
    ],
    narrow: true,
    body: html`<h1>Revoke the handle ${name}?</h1>
<p class="lead">The next call with it is refused, and the program that holds it stops working. It cannot be brought back; you can make another.</p>
${others > 0 ? note({ kind: "info", title: `It also opens ${counted(others, "other connection")}, and is refused there too.` }) : nothing}
<div class="row">${action(chrome.at(`${path}/${handle.id}/revoke`), "Revoke the handle", "last")}<a class="button" href="${chrome.at(path)}">Keep it</a></div>`,
  };
}
