import { html, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import { escapeHtml } from "../../pages/markup.ts";
import { messagePage } from "../../pages/stale-form.ts";
import { dataCenter } from "../instance.ts";
import { challengeFault } from "../pkce.ts";
import { answerRedirect } from "../redirect-answer.ts";
import { own } from "../sessions.ts";
import type { DataCenterClient } from "../state.ts";
import { dataCenterScopes, includedScopes } from "./bearer.ts";

export type AuthorizeRequest = {
  readonly client: DataCenterClient;
  readonly redirect_uri: string;
  readonly scope: string;
  readonly state: string | undefined;
  readonly code_challenge: string | undefined;
  readonly code_challenge_method: string | undefined;
};

const HTTPS_TEXT =
  "Please ensure that your server is using HTTPS and that your application base URL is configured appropriately.";

/**
 * Reads an authorization request. A bad client or redirect URI is told to the person on a page of Jira's own; only
 * once both are known is the application told, by redirect.
 */
export function readAuthorizeRequest(
  request: SandboxRequest,
  sandbox: Sandbox,
): AuthorizeRequest | SandboxResponse {
  const { query } = request;
  const client = own(sandbox.state.auth.datacenter.clients, query.get("client_id") ?? "");
  if (!client) return refused(request, sandbox, "The client_id is not one of an incoming link of this Jira.");
  const redirect_uri = query.get("redirect_uri") ?? "";
  if (!client.redirect_uris.includes(redirect_uri)) {
    return refused(
      request,
      sandbox,
      `The redirect_uri ${redirect_uri || "(none)"} is not exactly one that is registered for ${client.name}.`,
    );
  }
  if (httpsMissing(redirect_uri, sandbox) || httpsMissing(sandbox.dataCenterUrl, sandbox)) {
    request.note("http is refused: the base URL and the redirect URL must be https");
    return html(400, `<!doctype html><title>400</title><p>${escapeHtml(HTTPS_TEXT)}</p>`);
  }
  return readRest(request, client, redirect_uri);
}

function readRest(
  request: SandboxRequest,
  client: DataCenterClient,
  redirect_uri: string,
): AuthorizeRequest | SandboxResponse {
  const { query } = request;
  const state = query.get("state") ?? undefined;
  const tell = (error: string, description: string): SandboxResponse => {
    request.note(`${error}: ${description}`);
    return answerRedirect(redirect_uri, [
      ["error", error],
      ["error_description", description],
      ["state", state],
    ]);
  };
  if (query.get("response_type") !== "code")
    return tell("unsupported_response_type", "response_type must be code");
  const scope = strongest(query.get("scope") ?? "");
  if (!scope) return tell("invalid_scope", "The scope must be READ, WRITE, ADMIN or SYSTEM_ADMIN");
  if (!includedScopes(client.scope).includes(scope)) {
    return tell("invalid_scope", `The link of ${client.name} allows ${client.scope} at most`);
  }
  const fault = challengeFault(query.get("code_challenge"), query.get("code_challenge_method"));
  if (fault) return tell("invalid_request", fault);
  return {
    client,
    redirect_uri,
    scope,
    state,
    code_challenge: query.get("code_challenge") ?? undefined,
    code_challenge_method: query.get("code_challenge_method") ?? undefined,
  };
}

/** The strongest of the scopes asked for; undefined when one is unknown or none is named. */
function strongest(asked: string): string | undefined {
  const scopes = asked.split(" ").filter((scope) => scope !== "");
  if (!scopes.every((scope) => dataCenterScopes.includes(scope))) return undefined;
  return dataCenterScopes.findLast((scope) => scopes.includes(scope));
}

function httpsMissing(address: string, sandbox: Sandbox): boolean {
  const url = new URL(address);
  if (url.protocol !== "http:") return false;
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  return !loopback || sandbox.switch("https_enforced") === "on";
}

function refused(request: SandboxRequest, sandbox: Sandbox, reason: string): SandboxResponse {
  request.note(reason);
  return messagePage(400, "We can't connect this application", dataCenter(sandbox).site.title, [
    reason,
    "Tell the application's developer. You were not sent back, because nobody knows where to.",
  ]);
}
