/** From a callback to the attempt it belongs to. Nothing is changed here, whatever comes in. */
import { LatchkeyError } from "../errors.ts";
import { FLAVORS } from "../protocol/flavors.ts";
import type { Attempt, Registration } from "../vault/index.ts";
import type { CompleteInput, ConnectParts } from "./contract.ts";

/** All names and values together. A code is a few thousand characters; no honest answer comes near this. */
const MAX_CHARACTERS = 256 * 1024;

export type Recognised = { readonly attempt: Attempt; readonly registration: Registration };

/**
 * Finds the attempt, and refuses what does not fit it: another path, an unknown or repeated state, another browser,
 * another owner, an answer that was used, an attempt that is over. A wrong answer consumes nothing, so that the right one still
 * counts when it comes.
 *
 * @throws LatchkeyError `callback_not_waited_for`, `callback_malformed`, `state_mismatch`, `browser_mismatch`,
 *   `attempt_used`, `attempt_expired`
 */
export async function recognise(parts: ConnectParts, input: CompleteInput): Promise<Recognised> {
  refuseOversized(input.params);
  const registration = await parts.vault.registrations.find(input.registration_id);
  if (registration === undefined) throw new LatchkeyError("callback_not_waited_for");
  const { attempts } = parts.vault;
  const attempt =
    FLAVORS[registration.flavor].protocol === "oauth1"
      ? await attempts.findByRequestToken(registration.id, only(input.params, "oauth_token"))
      : await attempts.findByState(registration.id, only(input.params, "state"));
  if (attempt === undefined) throw new LatchkeyError("state_mismatch");
  refuseOthers(parts, attempt, input);
  refuseOver(parts, attempt);
  if (isOutOfBand(attempt)) {
    throw new LatchkeyError(
      "callback_not_waited_for",
      "This dance was begun without a callback: Jira shows a code to type.",
    );
  }
  return { attempt, registration };
}

/** Somebody else may have signed in to the same browser since: the answer is not theirs. */
function refuseOthers(parts: ConnectParts, attempt: Attempt, { binding, owner }: CompleteInput): void {
  const bound = parts.vault.attempts.boundTo(attempt, binding);
  if (!bound || (owner !== undefined && owner !== attempt.owner)) throw new LatchkeyError("browser_mismatch");
}

/** Refuses an attempt that was used, or whose time is over. */
export function refuseOver(parts: ConnectParts, attempt: Attempt): void {
  const details = {
    attempt_id: attempt.id,
    ...(attempt.dance_id !== undefined && { dance_id: attempt.dance_id }),
    ...(attempt.connection_id !== undefined && { connection_id: attempt.connection_id }),
  };
  if (attempt.step !== "begun") throw new LatchkeyError("attempt_used", undefined, { details });
  if (attempt.expires_at <= parts.now()) throw new LatchkeyError("attempt_expired", undefined, { details });
}

export function isOutOfBand(attempt: Attempt): boolean {
  return attempt.secrets.oauth_callback?.reveal() === "oob";
}

function refuseOversized(params: URLSearchParams): void {
  let characters = 0;
  for (const [name, value] of params) {
    characters += name.length + value.length;
    if (characters > MAX_CHARACTERS) {
      throw new LatchkeyError("callback_malformed", "The callback is far too long.");
    }
  }
}

/** Which attempt is meant must not be open to reading: one value, or none. */
function only(params: URLSearchParams, name: string): string {
  const [value, ...others] = params.getAll(name);
  if (value === undefined || value === "") {
    throw new LatchkeyError("callback_malformed", `The callback carries no ${name}.`, {
      details: { parameter: name },
    });
  }
  if (others.length > 0) {
    throw new LatchkeyError("callback_malformed", `The callback carries ${name} twice.`, {
      details: { parameter: name },
    });
  }
  return value;
}
