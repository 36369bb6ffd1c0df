/** The form that makes a handle: nothing is allowed by omission, and how answers leave is the person's own tick. */
import { type Html, html, nothing } from "../html.ts";

export type HandleField = "name" | "access" | "paths" | "projects" | "policy" | "rate" | "days";

/** What was typed, or stands there to begin with. */
export type AskedHandle = {
  readonly name: string;
  readonly access: string;
  /** One per line; those with a `*` are patterns of whole paths. */
  readonly paths: string;
  /** Keys or ids; empty for every project. */
  readonly projects: string;
  readonly policy: string;
  /** Calls a minute; empty for as many as come. */
  readonly rate: string;
  readonly days: string;
};

export type WrongHandle = { readonly field: HandleField; readonly says: string };

export const BLANK_HANDLE: AskedHandle = {
  name: "",
  access: "read",
  paths: "/rest/api/",
  projects: "",
  policy: "",
  rate: "",
  days: "30",
};

/** @param policies Names of those that fit this kind of Jira. */
export function handleForm(
  path: string,
  asked: AskedHandle,
  wrong: readonly WrongHandle[],
  policies: readonly string[],
): Html {
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
<div class="field"><label for="paths">Only below these paths</label><textarea id="paths" name="paths" rows="3" maxlength="4000" autocapitalize="none" spellcheck="false" required${marks("paths", "paths-hint")}>${asked.paths}</textarea>${error("paths")}<p class="hint" id="paths-hint">One per line; <code>*</code> stands for one part of a whole path and <code>**</code> for any number. As they follow the address of the Jira. <code>/rest/api/</code> holds issues, projects and people; boards are below <code>/rest/agile/</code>, the service desk below <code>/rest/servicedeskapi/</code>.</p></div>
<div class="field"><label for="projects">Only issues of these projects</label><input type="text" id="projects" name="projects" value="${asked.projects}" maxlength="1000" autocapitalize="none" autocomplete="off"${marks("projects", "projects-hint")}>${error("projects")}<p class="hint" id="projects-hint">Keys, separated by commas; empty for every project you may see. Then the project of each issue is looked up, and what is of no one project is refused.</p></div>
<fieldset><legend>How answers leave</legend>
${policies.map((name) => form("radio", name, asked.policy, html`By the policy <code>${name}</code>`, "Only what it lets through, and nobody by name unless it says so."))}
${form(policies.length > 0 ? "radio" : "checkbox", "raw", asked.policy, html`As Jira sends them (raw)`, `With everything in them, people's names and e-mail addresses too.${policies.length > 0 ? "" : " Without this tick nothing leaves."}`, marks("policy"))}${error("policy")}</fieldset>
<div class="field"><label for="rate">Calls a minute</label><input type="text" class="short" id="rate" name="rate" value="${asked.rate}" inputmode="numeric" maxlength="6" autocomplete="off"${marks("rate", "rate-hint")}>${error("rate")}<p class="hint" id="rate-hint">Empty for as many as come.</p></div>
<div class="field"><label for="days">Ends after, in days</label><input type="text" class="short" id="days" name="days" value="${asked.days}" inputmode="numeric" maxlength="4" autocomplete="off" required${marks("days")}>${error("days")}</div>
<button class="button first">Make the handle</button></form>`;
}

function form(
  type: "radio" | "checkbox",
  value: string,
  asked: string,
  title: Html,
  text: string,
  marks: Html = html``,
): Html {
  return html`<label class="choice"><input type="${type}" id="${value === "raw" ? "raw" : `policy-${value}`}" name="policy" value="${value}" required${asked === value ? html` checked` : nothing}${marks}><span><strong>${title}</strong><span class="small">${text}</span></span></label>`;
}

const PLACES: Readonly<Record<HandleField, string>> = {
  name: "name",
  access: "make",
  paths: "paths",
  projects: "projects",
  policy: "raw",
  rate: "rate",
  days: "days",
};

function summary(wrong: readonly WrongHandle[]): Html {
  return html`<div class="note dead" role="alert"><p><strong>No handle was made.</strong></p><ul>${wrong.map((one) => html`<li><a href="#${PLACES[one.field]}">${one.says}</a></li>`)}</ul></div>`;
}
