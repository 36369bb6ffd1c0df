import { redirect, type Sandbox, type SandboxRequest, type SandboxResponse } from "../../message.ts";
import {
  approvedPage,
  approvedWithoutCodePage,
  deniedPage,
  oauth1ConsentPage,
} from "../../pages/oauth1-consent.ts";
import { staleFormPage } from "../../pages/stale-form.ts";
import type { User } from "../../world/model.ts";
import { autoApprover } from "../auto-approve.ts";
import { formIsOurs } from "../forms.ts";
import { type Instance, loginLocation } from "../instance.ts";
import { currentSession, own } from "../sessions.ts";
import type { Consumer, OAuth1Token } from "../state.ts";
import { isExpired } from "./lifetimes.ts";
import { OAuth1Problem } from "./problem.ts";
import { answeringProblems } from "./received.ts";

/**
 * The page on which a signed-in user allows or denies. The token comes first: a dead one is named even to a
 * browser that is not signed in.
 * @see RFC 5849 section 2.2
 */
export function authorize(request: SandboxRequest, instance: Instance, sandbox: Sandbox): SandboxResponse {
  return answeringProblems(request, instance, sandbox, () => {
    const token = tokenForApproval(request, instance, sandbox);
    const consumer = own(sandbox.state.auth.consumers, token.consumer);
    if (!consumer) throw new OAuth1Problem("consumer_key_unknown", "the application link is gone");
    const automatic = autoApprover(request, sandbox);
    if (automatic) return decide(token, consumer, automatic, true, request, instance, sandbox);
    const signedIn = currentSession(request, sandbox);
    if (!signedIn) return redirect(loginLocation(request, instance));
    const answer = request.method === "POST" ? request.form() : undefined;
    if (answer?.has("approve") || answer?.has("deny")) {
      if (!formIsOurs(request, signedIn.session, sandbox)) return staleFormPage(instance.site.title);
      return decide(token, consumer, signedIn.user, answer.has("approve"), request, instance, sandbox);
    }
    return oauth1ConsentPage({
      instance,
      consumer,
      signedIn,
      action: request.target,
      token: token.token,
      leadsTo: target(token, consumer, request),
    });
  });
}

function tokenForApproval(request: SandboxRequest, instance: Instance, sandbox: Sandbox): OAuth1Token {
  const sent = request.query.get("oauth_token") ?? request.form().get("oauth_token");
  if (!sent) {
    throw new OAuth1Problem("parameter_absent", "oauth_token was not sent", [
      ["oauth_parameters_absent", "oauth_token"],
    ]);
  }
  const token = own(sandbox.state.auth.oauth1, sent);
  if (token?.kind !== "request" || token.site !== instance.site.id) {
    throw new OAuth1Problem("token_rejected", "no request token of that name waits for approval");
  }
  if (token.decision !== "pending")
    throw new OAuth1Problem("token_used", `the token was ${token.decision} before`);
  if (isExpired(token, sandbox.now())) {
    throw new OAuth1Problem("token_expired", "the request token is older than 10 minutes");
  }
  return token;
}

function decide(
  token: OAuth1Token,
  consumer: Consumer,
  user: User,
  approved: boolean,
  request: SandboxRequest,
  instance: Instance,
  sandbox: Sandbox,
): SandboxResponse {
  token.decision = approved ? "approved" : "denied";
  token.user = user.name;
  if (approved && token.version === "1.0a") token.verifier = sandbox.token(6);
  sandbox.touched("auth");
  if (!approved) request.note("the user denied access");
  const callback = target(token, consumer, request);
  if (callback !== undefined) return redirect(withAnswer(callback, token));
  if (!approved) return deniedPage(instance, consumer);
  return token.verifier === undefined
    ? approvedWithoutCodePage(instance, consumer)
    : approvedPage(instance, consumer, token.verifier);
}

/** A 1.0 token goes where the authorize URL says, a 1.0a token where its request said; else where the link says. */
function target(token: OAuth1Token, consumer: Consumer, request: SandboxRequest): string | undefined {
  const named = token.version === "1.0" ? request.query.get("oauth_callback") : token.callback;
  const wanted = named === "oob" ? undefined : named;
  return wanted && URL.canParse(wanted) ? wanted : consumer.callback;
}

function withAnswer(callback: string, token: OAuth1Token): string {
  const answer = new URLSearchParams({ oauth_token: token.token });
  // A refusal is told by the literal word `denied` in the verifier's place, never by an oauth_problem.
  if (token.version === "1.0a") answer.set("oauth_verifier", token.verifier ?? "denied");
  return `${callback}${callback.includes("?") ? "&" : "?"}${answer.toString()}`;
}
