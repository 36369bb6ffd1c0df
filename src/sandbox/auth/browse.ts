import { redirect, type Sandbox, type SandboxRequest, type SandboxResponse } from "../message.ts";
import { cloudFrontPage, dashboardPage } from "../pages/home.ts";
import { issuePage } from "../pages/issue.ts";
import { messagePage } from "../pages/stale-form.ts";
import { findIssue, noteView, type Project, type User } from "../world/model.ts";
import { sitesOf } from "./cloud/membership.ts";
import { cloudSite, dataCenter, type Instance, loginLocation } from "./instance.ts";
import { currentSession, own } from "./sessions.ts";
import { apiTokenOf, personalAccessTokenOf } from "./state.ts";

/** The front page of the Cloud face. */
export function frontPage(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const { world, auth } = sandbox.state;
  return cloudFrontPage({
    signedIn: currentSession(request, sandbox),
    sites: Object.values(world.sites).filter((site) => site.face === "cloud"),
    users: Object.values(world.users).map((user) => ({
      user,
      apiToken: own(auth.apiTokens, user.name) ?? apiTokenOf(user.name),
    })),
  });
}

/** The dashboard of a site or of the Data Center: `/`, `/secure/Dashboard.jspa`. */
export function dashboard(
  request: SandboxRequest,
  params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const instance = instanceOf(request, params, sandbox);
  if (!instance) return noSuchSite(params);
  const signedIn = currentSession(request, sandbox);
  if (!signedIn) return redirect(loginLocation(request, instance));
  if (!belongs(signedIn.user, instance, sandbox)) return noAccess(request, signedIn.user, instance);
  const projects = Object.values(instance.site.projects).filter((project) => maySee(project, signedIn.user));
  return dashboardPage({ instance, signedIn, projects, token: tokenOf(signedIn.user, instance, sandbox) });
}

/** `/browse/{key}`. Who is not signed in is sent to sign in; who may not see the issue is told what Jira says. */
export function browseIssue(
  request: SandboxRequest,
  params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const instance = instanceOf(request, params, sandbox);
  if (!instance) return noSuchSite(params);
  const signedIn = currentSession(request, sandbox);
  if (!signedIn) return redirect(loginLocation(request, instance));
  if (!belongs(signedIn.user, instance, sandbox)) return noAccess(request, signedIn.user, instance);
  const issue = findIssue(instance.site, params.key ?? "");
  const project = issue && instance.site.projects[issue.projectId];
  if (!issue || (project && !maySee(project, signedIn.user))) {
    request.note("the issue does not exist or may not be seen");
    return messagePage(404, "You can't view this issue", instance.site.title, [
      "It may have been deleted, or you don't have permission to view it.",
    ]);
  }
  noteView(instance.site, signedIn.user.name, issue.id);
  sandbox.state.world.seq += 1;
  sandbox.touched("world");
  return issuePage({ instance, signedIn, issue });
}

function tokenOf(user: User, instance: Instance, sandbox: Sandbox): { value: string; use: string } {
  if (instance.site.face === "datacenter") {
    return {
      value: personalAccessTokenOf(user.name),
      use: "Your personal access token, to be sent as Bearer:",
    };
  }
  return {
    value: own(sandbox.state.auth.apiTokens, user.name) ?? apiTokenOf(user.name),
    use: `Your API token, for Basic authentication with ${user.emailAddress}:`,
  };
}

function instanceOf(
  request: SandboxRequest,
  params: Record<string, string>,
  sandbox: Sandbox,
): Instance | undefined {
  return request.face === "datacenter" ? dataCenter(sandbox) : cloudSite(params.name ?? "", sandbox);
}

function belongs(user: User, instance: Instance, sandbox: Sandbox): boolean {
  return instance.site.face === "datacenter" || sitesOf(user, sandbox).includes(instance.site);
}

function maySee(project: Project, user: User): boolean {
  return project.members === undefined || project.members.includes(user.name);
}

function noSuchSite(params: Record<string, string>): SandboxResponse {
  return messagePage(404, "Your site doesn't exist", "Cloud", [`No site has the name ${params.name ?? ""}.`]);
}

function noAccess(request: SandboxRequest, user: User, instance: Instance): SandboxResponse {
  request.note(`${user.name} does not belong to the site ${instance.site.id}`);
  return messagePage(403, "You don't have access", instance.site.title, [
    `${user.displayName} does not belong to this site.`,
  ]);
}

/** A picture for avatars, so that no page and no answer names an address elsewhere. */
export function avatar(): SandboxResponse {
  return {
    status: 200,
    headers: [
      ["Content-Type", "image/svg+xml"],
      ["Content-Security-Policy", "default-src 'none'"],
    ],
    body: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 48 48"><rect width="48" height="48" rx="8" fill="#3f5468"/><circle cx="24" cy="19" r="8" fill="#fff"/><path d="M9 42c2-9 8-13 15-13s13 4 15 13z" fill="#fff"/></svg>',
  };
}
