/** The form that makes a handle: nothing is allowed by omission, and how answers leave is the person's own tick. */
import { type Html, html, nothing } from "../html.ts";

export type HandleField = "name" | "access" | "paths" | "raw" | "days";

/** What was typed, or stands there to begin with. */
export type AskedHandle = {
  readonly name: string;
  readonly access: string;
  /** One per line. */
  readonly paths: string;
  readonly raw: boolean;
  readonly days: string;
};

export type WrongHandle = { readonly field: HandleField; readonly says: string };

export const BLANK_HANDLE: AskedHandle = {
  name: "",
  access: "read",
  paths: "/rest/api/",
  raw: false,
  days: "30",
};

export function handleForm(path: string, asked: AskedHandle, wrong: readonly WrongHandle[]): Html {
  const says = (field: HandleField) => wrong.find((one) => one.field === field)?.says;
  const marks = (field: HandleField, hint?: string) => {
    const ids = [...(says(field) ? [`${field}-wrong`] : []), ...(hint ? [hint] : [])].join(" ");
    return html`${says(field) ? html` aria-invalid="true"` : nothing}${ids ? html` aria-describedby="${ids}"` : nothing}`;
  };
  const error = (field: HandleField) =>
    says(field) ? html`<p class="wrong" id="${field}-wrong">${says(field)}</p>` : nothing;
  const way = (value: string, title: string, text: string) =>
    html`<label class="choice"><input type="radio" name="access" value="${value}" required${asked.access === value ? html` checked` : nothing}><span><strong>${title}</strong><span class="small">${text}</span></span></label>`;
  return html`<form class="sheet" id="make" method="post" action="${path}"><h2>Make a handle</h2>
${wrong.length > 0 ? summary(wrong) : nothing}
<div class="field"><label for="name">Name</label><input type="text" id="name" name="name" value="${asked.name}" maxlength="100" autocomplete="off" required${marks("name", "name-hint")}>${error("name")}<p class="hint" id="name-hint">What will hold it, so that you know it again: nightly report, deploy script.</p></div>
<fieldset><legend>It may</legend>
${way("read", "Read only", "Sees what you may see. Changes nothing (GET and HEAD).")}
${way("write", "Read and write", "Also creates, changes and deletes what you may (POST, PUT, PATCH, DELETE).")}${error("access")}</fieldset>
<div class="field"><label for="paths">Only below these paths</label><textarea id="paths" name="paths" rows="3" maxlength="4000" autocapitalize="none" spellcheck="false" required${marks("paths", "paths-hint")}>${asked.paths}</textarea>${error("paths")}<p class="hint" id="paths-hint">One per line, as they follow the address of the Jira. <code>/rest/api/</code> holds issues, projects and people; boards are below <code>/rest/agile/</code>, the service desk below <code>/rest/servicedeskapi/</code>.</p></div>
<fieldset><legend>How answers leave</legend>
<label class="choice"><input type="checkbox" id="raw" name="policy" value="raw" required${asked.raw ? html` checked` : nothing}${marks("raw")}><span><strong>As Jira sends them (raw)</strong><span class="small">With everything in them, people's names and e-mail addresses too. Without this tick nothing leaves.</span></span></label>${error("raw")}</fieldset>
<div class="field"><label for="days">Ends after, in days</label><input type="text" class="short" id="days" name="days" value="${asked.days}" inputmode="numeric" maxlength="4" autocomplete="off" required${marks("days")}>${error("days")}</div>
<button class="button first">Make the handle</button></form>`;
}

const PLACES: Readonly<Record<HandleField, string>> = {
  name: "name",
  access: "make",
  paths: "paths",
  raw: "raw",
  days: "days",
};

function summary(wrong: readonly WrongHandle[]): Html {
  return html`<div class="note dead" role="alert"><p><strong>No handle was made.</strong></p><ul>${wrong.map((one) => html`<li><a href="#${PLACES[one.field]}">${one.says}</a></li>`)}</ul></div>`;
}
