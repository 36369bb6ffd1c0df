import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import type { Credential } from "../protocol/credential.ts";
import type { SendOptions } from "../transport.ts";
import { type AnswerClass, classifyAnswer } from "./answers.ts";
import { authorize } from "./authorize.ts";
import type { Turn } from "./governor.ts";
import type { JiraParts, JiraRequest } from "./model.ts";
import { type Failure, mayRepeat, wasCut } from "./retry.ts";
import type { RetryBudget } from "./retry-budget.ts";
import { pause, retryAfter, waitBefore } from "./retry-timing.ts";
import { leave, sending, type Trail } from "./trail.ts";

export type Asked = {
  readonly response: HttpResponse;
  readonly credential: Credential;
  readonly found: AnswerClass;
  /** How often the call was sent, the last time included. */
  readonly attempts: number;
};

/** One exchange; how it is read is the caller's. */
export type Send = (request: HttpRequest, options: SendOptions) => Promise<HttpResponse>;

export type TryParts = JiraParts & { readonly budget: RetryBudget; readonly warned: Set<string> };

/** A person waits for the one, nobody for the other. */
const LIMITS = {
  interactive: { attempts: 4, max_wait_ms: 10_000 },
  bulk: { attempts: 6, max_wait_ms: 120_000 },
} as const;

type Outcome = { readonly asked: Omit<Asked, "attempts"> } | { readonly thrown: unknown };

/**
 * Sends a call until it has an answer worth handing back: again with another token where Jira blames the token, and
 * again after a failure where {@link mayRepeat} says so, within the bounds and the site's budget. Every try is
 * signed anew.
 * @param trail takes the tries that brought no good answer
 * @throws LatchkeyError of origin `network`, with `details.attempts`
 */
export async function askInTries(
  parts: TryParts,
  request: HttpRequest,
  input: JiraRequest,
  send: Send,
  trail: Trail,
): Promise<Asked> {
  const bounds = { ...LIMITS[input.priority ?? parts.priority ?? "interactive"], ...input.retry };
  const began = trail.began_at;
  const call = {
    method: request.method,
    ...(input.repeatable === undefined ? {} : { repeatable: input.repeatable }),
  };
  let fresh: Credential | undefined;
  let renewed = false;
  let last: Asked | undefined;
  parts.budget.called(parts.api_base_url);
  for (let attempts = 1; ; attempts++) {
    const left_before = began + bounds.max_wait_ms - parts.now();
    let turn: Turn | undefined;
    try {
      turn = await turnFor(parts, request, input, attempts === 1 ? bounds.max_wait_ms : left_before);
    } catch (refused) {
      // Jira's own refusal says more than ours that follows from it.
      if (last && isLatchkeyError(refused) && refused.code === "jira_rate_limited") return last;
      throw refused;
    }
    const { outcome, credential } = await tryOnce(parts, request, fresh, input, turn, send, trail);
    if ("asked" in outcome && !renewed && mayRefresh(parts, request.method, outcome.asked)) {
      renewed = true;
      const next = await parts.credentials.rejected(credential.token_id);
      // The same token again means that there is no other: sending it twice would only fail twice.
      if (next.token_id === credential.token_id) return { ...outcome.asked, attempts };
      fresh = next;
      continue;
    }
    if ("asked" in outcome) last = { ...outcome.asked, attempts };
    const failure = failureOf(outcome);
    const left_ms = began + bounds.max_wait_ms - parts.now();
    const wait_ms =
      failure && attempts < bounds.attempts && mayRepeat(call, failure)
        ? waitFor(parts, failure, attempts)
        : undefined;
    if (wait_ms === undefined || wait_ms > left_ms || !parts.budget.take(parts.api_base_url)) {
      if ("asked" in outcome) return { ...outcome.asked, attempts };
      throw withAttempts(outcome.thrown, attempts);
    }
    parts.log?.info("jira_call_repeated", { method: request.method, attempts, wait_ms, ...why(failure!) });
    await (parts.wait ?? pause)(wait_ms, input.signal);
    fresh = undefined;
  }
}

