import type { Sandbox, SandboxRequest, SandboxResponse } from "../../message.ts";
import { answeringErrors, OAuth2Error } from "../oauth2-error.ts";
import { serviceAccount } from "../service-accounts.ts";
import { own } from "../sessions.ts";
import type { CloudApp } from "../state.ts";
import { clientCredentialsGrant } from "./client-credentials.ts";
import { redeemCode } from "./code-grant.ts";
import { refreshGrant } from "./refresh-grant.ts";
import type { TokenRequest } from "./token-request.ts";

/** `POST /oauth/token`. Client id and secret stand in the body. @see RFC 6749 section 3.2 */
export function tokenCloud(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  return answeringErrors(request, () => {
    const sent = fields(request);
    const account = serviceAccount(sandbox, sent("client_id") ?? "");
    if (account) return clientCredentialsGrant(sent, account, sandbox);
    const app = authenticateApp(sent, sandbox);
    const grant_type = sent("grant_type");
    if (grant_type === "authorization_code") return redeemCode(sent, app, sandbox);
    if (grant_type === "refresh_token") return refreshGrant(sent, app, sandbox);
    if (grant_type === undefined) {
      throw new OAuth2Error(400, "invalid_request", "grant_type is required", "grant_type was not sent");
    }
    throw new OAuth2Error(
      403,
      "unsupported_grant_type",
      `Unsupported grant type: ${grant_type}`,
      `grant_type ${grant_type}`,
    );
  });
}

function fields(request: SandboxRequest): TokenRequest {
  const body = request.json();
  if (typeof body === "object" && body !== null) {
    const named = body as Record<string, unknown>;
    return (name) => {
      const value = Object.hasOwn(named, name) ? named[name] : undefined;
      return typeof value === "string" ? value : undefined;
    };
  }
  const form = request.form();
  return (name) => form.get(name) ?? undefined;
}

function authenticateApp(sent: TokenRequest, sandbox: Sandbox): CloudApp {
  const app = own(sandbox.state.auth.cloud.apps, sent("client_id") ?? "");
  if (app && sent("client_secret") === app.client_secret) return app;
  const reason = app
    ? "the client_secret is wrong or was not sent"
    : "the client_id is unknown or was not sent";
  const answer = sandbox.switch("bad_secret");
  if (answer === "invalid_client") throw new OAuth2Error(401, "invalid_client", "Unauthorized", reason);
  throw new OAuth2Error(Number(answer), "access_denied", "Unauthorized", reason);
}
