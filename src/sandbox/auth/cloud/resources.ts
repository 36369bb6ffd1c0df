import { json, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import { bearerOfCloud, scopeMismatch } from "./bearer.ts";
import { sitesOf } from "./membership.ts";
import { productOf } from "./scopes.ts";

/** `/oauth/token/accessible-resources`: one entry per site and product, so an id may come twice. */
export function accessibleResources(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const bearer = bearerOfCloud(request, sandbox);
  if ("status" in bearer) return bearer;
  const { family, scopes } = bearer;
  const covered = sandbox.switch("guest") === "on" ? [] : family.sites;
  const reached = new Set(sitesOf(bearer.user, sandbox));
  const sites = covered
    .flatMap((id) => sandbox.state.world.sites[id] ?? [])
    .filter((site) => reached.has(site));
  const entries = sites.flatMap((site) =>
    (["jira", "jsm"] as const).map((product) => ({
      id: site.cloudId ?? "",
      url: `${sandbox.cloudUrl}/sites/${site.id}`,
      name: site.id,
      scopes: scopes.filter((scope) => productOf(scope) === product).sort(),
      avatarUrl: `${sandbox.cloudUrl}/sites/${site.id}/avatar.svg`,
    })),
  );
  return json(
    200,
    entries.filter((entry) => entry.scopes.length > 0),
  );
}

/** `/me` of the User identity API. It needs `read:me`. */
export function me(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const bearer = bearerOfCloud(request, sandbox);
  if ("status" in bearer) return bearer;
  if (!bearer.scopes.includes("read:me")) return scopeMismatch(request, "the token lacks read:me");
  const { user } = bearer;
  return json(200, {
    account_type: "atlassian",
    account_id: user.accountId,
    email: user.emailAddress,
    name: user.displayName,
    picture: `${sandbox.cloudUrl}/avatar.svg`,
    account_status: user.active ? "active" : "inactive",
    nickname: user.name,
    zoneinfo: user.timeZone,
    locale: user.locale.replace("_", "-"),
    extended_profile: { job_title: "", organization: "", department: "", location: "" },
  });
}
