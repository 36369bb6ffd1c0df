import type { Instance } from "../auth/instance.ts";
import type { SandboxResponse } from "../message.ts";
import type { Project, Site, User } from "../world/model.ts";
import { type Markup, markup } from "./markup.ts";
import { page } from "./shell.ts";
import { type SignedIn, signedInHeader } from "./signed-in.ts";

/** The front page of the Cloud face: what stands here for what, and with which names to sign in. */
export function cloudFrontPage(view: {
  readonly signedIn: SignedIn | undefined;
  readonly sites: readonly Site[];
  readonly users: ReadonlyArray<{ readonly user: User; readonly apiToken: string }>;
}): SandboxResponse {
  return page({
    title: "A Jira Cloud to build against",
    place: "Cloud",
    ...(view.signedIn ? { signedIn: signedInHeader(undefined, view.signedIn) } : {}),
    body: markup`<section><h2>Sites</h2><ul class="plain">${view.sites.map(
      (site) =>
        markup`<li><a href="/sites/${site.id}/">${site.title}</a>, cloud id <code>${site.cloudId ?? ""}</code></li>`,
    )}</ul></section>
<section><h2>People</h2><p>Each password is the user's name. The API token goes with the e-mail address, for Basic authentication at a site's own address.</p>
<div class="scroll folds"><table role="table"><thead role="rowgroup"><tr role="row"><th scope="col" role="columnheader">Name</th><th scope="col" role="columnheader">E-mail address</th><th scope="col" role="columnheader">API token</th></tr></thead><tbody role="rowgroup">${view.users.map(
      ({ user, apiToken }) =>
        markup`<tr role="row"><th scope="row" role="rowheader">${user.name}</th><td role="cell">${user.emailAddress}</td><td role="cell"><code>${apiToken}</code></td></tr>`,
    )}</tbody></table></div></section>
${view.signedIn ? markup`<p><a href="/connected-apps">Connected apps</a></p>` : markup`<p><a href="/login">Sign in</a></p>`}`,
  });
}

/** The dashboard of one Jira. */
export function dashboardPage(view: {
  readonly instance: Instance;
  readonly signedIn: SignedIn;
  readonly projects: readonly Project[];
  /** The token the person may use in place of a password, and how. */
  readonly token: { readonly value: string; readonly use: string };
}): SandboxResponse {
  const { instance, signedIn } = view;
  return page({
    title: `Hello, ${signedIn.user.displayName}`,
    place: instance.site.title,
    signedIn: signedInHeader(instance, signedIn),
    body: markup`${view.projects.map((project) => projectSection(project, instance))}
<p class="soft">${view.token.use} <code>${view.token.value}</code></p>
<p>${dashboardLinks(instance, signedIn)}</p>`,
  });
}

function projectSection(project: Project, instance: Instance): Markup {
  const issues = Object.values(instance.site.issues)
    .filter((issue) => issue.projectId === project.id)
    .sort((a, b) => b.updated_ms - a.updated_ms)
    .slice(0, 10);
  const name = typeof project.raw.name === "string" ? project.raw.name : project.key;
  return markup`<section><h2>${name} (${project.key})</h2><ul class="plain">${issues.map((issue) => {
    const fields = issue.raw.fields;
    const summary =
      fields !== null && typeof fields === "object" && !Array.isArray(fields)
        ? String(fields.summary ?? "")
        : "";
    return markup`<li><a href="${instance.root}/browse/${encodeURIComponent(issue.key)}">${issue.key}</a> ${summary}</li>`;
  })}</ul></section>`;
}

function dashboardLinks(instance: Instance, signedIn: SignedIn): Markup {
  if (instance.site.face === "cloud") {
    return markup`<a href="/connected-apps">Connected apps</a>, <a href="/api-tokens">API tokens</a>`;
  }
  return markup`<a href="${instance.root}/plugins/servlet/oauth/users/access-tokens">Authorized applications</a>, <a href="${instance.root}/secure/ViewProfile.jspa">Personal Access Tokens</a>${
    signedIn.user.admin &&
    markup`, <a href="${instance.root}/plugins/servlet/applinks/listApplicationLinks">Application links</a>`
  }`;
}
