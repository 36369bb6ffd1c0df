import { redirect, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import { cloudConsentPage } from "../../pages/cloud-consent.ts";
import { messagePage, staleFormPage } from "../../pages/stale-form.ts";
import type { Site, User } from "../../world/model.ts";
import { autoApprover } from "../auto-approve.ts";
import { formIsOurs } from "../forms.ts";
import { loginLocation } from "../instance.ts";
import { answerRedirect } from "../redirect-answer.ts";
import { currentSession } from "../sessions.ts";
import { type CloudAuthorizeRequest, readCloudRequest } from "./authorize-request.ts";
import { sitesOf } from "./membership.ts";
import { opaqueToken } from "./opaque.ts";

/**
 * `/authorize`. A browser that is not signed in is sent to sign in whatever it asks; everything is checked after.
 * @see RFC 6749 section 4.1.1
 */
export function authorizeCloud(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const automatic = autoApprover(request, sandbox);
  const signedIn = automatic ? undefined : currentSession(request, sandbox);
  const user = automatic ?? signedIn?.user;
  if (!user) return redirect(loginLocation(request, undefined));
  const asked = readCloudRequest(request, sandbox);
  if ("status" in asked) return asked;
  if (automatic) {
    const named = sandbox.options.autoApprove?.sites ?? [];
    return approve(asked, user, coveredSites(named, user, sandbox), sandbox);
  }
  if (!signedIn) return redirect(loginLocation(request, undefined));
  const sites = sitesOf(user, sandbox);
  if (sites.length === 0) {
    request.note(`${user.name} belongs to no Jira site`);
    return messagePage(403, "Access denied", "Cloud sign-in", [
      "This app requires access to a Jira site which you don't have or don't have the permission to access.",
    ]);
  }
  const view = { asked, signedIn, sites, action: request.target };
  const form = request.method === "POST" ? request.form() : undefined;
  if (!form?.has("approve") && !form?.has("deny")) return cloudConsentPage(view);
  if (!formIsOurs(request, signedIn.session, sandbox)) return staleFormPage("Cloud sign-in");
  if (form.has("deny")) return deny(asked, request);
  const chosen = sites.find((site) => site.cloudId === form.get("cloud_id"));
  if (!chosen) {
    request.note("no site of the user was picked");
    return cloudConsentPage({ ...view, fault: "Choose the site this application may use." });
  }
  if (sandbox.switch("admin_approval") === "on") return blockedByAdmin(request, chosen);
  return approve(asked, user, coveredSites([chosen.id], user, sandbox), sandbox);
}

function blockedByAdmin(request: SandboxRequest, site: Site): SandboxResponse {
  request.note("the site's administrator blocks apps that users install");
  return messagePage(403, "You can't connect this app yet", "Cloud sign-in", [
    `Your site admin must authorize this app for the site ${site.id}.atlassian.net before the app can access your account.`,
  ]);
}

/** A resource-level consent covers what was picked; an account-level one every site of the user. */
function coveredSites(picked: readonly string[], user: User, sandbox: Sandbox): string[] {
  const held = sitesOf(user, sandbox).map((site) => site.id);
  return sandbox.switch("access_type") === "account" ? held : held.filter((id) => picked.includes(id));
}

function approve(
  asked: CloudAuthorizeRequest,
  user: User,
  sites: string[],
  sandbox: Sandbox,
): SandboxResponse {
  const code = opaqueToken(sandbox, "code");
  const { code_challenge, code_challenge_method } = asked;
  sandbox.state.auth.cloud.codes[code] = {
    family: { client_id: asked.app.client_id, user: user.name, sites, scopes: asked.scopes },
    redirect_uri: asked.redirect_uri,
    ...(code_challenge === undefined ? {} : { code_challenge }),
    ...(code_challenge_method === undefined ? {} : { code_challenge_method }),
    issued_ms: sandbox.now(),
  };
  sandbox.touched("auth");
  return answerRedirect(asked.redirect_uri, [
    ["state", asked.state],
    ["code", code],
  ]);
}

function deny(asked: CloudAuthorizeRequest, request: SandboxRequest): SandboxResponse {
  request.note("the user denied access");
  return answerRedirect(asked.redirect_uri, [
    ["error", "access_denied"],
    ["error_description", "User did not authorize the request"],
    ["state", asked.state],
  ]);
}
