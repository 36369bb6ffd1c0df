// Every page of the board.
import { CUSTOMERS, type Customer } from "./customers.ts";
import { html, type Markup, textOf } from "./html.ts";
import type { Idea, Issue } from "./ideas.ts";

/** What the board knows of a customer's Jira. */
export type JiraView = {
  readonly site: string;
  readonly person: string;
  readonly state: string;
  readonly connection_id: string;
  readonly project: string;
  readonly projects: readonly { readonly key: string; readonly name: string }[];
};

function page(title: string, body: Markup, customer?: Customer): string {
  return textOf(html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Idea Board</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="/bulb.svg" type="image/svg+xml">
${customer && html`<script src="/live.js" defer></script><noscript><meta http-equiv="refresh" content="15"></noscript>`}
</head>
<body>
<header><a class="brand" href="/"><img src="/bulb.svg" alt="" width="28" height="28"> Idea Board</a>${
    customer &&
    html`<p class="who">${customer.person}, ${customer.name}</p><form method="post" action="/sign-out"><button class="quiet">Sign out</button></form>`
  }</header>
<main>${body}</main>
</body>
</html>`);
}

export function signInPage(): string {
  return page(
    "Sign in",
    html`<section class="door"><h1>Whose ideas?</h1>
<p>Every customer of this product has a board, and a Jira, of their own.</p>
<div class="doors">${CUSTOMERS.map(
      (one) =>
        html`<form method="post" action="/sign-in"><button name="customer" value="${one.id}"><strong>${one.name}</strong><span>Sign in as ${one.person}</span></button></form>`,
    )}</div></section>`,
  );
}

export function boardPage(customer: Customer, ideas: readonly Idea[], jira: JiraView | undefined): string {
  const [fresh, built, shipped] = [
    ideas.filter((one) => !one.issue),
    ideas.filter(isUnderWay),
    ideas.filter(isDone),
  ];
  const column = (name: string, says: string, list: readonly Idea[]) =>
    html`<section class="column" aria-label="${name}"><h2>${name} <span class="count">${list.length}</span></h2>${
      list.length === 0 ? html`<p class="empty">${says}</p>` : list.map((one) => card(one, jira))
    }</section>`;
  return page(
    customer.name,
    html`<h1>Ideas of ${customer.name}</h1>${jiraBar(jira)}<div class="board" id="board">
${column("Ideas", "Nothing waits. Have one.", fresh)}
${column("Being built", "Push an idea, and it shows here how it gets on.", built)}
${column("Shipped", "Not yet.", shipped)}
</div>
<section class="new"><h2>A new idea</h2>${ideaForm("/ideas", { title: "", description: "" }, "Add the idea")}</section>`,
    customer,
  );
}

const isDone = ({ issue }: Idea) =>
  issue !== undefined && (issue.category === "done" || issue.state === "deleted");
const isUnderWay = (idea: Idea) => idea.issue !== undefined && !isDone(idea);

function jiraBar(jira: JiraView | undefined): Markup {
  if (jira === undefined) {
    return html`<section class="jira"><h2>Where do your developers work?</h2>
<p>Connect your Jira once; then every idea has a button that makes it an issue there.</p>
<div class="row"><a class="button" href="/latchkey/connect?return_to=/">Connect Jira Cloud</a><a class="button plain" href="/latchkey/registrations/new">Connect our own Jira server</a></div></section>`;
  }
  const well = jira.state === "active";
  return html`<section class="jira bar"><p>${well ? html`<span class="dot well"></span>Connected` : html`<span class="dot bad"></span>Reconnect needed`}: <strong>${jira.site}</strong> as ${jira.person}. <a href="/latchkey/connections/${jira.connection_id}">Details</a> · <a href="/latchkey/connections/${jira.connection_id}/links">Links</a></p>
<form class="row" method="post" action="/project"><label for="project">Push into</label><select id="project" name="project">${jira.projects.map((one) => html`<option value="${one.key}"${one.key === jira.project && html` selected`}>${one.name} (${one.key})</option>`)}</select><button class="quiet">Keep</button></form></section>`;
}

function card(idea: Idea, jira: JiraView | undefined, titled = true): Markup {
  const push =
    jira?.state === "active" &&
    html`<form method="post" action="/ideas/${idea.id}/push"><button class="${idea.issue ? "quiet" : "button"}">${idea.issue ? "Push again" : "Push to Jira"}</button></form>`;
  return html`<article class="card">${titled && html`<h3><a href="/ideas/${idea.id}">${idea.title}</a></h3>`}
<p class="excerpt">${excerpt(idea.description)}</p>${idea.issue && issueLine(idea.issue)}${idea.problem && html`<p class="problem" role="alert">${idea.problem}</p>`}
<div class="row spread"><form method="post" action="/ideas/${idea.id}/vote"><button class="votes"><span aria-hidden="true">▲</span> ${idea.votes}<span class="unseen"> votes: vote for ${idea.title}</span></button></form>${push}</div></article>`;
}

const STATES: Readonly<Record<string, string>> = {
  differs: "edited on both sides",
  moved: "moved in Jira",
  deleted: "deleted in Jira",
  duplicate: "there twice in Jira",
  failed: "could not be brought up to date",
};

function issueLine(issue: Issue): Markup {
  const odd = STATES[issue.state];
  return html`<p class="issue"><a class="key" href="${issue.url}">${issue.key}</a> <span class="status is-${kindOf(issue.category)}">${issue.status || "no status yet"}</span>${issue.assignee && html` <span class="small">${issue.assignee}</span>`}${odd && html` <span class="small odd">${odd}</span>`}</p>`;
}

const kindOf = (category: string) => (/^(new|indeterminate|done)$/.test(category) ? category : "new");

function excerpt(text: string): string {
  const plain = text
    .replace(/^\s*[-#>]+ /gm, " ")
    .replace(/[*_`]+/g, "")
    .replace(/\s+/g, " ")
    .trim();
  return plain.length > 140 ? `${plain.slice(0, 139)}…` : plain;
}

function ideaForm(action: string, idea: Pick<Idea, "title" | "description">, label: string): Markup {
  return html`<form class="fields" method="post" action="${action}"><label for="title">In one line</label><input id="title" name="title" value="${idea.title}" maxlength="255" required>
<label for="description">And in more words <span class="small">(Markdown)</span></label><textarea id="description" name="description" rows="5" maxlength="20000">${idea.description}</textarea><button class="button">${label}</button></form>`;
}

export function ideaPage(customer: Customer, idea: Idea, jira: JiraView | undefined): string {
  return page(
    idea.title,
    html`<p><a href="/">All ideas</a></p><h1>${idea.title}</h1><div class="one">${card(idea, jira, false)}
<section class="new"><h2>Change it</h2>${ideaForm(`/ideas/${idea.id}`, idea, "Save")}<p class="small">Push it again afterwards, and the issue says the same.</p></section></div>`,
    customer,
  );
}

export function sorryPage(title: string, says: string): string {
  return page(
    title,
    html`<h1>${title}</h1><p>${says}</p><p><a class="button plain" href="/">Back to the board</a></p>`,
  );
}
