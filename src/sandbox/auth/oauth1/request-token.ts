import { type Sandbox, type SandboxRequest, type SandboxResponse, text } from "../../message.ts";
import type { Instance } from "../instance.ts";
import type { OAuth1Token } from "../state.ts";
import { encodePairs } from "./encoding.ts";
import { OAuth1Problem } from "./problem.ts";
import { answeringProblems, knownConsumer, messageOf } from "./received.ts";
import { parameter } from "./signed-message.ts";
import { requireParameters, validateMessage } from "./validate.ts";

/**
 * Gives out a request token. Without `oauth_callback` the token speaks OAuth 1.0 and asks for no verifier later.
 * @see RFC 5849 section 2.1
 */
export function requestToken(request: SandboxRequest, instance: Instance, sandbox: Sandbox): SandboxResponse {
  return answeringProblems(request, instance, sandbox, () => {
    const message = messageOf(request);
    requireParameters(message, ["oauth_consumer_key"]);
    const consumer = knownConsumer(sandbox, parameter(message, "oauth_consumer_key") ?? "");
    validateMessage(message, consumer, request.received_ms, sandbox);
    const sent = parameter(message, "oauth_callback");
    const callback = checkedCallback(sent);
    const token: OAuth1Token = {
      token: sandbox.token(32),
      secret: sandbox.token(32),
      kind: "request",
      version: sent === undefined ? "1.0" : "1.0a",
      site: instance.site.id,
      consumer: consumer.key,
      ...(callback === undefined ? {} : { callback }),
      created_ms: sandbox.now(),
      decision: "pending",
    };
    sandbox.state.auth.oauth1[token.token] = token;
    sandbox.touched("auth");
    return tokenAnswer(token, sandbox);
  });
}

function tokenAnswer(token: OAuth1Token, sandbox: Sandbox): SandboxResponse {
  const pairs: Array<readonly [string, string]> = [
    ["oauth_token", token.token],
    ["oauth_token_secret", token.secret],
  ];
  const confirmed = token.version === "1.0a" || sandbox.switch("callback_confirmed") === "always";
  if (confirmed) pairs.push(["oauth_callback_confirmed", "true"]);
  return text(200, encodePairs(pairs), [["Cache-Control", "no-store"]]);
}

/** Any absolute http or https URI is taken; it is not compared with the one stored on the consumer. */
function checkedCallback(callback: string | undefined): string | undefined {
  if (callback === undefined || callback === "oob") return undefined;
  if (/^https?:\/\//i.test(callback) && URL.canParse(callback)) return callback;
  throw new OAuth1Problem(
    "parameter_rejected",
    `the callback ${callback} is not an absolute http or https URI`,
    [
      ["oauth_parameters_rejected", "oauth_callback"],
      ["oauth_problem_advice", `The callback is not an absolute http or https URI: ${callback}`],
    ],
  );
}
