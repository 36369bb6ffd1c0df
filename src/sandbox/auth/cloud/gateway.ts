import { json, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import type { Site } from "../../world/model.ts";
import { askJira, notFound } from "../ask-jira.ts";
import { authenticate, type Identity, identity } from "../identity.ts";
import { scopeFault } from "../operations.ts";
import { bearerOfCloud, scopeMismatch } from "./bearer.ts";
import { sitesOf } from "./membership.ts";

/**
 * `/ex/jira/{cloudId}/rest/…`: token, cloud id and scope are checked here, in this order, before Jira itself is
 * asked. An e-mail address with an API token is taken too; a classic one has no scopes to check.
 */
export async function gateway(
  request: SandboxRequest,
  params: Record<string, string>,
  sandbox: Sandbox,
): Promise<SandboxResponse> {
  const site = Object.values(sandbox.state.world.sites).find((known) => known.cloudId === params.cloudId);
  const restPath = `/${params.rest ?? ""}`;
  const caller = callerOf(request, restPath, site, sandbox);
  if ("status" in caller) return caller;
  const base =
    sandbox.switch("self_host") === "gateway"
      ? `${sandbox.cloudUrl}/ex/jira/${caller.site.cloudId}`
      : `${sandbox.cloudUrl}/sites/${caller.site.id}`;
  return askJira(request, restPath, caller.site, base, caller.identity, sandbox);
}

function callerOf(
  request: SandboxRequest,
  restPath: string,
  site: Site | undefined,
  sandbox: Sandbox,
): { readonly site: Site; readonly identity: Identity } | SandboxResponse {
  if (/^basic /i.test(request.headers.authorization ?? ""))
    return basicCaller(request, restPath, site, sandbox);
  const bearer = bearerOfCloud(request, sandbox);
  if ("status" in bearer) return bearer;
  if (!site || !bearer.family.sites.includes(site.id)) {
    return notCovered(
      request,
      sandbox,
      site ? "the token does not cover this site" : "no site has this cloud id",
    );
  }
  if (!sitesOf(bearer.user, sandbox).includes(site))
    return notCovered(request, sandbox, "the user no longer belongs to this site");
  if (!restPath.startsWith("/rest/")) return notFound(request, restPath);
  const fault = scopeFault(request.method, restPath, bearer.scopes);
  if (fault) return scopeMismatch(request, fault);
  return { site, identity: identity(site, "bearer", bearer.user, bearer.scopes) };
}

function basicCaller(
  request: SandboxRequest,
  restPath: string,
  site: Site | undefined,
  sandbox: Sandbox,
): { readonly site: Site; readonly identity: Identity } | SandboxResponse {
  if (!site) return notCovered(request, sandbox, "no site has this cloud id");
  const known = authenticate(request, site, sandbox);
  if ("status" in known) return known;
  if (!known.user) return json(401, { code: 401, message: "Unauthorized" }, known.headers);
  if (!sitesOf(known.user, sandbox).includes(site))
    return notCovered(request, sandbox, "the user is not on this site");
  const fault = known.scopes && scopeFault(request.method, restPath, known.scopes);
  if (fault) return scopeMismatch(request, fault);
  return { site, identity: known };
}

function notCovered(request: SandboxRequest, sandbox: Sandbox, reason: string): SandboxResponse {
  request.note(reason);
  const status = Number(sandbox.switch("unknown_cloud_id"));
  const messages: Record<number, string> = { 401: "Unauthorized", 403: "Forbidden", 404: "Not Found" };
  return json(status, { code: status, message: messages[status] });
}
