import type { Sandbox, SandboxResponse } from "../../message.ts";
import { OAuth2Error } from "../oauth2-error.ts";
import { verifierFits } from "../pkce.ts";
import { own } from "../sessions.ts";
import type { CloudApp, CloudCode, CloudFamily } from "../state.ts";
import { issuePair, pairAnswer } from "./pair.ts";
import type { TokenRequest } from "./token-request.ts";

/** Exchanges an authorization code. It is good once, for a few minutes, for the app and redirect URI it was given to. */
export function redeemCode(sent: TokenRequest, app: CloudApp, sandbox: Sandbox): SandboxResponse {
  const { codes, families } = sandbox.state.auth.cloud;
  const name = sent("code") ?? "";
  const code = own(codes, name);
  const dead = (reason: string) => deadCode(reason, sandbox);
  if (!code) throw dead("the code is unknown, was used before, or was not sent");
  if (code.family.client_id !== app.client_id) throw dead("the code was given to another app");
  if (sandbox.now() - code.issued_ms > Number(sandbox.switch("cloud_code_ttl_s")) * 1000) {
    throw dead(`the code is older than ${sandbox.switch("cloud_code_ttl_s")} s`);
  }
  if (sent("redirect_uri") !== code.redirect_uri) {
    throw new OAuth2Error(
      400,
      "invalid_request",
      "redirect_uri is invalid",
      "redirect_uri is missing or not the one of the authorization request",
    );
  }
  checkVerifier(code, sent("code_verifier"), sandbox);
  delete codes[name];
  const family: CloudFamily = {
    id: sandbox.token(16),
    ...code.family,
    created_ms: code.issued_ms,
    last_used_ms: sandbox.now(),
  };
  families[family.id] = family;
  return pairAnswer(issuePair(family, sandbox), family, sandbox);
}

function checkVerifier(code: CloudCode, verifier: string | undefined, sandbox: Sandbox): void {
  if (sandbox.switch("pkce") === "ignore" || code.code_challenge === undefined) return;
  if (verifierFits(code.code_challenge, code.code_challenge_method, verifier)) return;
  throw new OAuth2Error(
    400,
    "invalid_grant",
    "code_verifier is invalid",
    verifier === undefined ? "code_verifier was not sent" : "code_verifier does not fit the code_challenge",
  );
}

function deadCode(reason: string, sandbox: Sandbox): OAuth2Error {
  return sandbox.switch("code_error") === "invalid_grant"
    ? new OAuth2Error(403, "invalid_grant", "Invalid authorization code", reason)
    : new OAuth2Error(400, "invalid_request", "authorization_code is invalid", reason);
}
