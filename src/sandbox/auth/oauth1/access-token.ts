import { type Sandbox, type SandboxRequest, type SandboxResponse, text } from "../../message.ts";
import type { Instance } from "../instance.ts";
import { own } from "../sessions.ts";
import type { OAuth1Token } from "../state.ts";
import { encodePairs } from "./encoding.ts";
import { ACCESS_TOKEN_TTL_MS, isExpired, SESSION_TTL_MS } from "./lifetimes.ts";
import { OAuth1Problem } from "./problem.ts";
import { answeringProblems, knownConsumer, messageOf } from "./received.ts";
import { parameter, type SignedMessage } from "./signed-message.ts";
import { requireParameters, validateMessage } from "./validate.ts";

/**
 * Exchanges an approved request token for an access token, or renews an access token by its session handle.
 * The state of the token is checked first and the signature last, so a state error hides a signature error.
 * @see RFC 5849 section 2.3
 */
export function accessToken(request: SandboxRequest, instance: Instance, sandbox: Sandbox): SandboxResponse {
  return answeringProblems(request, instance, sandbox, () => {
    const message = messageOf(request);
    requireParameters(message, ["oauth_token"]);
    const token = own(sandbox.state.auth.oauth1, parameter(message, "oauth_token") ?? "");
    if (!token || token.site !== instance.site.id) {
      throw new OAuth1Problem("token_rejected", "the token is unknown");
    }
    if (token.kind === "request") checkRequestToken(token, message, sandbox);
    else checkRenewal(token, message, sandbox);
    validateMessage(message, knownConsumer(sandbox, token.consumer), request.received_ms, sandbox);
    return exchange(token, sandbox);
  });
}

function checkRequestToken(token: OAuth1Token, message: SignedMessage, sandbox: Sandbox): void {
  if (isExpired(token, sandbox.now())) {
    throw new OAuth1Problem("token_expired", "the request token is older than 10 minutes");
  }
  if (token.decision === "pending") {
    throw new OAuth1Problem("permission_unknown", "the user has not decided yet");
  }
  if (token.decision === "denied") throw new OAuth1Problem("permission_denied", "the user refused");
  if (parameter(message, "oauth_consumer_key") !== token.consumer) {
    throw new OAuth1Problem("token_rejected", "the request token belongs to another consumer");
  }
  if (token.version === "1.0") return;
  requireParameters(message, ["oauth_verifier"]);
  if (parameter(message, "oauth_verifier") !== token.verifier) {
    throw new OAuth1Problem("token_rejected", "the verifier is wrong");
  }
}

function checkRenewal(token: OAuth1Token, message: SignedMessage, sandbox: Sandbox): void {
  if (!token.session) throw new OAuth1Problem("token_rejected", "the access token has no session");
  requireParameters(message, ["oauth_session_handle"]);
  if (parameter(message, "oauth_session_handle") !== token.session.handle) {
    throw new OAuth1Problem("token_rejected", "the session handle is wrong");
  }
  if (sandbox.now() - token.session.renewed_ms > SESSION_TTL_MS) {
    throw new OAuth1Problem("permission_denied", "the session has expired");
  }
}

/** The new access token takes the place of the token it was got for. */
function exchange(token: OAuth1Token, sandbox: Sandbox): SandboxResponse {
  const now = sandbox.now();
  const handle = sandbox.token(32);
  const access: OAuth1Token = {
    token: sandbox.token(32),
    secret: sandbox.token(32),
    kind: "access",
    version: token.version,
    site: token.site,
    consumer: token.consumer,
    created_ms: now,
    decision: "approved",
    ...(token.user === undefined ? {} : { user: token.user }),
    session: { handle, renewed_ms: now },
  };
  delete sandbox.state.auth.oauth1[token.token];
  sandbox.state.auth.oauth1[access.token] = access;
  sandbox.touched("auth");
  return text(
    200,
    encodePairs([
      ["oauth_token", access.token],
      ["oauth_token_secret", access.secret],
      ["oauth_expires_in", String(ACCESS_TOKEN_TTL_MS / 1000)],
      ["oauth_session_handle", handle],
      ["oauth_authorization_expires_in", String(SESSION_TTL_MS / 1000)],
    ]),
    [["Cache-Control", "no-store"]],
  );
}
