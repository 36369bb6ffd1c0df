import type { Sandbox, SandboxRequest, SandboxResponse } from "../../message.ts";
import type { User } from "../../world/model.ts";
import type { Instance } from "../instance.ts";
import { own } from "../sessions.ts";
import type { Consumer } from "../state.ts";
import { percentEncode } from "./encoding.ts";
import { isExpired } from "./lifetimes.ts";
import { OAuth1Problem } from "./problem.ts";
import { answeringProblems, knownConsumer, messageOf } from "./received.ts";
import { parameter, type SignedMessage } from "./signed-message.ts";
import { validateMessage } from "./validate.ts";

const complete = [
  "oauth_consumer_key",
  "oauth_token",
  "oauth_signature_method",
  "oauth_signature",
  "oauth_timestamp",
  "oauth_nonce",
];

/** `user` absent: the application is known but acts as nobody. */
export type Acting = { readonly user?: User };

/**
 * Who a signed REST request acts as. `undefined`: the request is not an OAuth request at all, because one of the six
 * parameters is missing, and goes on as anybody's would. A response: refused.
 */
export function authenticateSigned(
  request: SandboxRequest,
  instance: Instance,
  sandbox: Sandbox,
): Acting | SandboxResponse | undefined {
  const message = messageOf(request);
  const missing = complete.filter((name) => parameter(message, name) === undefined);
  if (missing.length > 0) {
    if (missing.length < complete.length) {
      request.note(`not an OAuth request: ${missing.join(", ")} missing; it goes on without`);
    }
    return undefined;
  }
  return answeringProblems(request, instance, sandbox, () =>
    parameter(message, "oauth_token") === ""
      ? actForConsumer(message, request, instance, sandbox)
      : actForToken(message, request, instance, sandbox),
  );
}

/** Three legs: the token is checked before the consumer, so a foreign consumer key is `token_rejected`. */
function actForToken(
  message: SignedMessage,
  request: SandboxRequest,
  instance: Instance,
  sandbox: Sandbox,
): Acting | SandboxResponse {
  const token = own(sandbox.state.auth.oauth1, parameter(message, "oauth_token") ?? "");
  if (!token || token.site !== instance.site.id)
    throw new OAuth1Problem("token_rejected", "the token is unknown");
  if (token.kind !== "access") throw new OAuth1Problem("token_rejected", "the token is a request token");
  if (parameter(message, "oauth_consumer_key") !== token.consumer) {
    throw new OAuth1Problem("token_rejected", "the token belongs to another consumer");
  }
  if (isExpired(token, sandbox.now()))
    throw new OAuth1Problem("token_expired", "the access token has expired");
  const consumer = knownConsumer(sandbox, token.consumer);
  validateMessage(message, consumer, request.received_ms, sandbox);
  if (!consumer.allow_3lo) {
    throw new OAuth1Problem("permission_denied", "3-legged calls are switched off for the consumer");
  }
  const user = own(sandbox.state.world.users, token.user ?? "");
  if (!user?.active) return echoed(request, message, instance, "the user may not log in");
  return { user };
}

/** Two legs: the application itself, or the user named in the query or form where that is allowed. */
function actForConsumer(
  message: SignedMessage,
  request: SandboxRequest,
  instance: Instance,
  sandbox: Sandbox,
): Acting | SandboxResponse {
  const consumer = knownConsumer(sandbox, parameter(message, "oauth_consumer_key") ?? "");
  validateMessage(message, consumer, request.received_ms, sandbox);
  const named = outside(message, "xoauth_requestor_id") ?? outside(message, "user_id");
  if (named !== undefined) return impersonate(named, consumer, message, request, instance, sandbox);
  if (!consumer.allow_2lo) {
    return echoed(request, message, instance, "2-legged calls are not allowed for the consumer");
  }
  return actAs(consumer.execute_as, sandbox);
}

function impersonate(
  named: string,
  consumer: Consumer,
  message: SignedMessage,
  request: SandboxRequest,
  instance: Instance,
  sandbox: Sandbox,
): Acting | SandboxResponse {
  if (!consumer.allow_impersonation) {
    return echoed(request, message, instance, "impersonation is not allowed for the consumer");
  }
  return actAs(named, sandbox);
}

function actAs(name: string | undefined, sandbox: Sandbox): Acting {
  const user = name === undefined ? undefined : own(sandbox.state.world.users, name);
  return user?.active ? { user } : {};
}

function outside(message: SignedMessage, name: string): string | undefined {
  return message.outsideHeader.find(([key]) => key === name)?.[1];
}

/** A refusal without a problem: the challenge repeats the request's own OAuth parameters and the body is empty. */
function echoed(
  request: SandboxRequest,
  message: SignedMessage,
  instance: Instance,
  reason: string,
): SandboxResponse {
  request.note(reason);
  const challenge = [
    `realm="${percentEncode(instance.base)}"`,
    ...message.parameters
      .filter(([name]) => name.startsWith("oauth_"))
      .map(([name, value]) => `${name}="${percentEncode(value)}"`),
  ];
  return { status: 401, headers: [["WWW-Authenticate", `OAuth ${challenge.join(", ")}`]], body: "" };
}
