/** `/exports/{id}`: how far it is, and then its files. */
import type { ExportView } from "../../export/index.ts";
import type { Connection } from "../../vault/index.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { bytesWords, exportState, progressWords } from "../words/export.ts";
import { moment, relative } from "../words/time.ts";
import { cell, tableOf } from "./admin-table.ts";
import { KIND_WORDS } from "./exports.ts";
import { siteName } from "./home.ts";
import { action, type Chrome, type Page, state } from "./layout.ts";

type Shown = {
  readonly view: ExportView;
  /** Absent where it is gone. */
  readonly connection: Connection | undefined;
  readonly now: number;
};

export function exportPage(chrome: Chrome, shown: Shown): Page {
  const { view, connection, now } = shown;
  const { shape, word } = exportState(view.state);
  const facts = [
    connection ? siteName(connection) : "A connection that is gone",
    view.format,
    view.policy === "raw" ? "as Jira sends it" : `by the policy ${view.policy}`,
    ...(view.since === undefined ? [] : ["what changed since an earlier export"]),
    `asked for ${relative(view.created_at, now)}`,
  ];
  return {
    title: "Export",
    nav: "connections",
    crumbs: [
      ["Connections", "/"],
      ["Exports", "/exports"],
    ],
    body: html`<div class="row spread top"><h1>Export</h1>${state(shape, word)}</div>
<p class="lead">${facts.join(" · ")}</p>
<p><code>${plain(view.jql, 1_000)}</code></p>
${progress(view)}${trouble(view)}${files(chrome, view)}${leftOut(view)}
${view.expires_at === undefined ? nothing : html`<p class="soft">Kept until ${moment(view.expires_at)}.</p>`}
<div class="row">${view.state === "done" ? action(chrome.at(`/exports/${view.id}/again`), "Export what changed since", "first") : nothing}${action(chrome.at(`/exports/${view.id}/remove`), isOpen(view) ? "Stop the export" : "Remove the export", "last")}</div>`,
  };
}

const isOpen = ({ state }: ExportView) => state === "queued" || state === "running";

function progress(view: ExportView): Html {
  if (!isOpen(view)) return nothing;
  const told = view.progress;
  const words = told ? progressWords(told) : ["It begins within seconds."];
  const most = Math.max(1, told?.expected ?? 1, told?.issues ?? 0);
  return html`<section class="sheet" aria-labelledby="far"><h2 id="far">How far it is</h2>
<p><label for="bar" class="unseen">Issues read</label><progress id="bar" max="${most}" value="${told?.issues ?? 0}">${words[0]}</progress></p>
<p>${words.join(" ")}</p>
<p class="soft small">The page looks again by itself every few seconds. You may close it; the export goes on.${view.begun_anew > 0 ? " It began anew, because what was read before lies on another machine." : ""}</p></section>`;
}

function trouble({ error, state: ended }: ExportView): Html {
  if (!error) return nothing;
  const kind = ended === "failed" ? "dead" : "soon";
  return html`<div class="note ${kind}"><p><strong>${plain(error.message, 500)}</strong><br>${ended === "failed" ? plain(error.fix, 500) : "It is tried again soon."}<br><span class="small">Code <code>${error.code}</code></span></p></div>`;
}

function files(chrome: Chrome, { id, files: made, attachments }: ExportView): Html {
  if (!made) return nothing;
  const link = (name: string) =>
    html`<a href="${chrome.at(`/exports/${id}/files/${encodeURIComponent(name)}`)}">${name}</a>`;
  const rows = made.map(
    ({ kind, name, rows: count, bytes }) =>
      html`<tr role="row"><td role="cell">${link(name)}</td>${cell("Holds", KIND_WORDS[kind]?.replace(/ \(.*/, "") ?? kind)}${cell("Rows", count.toLocaleString("en-US"))}${cell("Size", bytesWords(bytes))}</tr>`,
  );
  return html`<section class="sheet" aria-labelledby="files"><h2 id="files">Files</h2>${tableOf(["File", "Holds", "Rows", "Size"], rows)}
<p class="after">Counts and digests stand in ${link("issues.manifest.json")}.${attachments ? " The bytes of attachments are fetched over the API, by the names in the file of attachments." : ""}</p></section>`;
}

const WHY = {
  asked: "as asked",
  policy: "the policy has no rule for it",
  refused: "Jira does not show all of it to this account",
} as const;

function leftOut({ left_out = {} }: ExportView): Html {
  const all = Object.entries(left_out);
  if (all.length === 0) return nothing;
  return html`<p class="soft">Left out: ${all.map(([kind, why]) => `${kind} (${WHY[why]})`).join(", ")}.</p>`;
}
