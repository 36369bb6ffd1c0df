import type { Sandbox, SandboxResponse } from "../../message.ts";
import { OAuth2Error } from "../oauth2-error.ts";
import { own } from "../sessions.ts";
import type { CloudApp, CloudFamily, CloudRefreshToken } from "../state.ts";
import { issuePair, type Pair, pairAnswer } from "./pair.ts";
import type { TokenRequest } from "./token-request.ts";

/**
 * Exchanges a refresh token for a new pair and rotates it away. Shown again within the leeway it still works; shown
 * again later it is a sign of theft, and the whole family dies.
 * @see RFC 9700 section 4.14.2
 */
export function refreshGrant(sent: TokenRequest, app: CloudApp, sandbox: Sandbox): SandboxResponse {
  const { families, refresh } = sandbox.state.auth.cloud;
  const refuse = (reason: string) => deadRefreshToken(reason, sandbox);
  const name = sent("refresh_token") ?? "";
  const token = own(refresh, name);
  const family = token && families[token.family];
  if (!token || !family) throw refuse("the refresh token is unknown or was not sent");
  if (family.client_id !== app.client_id) throw refuse("the refresh token belongs to another app");
  if (family.revoked !== undefined) throw refuse(`the family is dead: ${family.revoked}`);
  checkAge(token, family, sandbox);
  if (sandbox.state.world.users[family.user]?.active !== true) throw refuse("the user is deactivated");
  if (token.rotated_ms === undefined) return rotate(token, family, sandbox);
  return reuse(token, token.rotated_ms, family, sandbox);
}

function checkAge(token: CloudRefreshToken, family: CloudFamily, sandbox: Sandbox): void {
  const now = sandbox.now();
  if (now - family.created_ms > Number(sandbox.switch("family_absolute_s")) * 1000) {
    throw deadRefreshToken("the consent is older than 365 days", sandbox);
  }
  const idle = now - token.issued_ms > Number(sandbox.switch("refresh_idle_s")) * 1000;
  if (idle && token.rotated_ms === undefined) {
    throw deadRefreshToken("the refresh token was not used for 90 days", sandbox);
  }
  if (token.superseded) throw deadRefreshToken("a later sibling took this refresh token's place", sandbox);
}

function rotate(token: CloudRefreshToken, family: CloudFamily, sandbox: Sandbox): SandboxResponse {
  const pair = issuePair(family, sandbox);
  token.rotated_ms = sandbox.now();
  remember(token, pair);
  return pairAnswer(pair, family, sandbox);
}

function reuse(
  token: CloudRefreshToken,
  rotated_ms: number,
  family: CloudFamily,
  sandbox: Sandbox,
): SandboxResponse {
  if (sandbox.now() - rotated_ms > Number(sandbox.switch("reuse_leeway_s")) * 1000) {
    family.revoked = "a rotated refresh token was used again after the leeway";
    sandbox.touched("auth");
    throw deadRefreshToken(family.revoked, sandbox);
  }
  const rule = sandbox.switch("reuse");
  if (rule === "same_pair" && token.successor) return pairAnswer(token.successor, family, sandbox);
  if (rule === "supersede") supersede(family, sandbox);
  const pair = issuePair(family, sandbox);
  remember(token, pair);
  return pairAnswer(pair, family, sandbox);
}

/** Every refresh token of the family that is still unused gives way to the one that is about to be made. */
function supersede(family: CloudFamily, sandbox: Sandbox): void {
  for (const token of Object.values(sandbox.state.auth.cloud.refresh)) {
    if (token.family === family.id && token.rotated_ms === undefined) token.superseded = true;
  }
}

function remember(token: CloudRefreshToken, pair: Pair): void {
  if (pair.refresh_token === undefined) return;
  token.successor = { access_token: pair.access_token, refresh_token: pair.refresh_token };
}

function deadRefreshToken(reason: string, sandbox: Sandbox): OAuth2Error {
  return sandbox.switch("refresh_error") === "invalid_grant"
    ? new OAuth2Error(403, "invalid_grant", "Unknown or invalid refresh token.", reason)
    : new OAuth2Error(403, "unauthorized_client", "refresh_token is invalid", reason);
}
