import type { Sandbox, SandboxRequest, SandboxResponse } from "../../message.ts";
import type { Instance } from "../instance.ts";
import { own } from "../sessions.ts";
import type { Consumer } from "../state.ts";
import { percentEncode } from "./encoding.ts";
import { OAuth1Problem, problemResponse } from "./problem.ts";
import { readMessage, type SignedMessage } from "./signed-message.ts";

/** The OAuth 1.0a message a request carries, its URL as this server sees itself. */
export function messageOf(request: SandboxRequest): SignedMessage {
  const authorization: string[] = [];
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    if (request.rawHeaders[at]?.toLowerCase() === "authorization")
      authorization.push(request.rawHeaders[at + 1]!);
  }
  return readMessage({
    method: request.method,
    url: request.view_url,
    authorization,
    query: request.query,
    form: request.method === "POST" ? request.form() : [],
  });
}

/** A consumer that may sign, or `consumer_key_unknown`. One without a public key counts as unknown. */
export function knownConsumer(sandbox: Sandbox, key: string): Consumer {
  const consumer = own(sandbox.state.auth.consumers, key);
  if (!consumer)
    throw new OAuth1Problem("consumer_key_unknown", `no application link has the consumer key ${key}`);
  if (!consumer.public_key) {
    throw new OAuth1Problem(
      "consumer_key_unknown",
      `the consumer ${key} is known but has no public key yet: enter it on the application links page, with --consumer or by POST /__sandbox/registrations`,
    );
  }
  return consumer;
}

/** Runs one step and writes its problems the way the provider does; damaged numbers are a plain 500. */
export function answeringProblems<T>(
  request: SandboxRequest,
  instance: Instance,
  sandbox: Sandbox,
  step: () => T,
): T | SandboxResponse {
  try {
    return step();
  } catch (error) {
    if (error instanceof OAuth1Problem) return problemResponse(error, instance.base, request, sandbox);
    if (!(error instanceof RangeError)) throw error;
    request.note(error.message);
    return { status: 500, headers: [["WWW-Authenticate", `OAuth realm="${percentEncode(instance.base)}"`]] };
  }
}
