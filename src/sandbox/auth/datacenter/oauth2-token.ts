import { json, type Sandbox, type SandboxRequest, type SandboxResponse, text } from "../../message.ts";
import { answeringErrors, OAuth2Error } from "../oauth2-error.ts";
import { verifierFits } from "../pkce.ts";
import { permissionOf, type ServiceAccount, serviceAccount } from "../service-accounts.ts";
import { own } from "../sessions.ts";
import type { DataCenterClient, DataCenterCode, DataCenterGrant } from "../state.ts";

/**
 * Data Center's token endpoint. It takes form bodies alone; a JSON body makes it fall over with a 500.
 * @see RFC 6749 section 3.2
 */
export function tokenDataCenter(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  if (/^application\/json/i.test(request.headers["content-type"] ?? "")) {
    request.note("the token endpoint of Data Center takes a form body, not JSON");
    return text(500, "Internal Server Error");
  }
  return answeringErrors(request, () => {
    const form = request.form();
    const account = serviceAccount(sandbox, form.get("client_id") ?? "");
    if (account) return clientCredentials(form, account, sandbox);
    const client = authenticateClient(form, sandbox);
    switch (form.get("grant_type")) {
      case "authorization_code":
        return redeem(form, client, sandbox);
      case "refresh_token":
        return refresh(form, client, sandbox);
      case null:
        throw new OAuth2Error(400, "invalid_request", "grant_type is missing", "grant_type was not sent");
      default:
        throw new OAuth2Error(
          400,
          "unsupported_grant_type",
          undefined,
          `grant_type ${form.get("grant_type")}`,
        );
    }
  });
}

function authenticateClient(form: URLSearchParams, sandbox: Sandbox): DataCenterClient {
  const status = Number(sandbox.switch("invalid_client_status"));
  const client = own(sandbox.state.auth.datacenter.clients, form.get("client_id") ?? "");
  if (!client)
    throw new OAuth2Error(status, "invalid_client", undefined, "the client_id is unknown or was not sent");
  if (form.get("client_secret") !== client.client_secret) {
    throw new OAuth2Error(status, "invalid_client", undefined, "the client_secret is wrong or was not sent");
  }
  return client;
}

/** A service account asks for READ or WRITE, and for nothing above what it was given. There is no refresh token. */
function clientCredentials(
  form: URLSearchParams,
  account: ServiceAccount,
  sandbox: Sandbox,
): SandboxResponse {
  if (form.get("client_secret") !== account.client_secret) {
    const status = Number(sandbox.switch("invalid_client_status"));
    throw new OAuth2Error(status, "invalid_client", undefined, "the client_secret is wrong or was not sent");
  }
  if (form.get("grant_type") !== "client_credentials") {
    throw new OAuth2Error(400, "unauthorized_client", undefined, "a service account has client_credentials");
  }
  const scope = form.get("scope") ?? permissionOf(account);
  if (scope !== "READ" && scope !== permissionOf(account)) {
    throw new OAuth2Error(400, "invalid_scope", undefined, `the account may not ask for ${scope}`);
  }
  const now = sandbox.now();
  const expires_in = Number(sandbox.switch("access_ttl_s"));
  const grant: DataCenterGrant = {
    id: sandbox.token(16),
    client_id: account.client_id,
    user: account.user,
    scope,
    redirect_uri: "",
    created_ms: now,
    access_token: sandbox.token(86),
    access_expires_ms: now + expires_in * 1000,
    refresh_issued_ms: now,
  };
  sandbox.state.auth.datacenter.grants[grant.id] = grant;
  sandbox.touched("auth");
  return json(200, { access_token: grant.access_token, token_type: "bearer", expires_in, scope }, [
    ["Cache-Control", "no-store"],
  ]);
}

