import { empty, json, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import type { User } from "../../world/model.ts";
import { type GivenToken, givenTokens, makeToken, revokeToken, tokensOf } from "../given-tokens.ts";
import { authenticate } from "../identity.ts";
import { dataCenter } from "../instance.ts";

/**
 * `/rest/pat/latest/tokens`: a person's own tokens. `POST {name, expirationDuration}` (days) answers the one time with
 * `rawToken`.
 */
export function personalAccessTokens(
  request: SandboxRequest,
  params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  if (sandbox.switch("personal_access_tokens") === "off") {
    request.note("personal access tokens are switched off");
    return json(404, { message: "null for uri: /rest/pat/latest/tokens", "status-code": 404 });
  }
  const caller = authenticate(request, dataCenter(sandbox).site, sandbox);
  if ("status" in caller) return caller;
  const { user, headers } = caller;
  if (!user) {
    const says = "You are not authenticated. Authentication required to perform this operation.";
    return json(401, { errorMessages: [says], errors: {} }, headers);
  }
  if (request.method === "DELETE") return remove(params.id ?? "", user, sandbox, headers);
  if (params.id !== undefined) return json(405, { message: "HTTP 405 Method Not Allowed" }, headers);
  if (request.method === "POST") return create(request, user, sandbox, headers);
  return json(200, tokensOf(sandbox, "datacenter", user).map(view), headers);
}

function create(
  request: SandboxRequest,
  user: User,
  sandbox: Sandbox,
  headers: ReadonlyArray<readonly [string, string]>,
): SandboxResponse {
  const body = request.json();
  const asked = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const { name, expirationDuration = 0 } = asked;
  const refuse = (says: string) => {
    request.note(says);
    return json(400, { errorMessages: [says], errors: {} }, headers);
  };
  if (typeof name !== "string" || name.trim() === "") return refuse("The token needs a name.");
  if (!Number.isInteger(expirationDuration) || Number(expirationDuration) < 0) {
    return refuse("expirationDuration is a number of days.");
  }
  const made = makeToken(sandbox, {
    face: "datacenter",
    user: user.name,
    name,
    days: Number(expirationDuration),
  });
  return json(201, { ...view(made), rawToken: made.token }, headers);
}

function remove(
  id: string,
  user: User,
  sandbox: Sandbox,
  headers: ReadonlyArray<readonly [string, string]>,
): SandboxResponse {
  const held = Object.values(givenTokens(sandbox.state.auth).made).find(
    (one) => one.id === id && one.face === "datacenter" && (one.user === user.name || user.admin),
  );
  if (!held) return json(404, { errorMessages: ["There is no such token."], errors: {} }, headers);
  revokeToken(sandbox, held.token);
  return empty(204, headers);
}

function view({ id, name, created_ms, expires_ms, last_used_ms }: GivenToken): Record<string, unknown> {
  const written = (time_ms: number) => new Date(time_ms).toISOString().replace("Z", "+0000");
  return {
    id: Number(id),
    name,
    createdAt: written(created_ms),
    ...(last_used_ms === undefined ? {} : { lastAccessedAt: written(last_used_ms) }),
    ...(expires_ms === undefined ? {} : { expiringAt: written(expires_ms) }),
  };
}
