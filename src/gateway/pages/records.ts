/** `/admin/records`: dances and failed calls of all owners. */
import type { DanceView } from "../../connect/index.ts";
import type { CallView } from "../../recorder/index.ts";
import { spoken } from "../addresses.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { relative } from "../words/time.ts";
import { cell, tableOf } from "./admin-table.ts";
import { outcome } from "./dances.ts";
import type { Chrome, Page } from "./layout.ts";

type Owned<Record> = Record & { readonly owner: string };
export type Records = {
  readonly dances: readonly Owned<DanceView>[];
  readonly calls: readonly Owned<CallView>[];
  readonly now: number;
};

export function recordsPage(chrome: Chrome, records: Records): Page {
  return {
    title: "Records",
    nav: "admin",
    crumbs: [["Admin", "/admin"]],
    body: html`<h1>Records</h1><p class="lead">Dances and failed calls of all owners, the newest first, with every secret masked.</p>
<section class="sheet" aria-labelledby="calls"><h2 id="calls">Calls that failed</h2>${calls(chrome, records)}</section>
<section class="sheet" aria-labelledby="dances"><h2 id="dances">Dances</h2>${dances(chrome, records)}</section>`,
  };
}

function calls(chrome: Chrome, { calls: list, now }: Records): Html {
  if (list.length === 0) return html`<p class="soft">None.</p>`;
  return tableOf(
    ["Call", "Owner", "When", "Cause"],
    list.map(
      (one) =>
        html`<tr role="row"><td role="cell"><a class="key" href="${chrome.at(`/admin/calls/${one.id}`)}"><code>${plain(one.method, 20)} ${plain(one.path_template, 300)}</code></a><br><span class="small soft">${spoken(plain(one.site_url, 300))}</span></td>${cell("Owner", plain(one.owner, 255))}${cell("When", relative(one.started_at, now))}${cell("Cause", html`<code>${one.error_code}</code>${one.missed > 0 ? ` and ${one.missed} alike` : nothing}`)}</tr>`,
    ),
  );
}

function dances(chrome: Chrome, { dances: list, now }: Records): Html {
  if (list.length === 0) return html`<p class="soft">None.</p>`;
  return tableOf(
    ["Jira", "Owner", "When", "Ended"],
    list.map(
      (one) =>
        html`<tr role="row"><td role="cell"><a class="key" href="${chrome.at(`/admin/dances/${one.id}`)}">${one.site_url ? spoken(plain(one.site_url, 300)) : plain(one.registration_id, 120)}</a></td>${cell("Owner", plain(one.owner, 255))}${cell("When", relative(one.started_at, now))}${cell("Ended", outcome(one))}</tr>`,
    ),
  );
}
