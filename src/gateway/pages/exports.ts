/** `/exports`: what was exported, and the form that begins another one. */
import { type ExportView, FORMATS, KEPT_EXPORTS, type Kind, OPTIONAL_KINDS } from "../../export/index.ts";
import type { Connection } from "../../vault/index.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { exportState } from "../words/export.ts";
import { relative } from "../words/time.ts";
import { cell, tableOf } from "./admin-table.ts";
import { siteName } from "./home.ts";
import { type Chrome, type Page, state } from "./layout.ts";

/** What was typed, or stands there to begin with. */
export type AskedExport = {
  readonly connection_id: string;
  readonly jql: string;
  readonly projects: string;
  readonly format: string;
  readonly policy: string;
  readonly without: readonly Kind[];
  readonly attachments: boolean;
};

export const BLANK_EXPORT: AskedExport = {
  ...{ connection_id: "", jql: "", projects: "", format: "jsonl", policy: "" },
  ...{ without: ["remotelinks"], attachments: false },
};

export type ExportsPage = {
  readonly exports: readonly ExportView[];
  readonly connections: readonly Connection[];
  readonly policies: readonly string[];
  readonly asked: AskedExport;
  readonly wrong: string | undefined;
  readonly now: number;
};

export function exportsPage(chrome: Chrome, page: ExportsPage): Page {
  const { exports, connections, wrong } = page;
  return {
    title: "Exports",
    nav: "connections",
    crumbs: [["Connections", "/"]],
    body: html`<h1>Exports</h1>
<p class="lead">Issues and everything that belongs to them, in files that other tools read. Each is kept for ${KEPT_EXPORTS.days} days after it ended.</p>
${wrong === undefined ? nothing : html`<div class="note dead" role="alert"><p><strong>No export was begun.</strong><br>${wrong}</p></div>`}
${exports.length === 0 ? nothing : html`<section class="sheet" aria-label="Exports">${table(chrome, page)}</section>`}
${connections.length === 0 ? html`<section class="sheet"><p>Connect to a Jira first; then export from it.</p><p><a class="button first" href="${chrome.at("/")}">Connect to Jira</a></p></section>` : form(chrome, page)}`,
  };
}

function table(chrome: Chrome, { exports, connections, now }: ExportsPage): Html {
  return tableOf(
    ["Export", "From", "Format", "State", "Asked for"],
    exports.map((one) => {
      const { shape, word } = exportState(one.state);
      const from = connections.find(({ id }) => id === one.connection_id);
      return html`<tr role="row"><td role="cell"><a class="key" href="${chrome.at(`/exports/${one.id}`)}"><code>${plain(one.jql, 120)}</code></a>${one.since === undefined ? nothing : html`<br><span class="small soft">what changed since an earlier one</span>`}</td>${cell("From", from ? siteName(from) : "a connection that is gone")}${cell("Format", one.format)}${cell("State", state(shape, word))}${cell("Asked for", relative(one.created_at, now))}</tr>`;
    }),
  );
}

const FORMAT_WORDS: Readonly<Record<(typeof FORMATS)[number], readonly [string, string]>> = {
  jsonl: ["JSON Lines", "Every field as Jira sent it, one issue a line."],
  csv: ["CSV", "A table for spreadsheets."],
  parquet: ["Parquet", "A table for analysis, with types."],
};

function form(chrome: Chrome, { connections, policies, asked }: ExportsPage): Html {
  const chosen = (is: boolean) => (is ? html` checked` : nothing);
  const radio = (name: string, value: string, is: boolean, title: unknown, text: string) =>
    html`<label class="choice"><input type="radio" name="${name}" value="${value}" required${chosen(is)}><span><strong>${title}</strong><span class="small">${text}</span></span></label>`;
  const site = (one: Connection) =>
    radio(
      "connection_id",
      one.id,
      connections.length === 1 || one.id === asked.connection_id,
      siteName(one),
      one.site.url,
    );
  const tick = (name: string, is: boolean, title: string) =>
    html`<label class="choice"><input type="checkbox" name="${name}" value="yes"${chosen(is)}><span>${title}</span></label>`;
  return html`<form class="sheet" id="make" method="post" action="${chrome.at("/exports")}"><h2>Begin an export</h2>
<fieldset><legend>From</legend>${connections.map(site)}</fieldset>
<div class="field"><label for="projects">Projects</label><input type="text" id="projects" name="projects" value="${asked.projects}" maxlength="1000" autocapitalize="none" autocomplete="off" aria-describedby="projects-hint"><p class="hint" id="projects-hint">Keys, separated by commas.</p></div>
<div class="field"><label for="jql">Or a question in JQL</label><textarea id="jql" name="jql" rows="2" maxlength="10000" autocapitalize="none" spellcheck="false">${asked.jql}</textarea></div>
<fieldset><legend>Format</legend>${FORMATS.map((one) => radio("format", one, one === asked.format, ...FORMAT_WORDS[one]))}</fieldset>
<fieldset><legend>How it leaves</legend>${policies.map((name) => radio("policy", name, asked.policy === name, html`By the policy <code>${name}</code>`, "Only what it lets through, and nobody by name unless it says so."))}${radio("policy", "raw", asked.policy === "raw", "As Jira sends it (raw)", "With everything in it, people's names and e-mail addresses too.")}</fieldset>
<fieldset><legend>With the issues</legend>${OPTIONAL_KINDS.map((kind) => tick(`with-${kind}`, !asked.without.includes(kind), KIND_WORDS[kind] ?? kind))}${tick("attachments", asked.attachments, "The bytes of attachments (raw only)")}</fieldset>
<button class="button first">Begin the export</button></form>`;
}

export const KIND_WORDS: Readonly<Partial<Record<Kind, string>>> = {
  issues: "Issues",
  comments: "Comments",
  worklogs: "Worklogs",
  changelog: "Changes",
  remotelinks: "Links to elsewhere (a call for each issue)",
  attachments: "What is attached, without its bytes",
  users: "People",
  projects: "Projects",
  sprints: "Sprints",
  deleted: "Deleted",
};
