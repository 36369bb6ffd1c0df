import type { Sandbox, SandboxRequest } from "../../message.ts";
import type { User } from "../../world/model.ts";
import { findToken } from "../given-tokens.ts";
import { serviceAccount } from "../service-accounts.ts";
import { own } from "../sessions.ts";

/**
 * The user and permission of a bearer token: an OAuth 2.0 access token or a personal access token. A token that is
 * bad, expired or revoked gives undefined, and the request goes on as nobody's.
 */
export function bearerOfDataCenter(
  token: string,
  request: SandboxRequest,
  sandbox: Sandbox,
): { user: User; scopes?: string[]; service?: boolean } | undefined {
  const { grants } = sandbox.state.auth.datacenter;
  const { users } = sandbox.state.world;
  const grant = Object.values(grants).find((candidate) => candidate.access_token === token);
  if (!grant) return personalAccessToken(token, request, sandbox);
  const user = own(users, grant.user);
  if (!user?.active) {
    request.note("the bearer token is unknown or revoked; the request goes on as anonymous");
    return undefined;
  }
  if (sandbox.now() >= grant.access_expires_ms) {
    request.note("the bearer token has expired; the request goes on as anonymous");
    return undefined;
  }
  const service = serviceAccount(sandbox, grant.client_id) !== undefined;
  return { user, scopes: includedScopes(grant.scope), service };
}

function personalAccessToken(
  token: string,
  request: SandboxRequest,
  sandbox: Sandbox,
): { user: User } | undefined {
  const refuse = (why: string) => {
    request.note(`${why}; the request goes on as anonymous`);
    return undefined;
  };
  if (sandbox.switch("personal_access_tokens") === "off")
    return refuse("personal access tokens are switched off");
  const found = findToken(sandbox, "datacenter", token);
  return "user" in found ? { user: found.user } : refuse(`the bearer token ${found.refused}`);
}

/** Weakest first; a stronger permission includes the weaker ones. */
export const dataCenterScopes = ["READ", "WRITE", "ADMIN", "SYSTEM_ADMIN"];

/** A permission and all it includes. */
export function includedScopes(scope: string): string[] {
  return dataCenterScopes.slice(0, dataCenterScopes.indexOf(scope) + 1);
}
