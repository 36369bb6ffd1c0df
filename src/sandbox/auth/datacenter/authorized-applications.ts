import { createHash } from "node:crypto";
import { redirect, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import { type Authorized, authorizedApplicationsPage } from "../../pages/authorized-applications.ts";
import type { User } from "../../world/model.ts";
import { dataCenter } from "../instance.ts";
import { own } from "../sessions.ts";
import { signedInPerson } from "./admin-only.ts";

/** The user's own list of applications, OAuth 1.0a and 2.0 in one table, each with a button that revokes it. */
export function authorizedApplications(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const signedIn = signedInPerson(request, sandbox, "anyone");
  if ("status" in signedIn) return signedIn;
  const instance = dataCenter(sandbox);
  const held = authorized(signedIn.user, sandbox);
  if (request.method === "POST") {
    const id = request.form().get("revoke") ?? "";
    // Only what is in this user's own list can be taken away.
    held.find((entry) => entry.id === id)?.revoke();
    sandbox.touched("auth");
    return redirect(request.target, 303);
  }
  return authorizedApplicationsPage({
    instance,
    signedIn,
    title: "Authorized applications",
    action: request.target,
    entries: held,
  });
}

function authorized(user: User, sandbox: Sandbox): Array<Authorized & { revoke: () => void }> {
  const { consumers, oauth1, datacenter } = sandbox.state.auth;
  const old = Object.values(oauth1)
    .filter((token) => token.kind === "access" && token.site === "datacenter" && token.user === user.name)
    .map((token) => ({
      id: `oauth1-${createHash("sha256").update(token.token).digest("hex").slice(0, 16)}`,
      revoke: () => {
        delete oauth1[token.token];
      },
      name: own(consumers, token.consumer)?.name ?? token.consumer,
      kind: "OAuth 1.0a",
      access: "Everything you can do",
      since_ms: token.created_ms,
    }));
  const current = Object.values(datacenter.grants)
    .filter((grant) => grant.user === user.name && grant.refresh_token !== undefined)
    .map((grant) => ({
      id: `oauth2-${grant.id}`,
      revoke: () => {
        delete datacenter.grants[grant.id];
      },
      name: own(datacenter.clients, grant.client_id)?.name ?? grant.client_id,
      kind: "OAuth 2.0",
      access: grant.scope,
      since_ms: grant.created_ms,
    }));
  return [...old, ...current].sort((a, b) => a.since_ms - b.since_ms);
}
