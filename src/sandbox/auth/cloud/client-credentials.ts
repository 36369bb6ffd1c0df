import type { Sandbox, SandboxResponse } from "../../message.ts";
import { OAuth2Error } from "../oauth2-error.ts";
import { cloudScopesOf, type ServiceAccount } from "../service-accounts.ts";
import type { CloudFamily } from "../state.ts";
import { issuePair, pairAnswer } from "./pair.ts";
import type { TokenRequest } from "./token-request.ts";

/**
 * A service account gets a token for an hour, and no refresh token: it asks again.
 * @see RFC 6749 section 4.4
 */
export function clientCredentialsGrant(
  sent: TokenRequest,
  account: ServiceAccount,
  sandbox: Sandbox,
): SandboxResponse {
  if (sent("client_secret") !== account.client_secret) {
    throw new OAuth2Error(401, "access_denied", "Unauthorized", "the client_secret is wrong or was not sent");
  }
  if (sent("grant_type") !== "client_credentials") {
    throw new OAuth2Error(
      403,
      "unauthorized_client",
      `Grant type '${sent("grant_type") ?? ""}' not allowed for the client.`,
      "a service account has client_credentials alone",
    );
  }
  const id = `service-${account.client_id}`;
  const { families } = sandbox.state.auth.cloud;
  const family: CloudFamily = {
    id,
    client_id: account.client_id,
    user: account.user,
    sites: [...account.sites],
    scopes: cloudScopesOf(account),
    created_ms: sandbox.now(),
    last_used_ms: sandbox.now(),
  };
  families[id] = family;
  return pairAnswer(issuePair(family, sandbox), family, sandbox);
}