function redeem(form: URLSearchParams, client: DataCenterClient, sandbox: Sandbox): SandboxResponse {
  const { codes, grants } = sandbox.state.auth.datacenter;
  const code = own(codes, form.get("code") ?? "");
  if (!code) throw new OAuth2Error(400, "invalid_request", undefined, "the code is unknown or was not sent");
  if (code.grant !== undefined) {
    delete grants[code.grant];
    sandbox.touched("auth");
    throw new OAuth2Error(
      400,
      "invalid_grant",
      undefined,
      "the code was redeemed before; its tokens are revoked now",
    );
  }
  if (sandbox.now() - code.issued_ms > Number(sandbox.switch("code_ttl_s")) * 1000) {
    throw new OAuth2Error(
      400,
      "invalid_request",
      undefined,
      `the code is older than ${sandbox.switch("code_ttl_s")} s`,
    );
  }
  checkCode(code, form, client);
  const grant: DataCenterGrant = {
    id: sandbox.token(16),
    client_id: client.client_id,
    user: code.user,
    scope: code.scope,
    redirect_uri: code.redirect_uri,
    created_ms: sandbox.now(),
    access_expires_ms: 0,
    refresh_issued_ms: 0,
  };
  code.grant = grant.id;
  grants[grant.id] = grant;
  return issue(grant, sandbox);
}

function checkCode(code: DataCenterCode, form: URLSearchParams, client: DataCenterClient): void {
  const refuse = (reason: string) => new OAuth2Error(400, "invalid_grant", undefined, reason);
  if (code.client_id !== client.client_id) throw refuse("the code was given to another client");
  if (form.get("redirect_uri") !== code.redirect_uri) {
    throw refuse("redirect_uri is not the one of the authorization request");
  }
  const verifier = form.get("code_verifier") ?? undefined;
  if (code.code_challenge === undefined) return;
  if (!verifierFits(code.code_challenge, code.code_challenge_method, verifier)) {
    throw refuse("code_verifier does not fit the code_challenge");
  }
}

/** The old pair dies at once, both halves; there is no leeway. */
function refresh(form: URLSearchParams, client: DataCenterClient, sandbox: Sandbox): SandboxResponse {
  const refuse = (reason: string) => new OAuth2Error(400, "invalid_grant", undefined, reason);
  const sent = form.get("refresh_token");
  if (!sent)
    throw new OAuth2Error(400, "invalid_request", "refresh_token is missing", "refresh_token was not sent");
  const grant = Object.values(sandbox.state.auth.datacenter.grants).find(
    (held) => held.refresh_token === sent,
  );
  if (!grant) throw refuse("the refresh token is unknown, used before or revoked");
  if (grant.client_id !== client.client_id) throw refuse("the refresh token belongs to another client");
  const idle_ms = Number(sandbox.switch("refresh_idle_s")) * 1000;
  if (sandbox.now() - grant.refresh_issued_ms > idle_ms) throw refuse("the refresh token has expired");
  const redirect_uri = form.get("redirect_uri");
  if (redirect_uri === null && sandbox.switch("refresh_redirect_uri") === "strict") {
    throw refuse("redirect_uri was not sent on refresh");
  }
  if (redirect_uri !== null && redirect_uri !== grant.redirect_uri) throw refuse("redirect_uri differs");
  return issue(grant, sandbox);
}

function issue(grant: DataCenterGrant, sandbox: Sandbox): SandboxResponse {
  const expires_in = Number(sandbox.switch("access_ttl_s"));
  const now = sandbox.now();
  grant.access_token = sandbox.token(86);
  grant.access_expires_ms = now + expires_in * 1000;
  grant.refresh_token = sandbox.token(86);
  grant.refresh_issued_ms = now;
  sandbox.touched("auth");
  return json(
    200,
    {
      access_token: grant.access_token,
      token_type: "bearer",
      expires_in,
      refresh_token: grant.refresh_token,
      scope: grant.scope,
    },
    [["Cache-Control", "no-store"]],
  );
}
