/** The list of issues of a connection, with a search box. */
import type { Failure } from "../../connect/index.ts";
import type { IssueJson } from "../../jira/index.ts";
import type { Connection } from "../../vault/index.ts";
import { type Html, html, nothing, plain } from "../html.ts";
import { personName } from "../words/person.ts";
import { counted, day, jiraTime } from "../words/time.ts";
import type { Chrome } from "./layout.ts";

export type Issues =
  | {
      readonly kind: "listed";
      readonly jql: string;
      readonly issues: readonly IssueJson[];
      /** Opaque; for the next page. */
      readonly next?: string | undefined;
      readonly total?: number | undefined;
      readonly first_page: boolean;
    }
  | {
      readonly kind: "failed";
      readonly jql: string;
      readonly failure: Failure;
      readonly field_errors: readonly string[];
    }
  | { readonly kind: "none"; readonly why: string };

/** What a person wants to see first: what is theirs to do, or theirs to follow. */
export const MINE =
  "assignee = currentUser() OR reporter = currentUser() OR watcher = currentUser() ORDER BY updated DESC";
/** Jira Cloud refuses a search that restricts nothing, hence the date. */
export const RECENT = 'updated >= "1970/01/01" ORDER BY updated DESC';

const PRESETS = [
  ["Mine", MINE],
  ["All, latest first", RECENT],
] as const;

export function issuesSection(chrome: Chrome, connection: Connection, issues: Issues): Html {
  if (issues.kind === "none") {
    return html`<section class="sheet" aria-labelledby="issues"><h2 id="issues">Issues</h2><p class="soft">${issues.why}</p></section>`;
  }
  const path = chrome.at(`/connections/${connection.id}`);
  return html`<section class="sheet" aria-labelledby="issues"><h2 id="issues">Issues</h2>
${searchForm(path, issues)}
${issues.kind === "failed" ? failed(issues) : listed(path, issues)}</section>`;
}

function searchForm(path: string, issues: Exclude<Issues, { kind: "none" }>): Html {
  const wrong = issues.kind === "failed";
  return html`<form class="field" action="${path}#issues" method="get"><label for="jql">Search with JQL</label><div class="field-row"><input type="text" id="jql" name="jql" value="${issues.jql}" maxlength="4000" autocapitalize="none" spellcheck="false"${wrong ? html` aria-invalid="true" aria-describedby="jql-wrong"` : nothing}><button class="button">Search</button></div>
<p class="hint">${PRESETS.map(([name, jql], index) => html`${index > 0 ? " · " : nothing}<a href="${path}?${new URLSearchParams({ jql })}#issues"${issues.jql === jql ? html` aria-current="true"` : nothing}>${name}</a>`)}</p></form>`;
}

function failed({ failure, field_errors }: Extract<Issues, { kind: "failed" }>): Html {
  return html`<div class="note dead" id="jql-wrong" role="alert"><p><strong>${failure.happened}</strong>${field_errors.map((line) => html`<br>Jira says: ${plain(line, 500)}`)}<br>${failure.next.join(" ")}</p></div>`;
}

function listed(path: string, page: Extract<Issues, { kind: "listed" }>): Html {
  if (page.issues.length === 0) {
    return html`<p class="soft">${page.first_page ? "No issue fits. Search for something wider, or ask for Browse permission in the project." : "No further issue."}</p>`;
  }
  const total =
    page.total === undefined ? nothing : html`<caption>${counted(page.total, "issue")} in all</caption>`;
  return html`<table class="folds tight" role="table">${total}<thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Key</th><th scope="col" role="columnheader">Summary</th><th scope="col" role="columnheader">Status</th><th scope="col" role="columnheader">Assignee</th><th scope="col" role="columnheader">Updated</th></tr></thead>
<tbody role="rowgroup">${page.issues.map((issue) => issueRow(path, issue))}</tbody></table>
${paging(path, page)}`;
}

function issueRow(path: string, issue: IssueJson): Html {
  const fields = issue.fields ?? {};
  const key = plain(issue.key, 100);
  const updated = jiraTime(fields.updated);
  return html`<tr role="row"><td role="cell"><a class="key" href="${path}/issues/${encodeURIComponent(key)}">${key}</a></td><td role="cell">${plain(fields.summary, 500)}</td><td role="cell" data-label="Status">${nameOf(fields.status)}</td><td role="cell" data-label="Assignee">${personName(fields.assignee) ?? "nobody"}</td><td role="cell" class="nowrap" data-label="Updated">${updated === undefined ? nothing : day(updated)}</td></tr>`;
}

function paging(path: string, page: Extract<Issues, { kind: "listed" }>): Html {
  if (page.first_page && page.next === undefined) return nothing;
  const link = (query: Record<string, string>, name: string) =>
    html`<a class="button" href="${path}?${new URLSearchParams(query)}#issues">${name}</a>`;
  return html`<nav class="row after" aria-label="Pages of issues">${page.first_page ? nothing : link({ jql: page.jql }, "First page")}${page.next === undefined ? nothing : link({ jql: page.jql, cursor: page.next }, "Next page")}</nav>`;
}

/** The `name` of a status, priority, type, project: most of Jira's small things have one. */
export function nameOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return plain(value, 200);
  const { name, displayName, value: text } = value as Record<string, unknown>;
  return plain(name ?? displayName ?? text, 200);
}
