import type { Handler, Sandbox, SandboxRequest, SandboxResponse } from "../../message.ts";
import { percentEncode } from "../oauth1/encoding.ts";
import { cookieName, currentSession } from "../sessions.ts";

/**
 * Adds what Jira puts on every answer: ids of the request and the session, the caller's name unless the handler
 * knew better, and to each 401, whatever its cause, a bare OAuth challenge besides any that is there.
 */
export function withServerHeaders(handler: Handler): Handler {
  return async (request, params, sandbox) =>
    decorate(await handler(request, params, sandbox), request, sandbox);
}

function decorate(response: SandboxResponse, request: SandboxRequest, sandbox: Sandbox): SandboxResponse {
  const headers: Array<readonly [string, string]> = [...(response.headers ?? [])];
  const has = (name: string) => headers.some(([known]) => known.toLowerCase() === name.toLowerCase());
  const minute = Math.floor((sandbox.now() % 86_400_000) / 60_000);
  headers.push(
    ["X-AREQUESTID", `${minute}x${request.id}x1`],
    ["X-ASEN", "SEN-L00000000"],
    ["X-ANODEID", "sandbox"],
  );
  const session = currentSession(request, sandbox);
  // Jira shows a digest of the session id; here a name of the same shape that is no credential.
  if (request.cookie(cookieName("datacenter"))) headers.push(["X-ASESSIONID", session ? "sandbox" : "none"]);
  if (!has("X-AUSERNAME"))
    headers.push(["X-AUSERNAME", session ? encodeURIComponent(session.user.name) : "anonymous"]);
  if (!has("X-Seraph-LoginReason")) headers.push(["X-Seraph-LoginReason", session ? "OK" : "OUT"]);
  if (response.status === 401) {
    headers.push(["WWW-Authenticate", `OAuth realm="${percentEncode(sandbox.dataCenterUrl)}"`]);
  }
  return { ...response, headers };
}
