import type { Instance } from "../auth/instance.ts";
import type { SandboxResponse } from "../message.ts";
import type { Issue, JiraRecord, Json } from "../world/model.ts";
import { issueParts } from "./issue-parts.ts";
import { type Markup, markup } from "./markup.ts";
import { page } from "./shell.ts";
import { type SignedIn, signedInHeader } from "./signed-in.ts";
import { asRecord, nameOf, words } from "./words.ts";

/** One issue in the browser: what it says, who is on it, what was said about it, and what it links to. */
export function issuePage(view: {
  readonly instance: Instance;
  readonly signedIn: SignedIn | undefined;
  readonly issue: Issue;
}): SandboxResponse {
  const { issue, instance } = view;
  const fields = asRecord(issue.raw.fields);
  const embedded = asRecord(fields.comment).comments;
  const comments: readonly Json[] =
    issue.comments.length > 0 || !Array.isArray(embedded) ? issue.comments : embedded;
  return page({
    title: `${issue.key}: ${words(fields.summary)}`,
    place: instance.site.title,
    ...(view.signedIn ? { signedIn: signedInHeader(instance, view.signedIn) } : {}),
    body: markup`<section><dl>
${pair("Type", nameOf(fields.issuetype))}${pair("Status", nameOf(fields.status))}${pair("Priority", nameOf(fields.priority))}
${pair("Reporter", nameOf(fields.reporter))}${pair("Assignee", nameOf(fields.assignee) || "Unassigned")}
</dl></section>
<h2>Description</h2>
<section>${paragraphs(words(fields.description)) ?? markup`<p class="soft">None.</p>`}</section>
<h2>Comments</h2>
<section>${
      comments.length === 0
        ? markup`<p class="soft">None.</p>`
        : markup`<ul class="plain">${comments.map((comment) => commentItem(asRecord(comment)))}</ul>`
    }</section>
<h2>Links</h2>
<section>${
      issue.remoteLinks.length === 0
        ? markup`<p class="soft">None.</p>`
        : markup`<ul class="plain" id="remote-links">${issue.remoteLinks.map((link) => linkItem(link, instance))}</ul>`
    }</section>
${issueParts(issue, instance)}`,
  });
}

function pair(term: string, value: string): Markup | undefined {
  return value === "" ? undefined : markup`<dt>${term}</dt><dd>${value}</dd>`;
}

function commentItem(comment: JiraRecord): Markup {
  return markup`<li><strong>${nameOf(comment.author)}</strong> <span class="soft">${words(comment.created)}</span>${paragraphs(words(comment.body))}</li>`;
}

function linkItem(link: JiraRecord, instance: Instance): Markup {
  const object = asRecord(link.object);
  const url = words(object.url).replace("{base}", instance.base);
  const title = words(object.title) || url;
  const relationship = words(link.relationship);
  const text = /^https?:\/\//i.test(url)
    ? markup`<a href="${url}" rel="noopener noreferrer">${title}</a>`
    : markup`${title}`;
  return markup`<li>${text}${relationship !== "" && markup` <span class="soft">${relationship}</span>`}</li>`;
}

function paragraphs(text: string): Markup | undefined {
  const parts = text.split(/\n\s*\n/).filter((part) => part.trim() !== "");
  if (parts.length === 0) return undefined;
  return markup`${parts.map((part) => markup`<p>${part.trim()}</p>`)}`;
}
