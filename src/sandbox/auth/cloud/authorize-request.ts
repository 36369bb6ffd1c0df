import { html, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import { messagePage } from "../../pages/stale-form.ts";
import { challengeFault } from "../pkce.ts";
import { answerRedirect } from "../redirect-answer.ts";
import { own } from "../sessions.ts";
import type { CloudApp } from "../state.ts";

export type CloudAuthorizeRequest = {
  readonly app: CloudApp;
  readonly redirect_uri: string;
  readonly scopes: string[];
  readonly state: string | undefined;
  readonly code_challenge: string | undefined;
  readonly code_challenge_method: string | undefined;
};

const PLACE = "Cloud sign-in";

/** Reads an authorization request of a person who is signed in already; nothing is checked before that. */
export function readCloudRequest(
  request: SandboxRequest,
  sandbox: Sandbox,
): CloudAuthorizeRequest | SandboxResponse {
  const { query } = request;
  const app = own(sandbox.state.auth.cloud.apps, query.get("client_id") ?? "");
  if (!app) {
    return errorPage(
      request,
      "unauthorized_client",
      "The client_id is not known. Check it and the redirect_uri.",
    );
  }
  const redirect_uri = query.get("redirect_uri") ?? "";
  if (!app.redirect_uris.includes(redirect_uri)) {
    return errorPage(
      request,
      "unauthorized_client",
      `Callback URL mismatch. ${redirect_uri || "(none)"} is not in the list of allowed callback URLs`,
    );
  }
  const asked = [...new Set((query.get("scope") ?? "").split(/\s+/).filter((scope) => scope !== ""))];
  if (asked.length > 80) {
    request.note("more than 80 scopes: the request header is too large");
    return html(
      400,
      "<!doctype html><title>HTTP Status 400 - Bad Request</title><h1>HTTP Status 400 - Bad Request</h1><p>Request header is too large</p>",
    );
  }
  if (asked.some((scope) => ["openid", "profile", "email"].includes(scope))) {
    request.note("openid, profile and email are no scopes of a 3LO app");
    return messagePage(400, "Something went wrong", PLACE, ["There's nothing here."]);
  }
  if (query.get("audience") !== "api.atlassian.com") {
    request.note("audience=api.atlassian.com is missing");
    return messagePage(400, "Something went wrong", PLACE, [
      "The authorize request was incomplete or invalid.",
    ]);
  }
  return readScopes(request, sandbox, app, redirect_uri, asked);
}

function readScopes(
  request: SandboxRequest,
  sandbox: Sandbox,
  app: CloudApp,
  redirect_uri: string,
  asked: string[],
): CloudAuthorizeRequest | SandboxResponse {
  const unregistered = asked.filter((scope) => scope !== "offline_access" && !app.scopes.includes(scope));
  const rule = sandbox.switch("unregistered_scope");
  if (unregistered.length > 0 && rule === "page") {
    return errorPage(
      request,
      "invalid_scope",
      `The app is not registered for ${unregistered.join(" ")}. Add it in the developer console.`,
    );
  }
  const scopes = rule === "drop" ? asked.filter((scope) => !unregistered.includes(scope)) : asked;
  if (scopes.length === 0)
    return errorPage(request, "invalid_scope", "The request names no scope the app has.");
  return readRest(request, sandbox, app, redirect_uri, scopes);
}

function readRest(
  request: SandboxRequest,
  sandbox: Sandbox,
  app: CloudApp,
  redirect_uri: string,
  scopes: string[],
): CloudAuthorizeRequest | SandboxResponse {
  const { query } = request;
  const state = query.get("state") ?? undefined;
  const challenge = query.get("code_challenge");
  const method = query.get("code_challenge_method");
  let fault = sandbox.switch("pkce") === "ignore" ? undefined : challengeFault(challenge, method);
  if (challenge === null && sandbox.switch("pkce") === "require") fault = "code_challenge is required";
  const error = query.get("response_type") === "code" ? "invalid_request" : "unsupported_response_type";
  if (error === "unsupported_response_type") fault = "response_type must be code";
  if (fault !== undefined) {
    request.note(`${error}: ${fault}`);
    return answerRedirect(redirect_uri, [
      ["error", error],
      ["error_description", fault],
      ["state", state],
    ]);
  }
  return {
    app,
    redirect_uri,
    scopes,
    state,
    code_challenge: challenge ?? undefined,
    code_challenge_method: method ?? undefined,
  };
}

/** The page a wrong request ends on. The browser is never sent to the address the request named. */
function errorPage(request: SandboxRequest, error: string, description: string): SandboxResponse {
  request.note(`${error}: ${description}`);
  return messagePage(400, "This application cannot be connected", PLACE, [`${error}: ${description}`]);
}
