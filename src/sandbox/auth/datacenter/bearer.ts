import type { Sandbox, SandboxRequest } from "../../message.ts";
import type { User } from "../../world/model.ts";
import { own } from "../sessions.ts";
import { personalAccessTokenOf } from "../state.ts";

/**
 * The user and permission of a bearer token: an OAuth 2.0 access token or a personal access token. A token that is
 * bad, expired or revoked gives undefined, and the request goes on as nobody's.
 */
export function bearerOfDataCenter(
  token: string,
  request: SandboxRequest,
  sandbox: Sandbox,
): { user: User; scopes?: string[] } | undefined {
  const { grants } = sandbox.state.auth.datacenter;
  const { users } = sandbox.state.world;
  const grant = Object.values(grants).find((candidate) => candidate.access_token === token);
  const user = grant
    ? own(users, grant.user)
    : Object.values(users).find((candidate) => personalAccessTokenOf(candidate.name) === token);
  if (!user?.active) {
    request.note("the bearer token is unknown or revoked; the request goes on as anonymous");
    return undefined;
  }
  if (grant && sandbox.now() >= grant.access_expires_ms) {
    request.note("the bearer token has expired; the request goes on as anonymous");
    return undefined;
  }
  return grant ? { user, scopes: includedScopes(grant.scope) } : { user };
}

/** Weakest first; a stronger permission includes the weaker ones. */
export const dataCenterScopes = ["READ", "WRITE", "ADMIN", "SYSTEM_ADMIN"];

/** A permission and all it includes. */
export function includedScopes(scope: string): string[] {
  return dataCenterScopes.slice(0, dataCenterScopes.indexOf(scope) + 1);
}
