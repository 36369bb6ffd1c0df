import type { Sandbox, SandboxRequest } from "../../message.ts";
import type { User } from "../../world/model.ts";
import { own } from "../sessions.ts";

/**
 * The user and permission of a bearer token: an OAuth 2.0 access token or a personal access token. A token that is
 * bad, expired or revoked gives undefined, and the request goes on as nobody's.
 */
export function bearerOfDataCenter(
  token: string,
  request: SandboxRequest,
  sandbox: Sandbox,
): { user: User; scopes?: string[] } | undefined {
  const { grants, pats } = sandbox.state.auth.datacenter;
  const grant = Object.values(grants).find((candidate) => candidate.access_token === token);
  const pat = own(pats, token);
  const user = own(sandbox.state.world.users, grant?.user ?? pat?.user ?? "");
  const expires_ms = grant?.access_expires_ms ?? pat?.expires_ms ?? Number.POSITIVE_INFINITY;
  if (!user?.active) {
    request.note("the bearer token is unknown or revoked; the request goes on as anonymous");
    return undefined;
  }
  if (sandbox.now() >= expires_ms) {
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
