import { html, json, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import { askJira, notFound } from "../ask-jira.ts";
import { authenticate } from "../identity.ts";
import { cloudSite } from "../instance.ts";
import { sitesOf } from "./membership.ts";

/** What the edge in front of a site answers to a bearer it does not take: a page, not JSON. */
const EDGE_401 =
  '<!doctype html><html lang="en"><head><title>HTTP Status 401 – Unauthorized</title></head><body><h1>HTTP Status 401 – Unauthorized</h1></body></html>';

/** `/sites/{name}/rest/…`: a site's own REST address, for browsers and for Basic with an API token. */
export function siteRest(
  request: SandboxRequest,
  params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse | Promise<SandboxResponse> {
  const instance = cloudSite(params.name ?? "", sandbox);
  const restPath = `/rest/${params.rest ?? ""}`;
  if (!instance) return notFound(request, restPath);
  if (/^bearer /i.test(request.headers.authorization ?? "")) {
    request.note("a 3LO token is good at /ex/jira/{cloudId} alone, not at the site's own address");
    return html(401, EDGE_401);
  }
  const caller = authenticate(request, instance.site, sandbox);
  if ("status" in caller) return caller;
  if (caller.scopes) {
    request.note(
      "an API token with scopes is good at /ex/jira/{cloudId} alone, not at the site's own address",
    );
    return html(401, EDGE_401);
  }
  const outsider = caller.user !== undefined && !sitesOf(caller.user, sandbox).includes(instance.site);
  if (outsider) request.note(`${caller.user?.name} does not belong to the site ${instance.site.id}`);
  const known = outsider ? { via: "anonymous" as const, headers: caller.headers } : caller;
  return askJira(request, restPath, instance.site, instance.base, known, sandbox);
}

/** `/_edge/tenant_info`: the cloud id of a site, without any token. */
export function tenantInfo(
  request: SandboxRequest,
  params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const instance = cloudSite(params.name ?? "", sandbox);
  if (!instance) return notFound(request, "/_edge/tenant_info");
  return json(200, { cloudId: instance.site.cloudId });
}
