import { redirect, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import { type Authorized, authorizedApplicationsPage } from "../../pages/authorized-applications.ts";
import { staleFormPage } from "../../pages/stale-form.ts";
import type { User } from "../../world/model.ts";
import { formIsOurs } from "../forms.ts";
import { loginLocation } from "../instance.ts";
import { currentSession } from "../sessions.ts";
import type { CloudFamily } from "../state.ts";

const PLACE = "Cloud sign-in";

/** The user's connected apps. Revoking one takes every family of that app and user, tokens included. */
export function connectedApps(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const signedIn = currentSession(request, sandbox);
  if (!signedIn) return redirect(loginLocation(request, undefined));
  if (request.method === "POST") {
    if (!formIsOurs(request, signedIn.session, sandbox)) return staleFormPage(PLACE);
    revokeApp(signedIn.user, request.form().get("revoke") ?? "", sandbox);
    return redirect("/connected-apps", 303);
  }
  return authorizedApplicationsPage({
    instance: undefined,
    place: PLACE,
    signedIn,
    title: "Connected apps",
    action: "/connected-apps",
    entries: appsOf(signedIn.user, sandbox),
  });
}

function appsOf(user: User, sandbox: Sandbox): Authorized[] {
  const entries = new Map<string, Authorized>();
  for (const family of livingFamilies(user, sandbox)) {
    if (entries.has(family.client_id)) continue;
    entries.set(family.client_id, {
      id: family.client_id,
      name: sandbox.state.auth.cloud.apps[family.client_id]?.name ?? family.client_id,
      kind: "OAuth 2.0",
      access: `${family.sites.join(", ") || "no site"}: ${family.scopes.join(" ")}`,
      since_ms: family.created_ms,
    });
  }
  return [...entries.values()];
}

function revokeApp(user: User, client_id: string, sandbox: Sandbox): void {
  const { access } = sandbox.state.auth.cloud;
  for (const family of livingFamilies(user, sandbox)) {
    if (family.client_id !== client_id) continue;
    family.revoked = "the user revoked the app under connected apps";
    for (const [name, token] of Object.entries(access)) if (token.family === family.id) delete access[name];
  }
  sandbox.touched("auth");
}

function livingFamilies(user: User, sandbox: Sandbox): CloudFamily[] {
  return Object.values(sandbox.state.auth.cloud.families).filter(
    (family) =>
      family.user === user.name && family.revoked === undefined && !family.id.startsWith("service-"),
  );
}
