/** The second half of a dance: the browser comes back, and the answer is used once. */
import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import type { Attempt, Registration } from "../vault/index.ts";
import type { CompleteInput, Completion, ConnectParts } from "./contract.ts";
import { type Approval, exchange, validate } from "./exchange.ts";
import { type Dance, settleGrant } from "./grant.ts";
import { isOutOfBand, recognise } from "./recognise.ts";
import { type Recorder, resumeDance } from "./recorder.ts";

/** What says nothing about the attempt leaves it as it is: the true answer may still come. */
const NOT_THE_ATTEMPTS = new Set(["callback_malformed", "state_mismatch"]);

/** Completes a dance from its callback. */
export async function complete(parts: ConnectParts, input: CompleteInput): Promise<Completion> {
  const { attempt, registration } = await recognise(parts, input);
  const recorder = await recorderOf(parts, attempt);
  recorder.note({
    from: "person",
    to: "latchkey",
    label: "Came back from Jira",
    url: `${registration.redirect_uri}?${input.params}`,
  });
  const dance = { attempt, registration, recorder, confirmed: input.confirm_account ?? false };
  return finish(parts, dance, () => validate(input.params, attempt));
}

/** The record of the attempt's dance, to go on with. */
export function recorderOf(parts: ConnectParts, attempt: Attempt): Promise<Recorder> {
  return resumeDance(parts, attempt.dance_id, {
    owner: attempt.owner,
    registration_id: attempt.registration_id,
    flavor: attempt.flavor,
  });
}

/**
 * Checks the approval, takes the attempt (of any number of callers one gets it) and goes on to the connection.
 * An attempt ends as failed only by an answer that was truly its own.
 */
export async function finish(parts: ConnectParts, dance: Dance, check: () => Approval): Promise<Completion> {
  const { attempt, recorder } = dance;
  let approval: Approval | undefined;
  let refusal: unknown;
  try {
    approval = check();
  } catch (error) {
    if (isLatchkeyError(error) && NOT_THE_ATTEMPTS.has(error.code)) {
      await recorder.end("running");
      throw error;
    }
    refusal = error;
  }
  const taken = await parts.vault.attempts.take(attempt.id);
  if (taken === undefined) throw over(attempt);
  try {
    if (approval === undefined) throw refusal;
    return await exchangeAndSettle(parts, { ...dance, attempt: taken }, dance.registration, approval);
  } catch (error) {
    // A dance that waits for the person is not over.
    if (isLatchkeyError(error) && error.code === "account_mismatch") throw error;
    const again = isOutOfBand(taken) ? typedAgain(error) : undefined;
    if (again !== undefined) {
      await parts.vault.attempts.reopen(attempt.id);
      await recorder.end("running");
      throw again;
    }
    const code = isLatchkeyError(error) ? error.code : "internal";
    await parts.vault.attempts.settle(attempt.id, { step: "failed", error: { code } });
    throw await recorder.fail(error, {
      attempt_id: attempt.id,
      registration_id: attempt.registration_id,
      ...(attempt.return_to !== undefined && { return_to: attempt.return_to }),
    });
  }
}

/**
 * A code that a person types may be mistyped, or typed before the approval: Jira keeps the request token then, and so
 * do we. A code that a redirect brings cannot be mistyped.
 */
function typedAgain(error: unknown): LatchkeyError | undefined {
  if (!isLatchkeyError(error)) return undefined;
  const { code, details } = error;
  if (code === "permission_unknown") return error;
  if (code !== "token_rejected") return undefined;
  return new LatchkeyError(code, "Jira did not take the verification code.", {
    cause: error,
    details,
    fix: "Type it as Jira's page shows it, capital letters included; where that does not help, ask for a new request token.",
  });
}

async function exchangeAndSettle(
  parts: ConnectParts,
  dance: Dance,
  registration: Registration,
  approval: Approval,
): Promise<Completion> {
  const tokens = await exchange(parts, dance.recorder.transport, dance.attempt, registration, approval);
  return settleGrant(parts, dance, tokens);
}

function over(attempt: Attempt): LatchkeyError {
  return new LatchkeyError("attempt_used", undefined, {
    details: {
      attempt_id: attempt.id,
      ...(attempt.dance_id !== undefined && { dance_id: attempt.dance_id }),
    },
  });
}