/** The governor's leave to go. Waiting for it is waiting for the call. */
async function turnFor(
  parts: TryParts,
  request: HttpRequest,
  input: JiraRequest,
  max_wait_ms: number,
): Promise<Turn | undefined> {
  const { governor, app, account, flavor } = parts;
  return await governor?.enter({
    site: parts.api_base_url,
    flavor,
    method: request.method,
    path: request.url.slice(parts.api_base_url.replace(/\/+$/, "").length),
    priority: input.priority ?? parts.priority ?? "interactive",
    max_wait_ms,
    ...(app === undefined ? {} : { app }),
    ...(account === undefined ? {} : { account }),
    ...(input.signal === undefined ? {} : { signal: input.signal }),
  });
}

/** The credential is asked for only now: one that was fetched before a long wait may have ended. */
async function tryOnce(
  parts: TryParts,
  request: HttpRequest,
  fresh: Credential | undefined,
  input: JiraRequest,
  turn: Turn | undefined,
  send: Send,
  trail: Trail,
): Promise<{ readonly outcome: Outcome; readonly credential: Credential }> {
  const options = {
    ...(input.timeout_ms === undefined ? {} : { timeout_ms: input.timeout_ms }),
    ...(input.max_bytes === undefined ? {} : { max_bytes: input.max_bytes }),
    ...(input.signal === undefined ? {} : { signal: input.signal }),
  };
  try {
    const credential = fresh ?? (await parts.credentials.current());
    const signed = await authorize(request, credential, parts);
    sending(trail, parts.now(), signed);
    const outcome = await send(signed, options).then(
      (response): Outcome => {
        turn?.answered(response);
        parts.onAnswer?.(response.status);
        const found = meaningOf(parts, response, credential);
        if (found !== "ok" || response.status >= 300) leave(trail, parts.now(), response);
        return { asked: { response, credential, found } };
      },
      (thrown: unknown): Outcome => {
        leave(trail, parts.now(), { thrown });
        return { thrown };
      },
    );
    return { outcome, credential };
  } finally {
    // Does nothing where an answer was told.
    turn?.failed();
  }
}

/** A good answer, and one that is about the credential, is no failure that time mends. */
function failureOf(outcome: Outcome): Failure | undefined {
  if ("thrown" in outcome) return outcome;
  const { response, found } = outcome.asked;
  return found === "rate_limited" || found === "failed" || found === "bad_request"
    ? { status: response.status, headers: response.headers }
    : undefined;
}

function waitFor(parts: TryParts, failure: Failure, attempts: number): number {
  if (attempts === 1 && wasCut(failure)) return 0;
  const asked_s = "thrown" in failure ? undefined : retryAfter(failure.headers, parts.now());
  return waitBefore(asked_s, attempts, (parts.random(1)[0] ?? 0) / 255);
}

function why(failure: Failure): Record<string, unknown> {
  if (!("thrown" in failure)) return { status: failure.status };
  return isLatchkeyError(failure.thrown) ? { code: failure.thrown.code } : {};
}

/** An abort stays what the caller made it. */
function withAttempts(thrown: unknown, attempts: number): unknown {
  if (!isLatchkeyError(thrown)) return thrown;
  const { code, message, cause, fix, details, retry_after_s } = thrown;
  return new LatchkeyError(code, message, {
    cause: cause ?? thrown,
    fix,
    details: { ...details, attempts },
    ...(retry_after_s === undefined ? {} : { retry_after_s }),
  });
}

/**
 * A 401 that blames the token was refused before anything happened, so any method may be sent again. Data Center
 * goes on anonymously with an expired OAuth 2.0 token, and Cloud with an API token that ended; there only reading is safe
 * to send again.
 */
function mayRefresh(
  parts: JiraParts,
  method: string,
  { found, credential }: Omit<Asked, "attempts">,
): boolean {
  if (found === "token_rejected") return true;
  const goesOn = parts.flavor === "datacenter-oauth2" || credential.kind === "basic";
  return found === "anonymous" && goesOn && /^(GET|HEAD)$/.test(method);
}

/** A 2-legged call without a user is anonymous on purpose. */
function meaningOf(parts: JiraParts, response: HttpResponse, credential: Credential): AnswerClass {
  const found = classifyAnswer(parts.flavor, response);
  const two_legged = credential.kind === "oauth1" && credential.oauth_token === undefined;
  return found === "anonymous" && two_legged && response.status < 300 ? "ok" : found;
}
