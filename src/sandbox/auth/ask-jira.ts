import { json, type Sandbox, type SandboxRequest, type SandboxResponse } from "../message.ts";
import { restHandler } from "../rest/index.ts";
import type { Site } from "../world/model.ts";
import type { Identity } from "./identity.ts";

/** Hands a request of a known caller to Jira's REST resources, and adds who the caller was to the answer. */
export async function askJira(
  request: SandboxRequest,
  restPath: string,
  site: Site,
  base: string,
  caller: Identity,
  sandbox: Sandbox,
): Promise<SandboxResponse> {
  const answer =
    (await restHandler(request, restPath, site, base, caller, sandbox)) ?? notFound(request, restPath);
  return { ...answer, headers: [...(answer.headers ?? []), ...caller.headers] };
}

/** No resource has this path. */
export function notFound(request: SandboxRequest, restPath: string): SandboxResponse {
  request.note(`nothing answers ${restPath}`);
  return request.face === "cloud"
    ? json(404, { code: 404, message: "Not Found" })
    : json(404, { message: `null for uri: ${restPath}`, "status-code": 404 });
}
