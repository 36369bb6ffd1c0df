import { redirect, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import { oauth2ConsentPage } from "../../pages/datacenter-consent.ts";
import { staleFormPage } from "../../pages/stale-form.ts";
import type { User } from "../../world/model.ts";
import { autoApprover } from "../auto-approve.ts";
import { formIsOurs } from "../forms.ts";
import { dataCenter, loginLocation } from "../instance.ts";
import { answerRedirect } from "../redirect-answer.ts";
import { currentSession } from "../sessions.ts";
import { type AuthorizeRequest, readAuthorizeRequest } from "./oauth2-request.ts";

/**
 * The consent of Data Center's OAuth 2.0 provider, at the address of the authorization endpoint itself.
 * @see RFC 6749 section 4.1.1
 */
export function authorizeDataCenter(
  request: SandboxRequest,
  _params: Record<string, string>,
  sandbox: Sandbox,
): SandboxResponse {
  const asked = readAuthorizeRequest(request, sandbox);
  if ("status" in asked) return asked;
  const automatic = autoApprover(request, sandbox);
  if (automatic) return approve(asked, automatic, sandbox);
  const signedIn = currentSession(request, sandbox);
  const instance = dataCenter(sandbox);
  if (!signedIn) return redirect(loginLocation(request, instance));
  const form = request.method === "POST" ? request.form() : undefined;
  if (form?.has("approve") || form?.has("deny")) {
    if (!formIsOurs(request, signedIn.session, sandbox)) return staleFormPage(instance.site.title);
    const refererMissing = sandbox.switch("referer_check") === "on" && request.headers.referer === undefined;
    if (refererMissing) request.note("the consent came without a Referer, so it is asked for again");
    else return form.has("approve") ? approve(asked, signedIn.user, sandbox) : deny(asked, request);
  }
  return oauth2ConsentPage({ instance, asked, signedIn, action: request.target });
}

function approve(asked: AuthorizeRequest, user: User, sandbox: Sandbox): SandboxResponse {
  const code = sandbox.token(64);
  const { code_challenge, code_challenge_method } = asked;
  sandbox.state.auth.datacenter.codes[code] = {
    client_id: asked.client.client_id,
    user: user.name,
    scope: asked.scope,
    redirect_uri: asked.redirect_uri,
    ...(code_challenge === undefined ? {} : { code_challenge }),
    ...(code_challenge_method === undefined ? {} : { code_challenge_method }),
    issued_ms: sandbox.now(),
  };
  sandbox.touched("auth");
  return answerRedirect(asked.redirect_uri, [
    ["code", code],
    ["state", asked.state],
  ]);
}

function deny(asked: AuthorizeRequest, request: SandboxRequest): SandboxResponse {
  request.note("the user denied access");
  return answerRedirect(asked.redirect_uri, [
    ["error", "access_denied"],
    ["state", asked.state],
  ]);
}
