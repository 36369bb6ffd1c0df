/** The dances that no redirect ends: the code a person types, and the address a person pastes. */
import { LatchkeyError } from "../errors.ts";
import { FLAVORS } from "../protocol/flavors.ts";
import { validateVerifier } from "../protocol/oauth1/dance.ts";
import type { Attempt, Registration } from "../vault/index.ts";
import { complete, finish, recorderOf } from "./complete.ts";
import type { Completion, ConnectParts, PasteInput, VerifierInput } from "./contract.ts";
import { isOutOfBand, refuseOver } from "./recognise.ts";

const MAX_PASTED = 64 * 1024;

/**
 * Completes an OAuth 1.0a dance with the verification code Jira showed.
 *
 * @throws LatchkeyError as `complete`, and `not_found` where no such dance is open
 */
export async function completeByVerifier(parts: ConnectParts, input: VerifierInput): Promise<Completion> {
  const attempt = await attemptOf(parts, input);
  if (FLAVORS[attempt.flavor].protocol !== "oauth1") {
    throw new LatchkeyError("callback_malformed", "A bare code cannot prove which dance it belongs to.", {
      fix: "Paste the whole address of the page that does not open.",
      details: { attempt_id: attempt.id },
    });
  }
  if (input.binding !== undefined && !parts.vault.attempts.boundTo(attempt, input.binding)) {
    throw new LatchkeyError("browser_mismatch");
  }
  refuseOver(parts, attempt);
  const registration: Registration = await parts.vault.registrations.get(attempt.registration_id);
  const recorder = await recorderOf(parts, attempt);
  recorder.note({ from: "person", to: "latchkey", label: "Typed the verification code" });
  const oauth_token = attempt.secrets.oauth_token?.reveal() ?? "";
  return finish(parts, { attempt, registration, recorder, confirmed: false }, () => ({
    protocol: "oauth1",
    validated: validateVerifier(input.oauth_verifier, { oauth_token }),
  }));
}

/** Completes a dance from what a person pasted: the whole address, or for OAuth 1.0a the bare code. */
export async function completeByPaste(parts: ConnectParts, input: PasteInput): Promise<Completion> {
  const text = input.text.trim();
  if (text.length > MAX_PASTED) {
    throw new LatchkeyError("callback_malformed", "What was pasted is far too long.");
  }
  const attempt = await parts.vault.attempts.get(input.owner, input.attempt_id);
  const params = paramsOf(text);
  if (params === undefined || isOutOfBand(attempt)) {
    const { owner, attempt_id, binding } = input;
    return completeByVerifier(parts, { owner, attempt_id, binding, oauth_verifier: text });
  }
  const { registration_id } = attempt;
  return complete(parts, { registration_id, params, binding: input.binding });
}

/** The parameters of a pasted address, whole or from the `?` on, as browsers sometimes copy it. */
function paramsOf(text: string): URLSearchParams | undefined {
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return new URL(text).searchParams;
  if (/^[^?\s]*\?[^?\s]*=/.test(text)) return new URLSearchParams(text.slice(text.indexOf("?") + 1));
  return undefined;
}

async function attemptOf(parts: ConnectParts, input: VerifierInput): Promise<Attempt> {
  const { owner, attempt_id, registration_id } = input;
  if (attempt_id !== undefined) return parts.vault.attempts.get(owner, attempt_id);
  if (registration_id === undefined) {
    throw new LatchkeyError("bad_request", "Neither a dance nor a registration is named.", {
      details: { field: "attempt_id" },
    });
  }
  const attempt = await newestOutOfBand(parts, owner, registration_id);
  if (attempt === undefined) {
    throw new LatchkeyError("not_found", "There is no request token that waits for its verification code.", {
      fix: "Ask for a request token first; it is good for ten minutes.",
    });
  }
  return attempt;
}

/** Over ones count too, so that a code typed twice is told as that. */
async function newestOutOfBand(
  parts: ConnectParts,
  owner: string,
  registration_id: string,
): Promise<Attempt | undefined> {
  const rows = await parts.store.kysely
    .selectFrom("attempts")
    .select(["id"])
    .where("owner", "=", owner)
    .where("registration_id", "=", registration_id)
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(20)
    .execute();
  let newest: Attempt | undefined;
  for (const { id } of rows) {
    const attempt = await parts.vault.attempts.get(owner, id);
    if (attempt.step === "begun" && isOutOfBand(attempt)) return attempt;
    newest ??= attempt;
  }
  return newest;
}
