import { json, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import { askJira } from "../ask-jira.ts";
import { authenticate } from "../identity.ts";
import { dataCenter } from "../instance.ts";

/** `/rest/…` of the Data Center face. */
export function restDataCenter(
  request: SandboxRequest,
  params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse | Promise<SandboxResponse> {
  const instance = dataCenter(sandbox);
  const restPath = `/rest/${params.rest ?? ""}`;
  const caller = authenticate(request, instance.site, sandbox);
  if ("status" in caller) return caller;
  if (caller.service && !restPath.startsWith("/rest/api/2/")) {
    request.note("service accounts reach /rest/api/2/ alone");
    return json(
      403,
      { errorMessages: ["Service accounts cannot use this resource."], errors: {} },
      caller.headers,
    );
  }
  if (caller.scopes && !caller.scopes.includes("WRITE") && writes(request.method, restPath)) {
    request.note("the token's permission is READ, and the request writes");
    return json(
      403,
      { errorMessages: ["The access token does not allow this operation."], errors: {} },
      caller.headers,
    );
  }
  return askJira(request, restPath, instance.site, instance.base, caller, sandbox);
}

/** A search sent by POST only reads. */
function writes(method: string, restPath: string): boolean {
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return false;
  return !(method === "POST" && /^\/rest\/api\/[^/]+\/search$/.test(restPath));
}
