/** A grant that waits for the person: which of several sites, or whether another account is meant. */
import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { Account, Attempt, SiteRef } from "../vault/index.ts";
import { attach } from "./attach.ts";
import { recorderOf } from "./complete.ts";
import type { ChoiceInput, Choices, Completion, ConfirmInput, ConnectParts } from "./contract.ts";
import { connected } from "./grant.ts";
import { sitesMatching } from "./sites.ts";

/** What the attempt keeps while it waits. */
type Waiting = {
  readonly code: "site_choice_required" | "account_mismatch";
  readonly sites: readonly SiteRef[];
  readonly account: Account | null;
  readonly before?: Account | null;
};

/** What there is to decide. @throws LatchkeyError `not_found`, `browser_mismatch`, `attempt_used`, `attempt_expired` */
export async function choices(
  parts: ConnectParts,
  owner: string,
  attempt_id: string,
  binding: Secret,
): Promise<Choices> {
  const { attempt, waiting } = await waitingAttempt(parts, owner, attempt_id, binding);
  const { before } = waiting;
  const asked = attempt.site_hint;
  const granted = asked !== undefined && sitesMatching(waiting.sites, asked).length > 0;
  return {
    waits_for: waiting.code === "account_mismatch" ? "account" : "site",
    sites: waiting.sites,
    ...(before !== undefined && before !== null && { before }),
    ...(waiting.account !== null && { account: waiting.account }),
    ...(asked !== undefined && !granted && { asked }),
  };
}

/** Takes the site the person chose. Another than those offered is refused, and the choice stays open. */
export async function chooseSite(parts: ConnectParts, input: ChoiceInput): Promise<Completion> {
  const { owner, attempt_id, binding } = input;
  const found = await waitingAttempt(parts, owner, attempt_id, binding, "site_choice_required");
  const site = found.waiting.sites.find((one) => one.id === input.site_id);
  if (site === undefined) {
    throw new LatchkeyError("site_not_granted", "That site is not among those that were granted.", {
      details: { attempt_id, field: "site_id" },
      fix: "Choose one of the sites on the page.",
    });
  }
  return attachWaiting(parts, found.attempt, site);
}

/** Goes on with a reconnect that another account approved. */
export async function confirmAccount(parts: ConnectParts, input: ConfirmInput): Promise<Completion> {
  const { owner, attempt_id, binding } = input;
  const { attempt, waiting } = await waitingAttempt(parts, owner, attempt_id, binding, "account_mismatch");
  const [site] = waiting.sites;
  if (site === undefined) throw new LatchkeyError("no_sites");
  return attachWaiting(parts, attempt, site);
}

async function waitingAttempt(
  parts: ConnectParts,
  owner: string,
  attempt_id: string,
  binding: Secret,
  code?: Waiting["code"],
): Promise<{ readonly attempt: Attempt; readonly waiting: Waiting }> {
  const attempt = await parts.vault.attempts.get(owner, attempt_id);
  if (!parts.vault.attempts.boundTo(attempt, binding)) throw new LatchkeyError("browser_mismatch");
  const details = { attempt_id, dance_id: attempt.dance_id, connection_id: attempt.connection_id };
  if (attempt.step === "choosing" && attempt.expires_at <= parts.now()) {
    throw new LatchkeyError("attempt_expired", undefined, { details });
  }
  if (attempt.step !== "choosing" || (code !== undefined && attempt.error?.code !== code)) {
    throw new LatchkeyError("attempt_used", undefined, { details });
  }
  return { attempt, waiting: attempt.error as unknown as Waiting };
}

async function attachWaiting(parts: ConnectParts, attempt: Attempt, site: SiteRef): Promise<Completion> {
  const { family_id } = attempt;
  const taken = await parts.vault.attempts.takeChoice(attempt.owner, attempt.id);
  if (taken === undefined || family_id === undefined) throw new LatchkeyError("attempt_used");
  const recorder = await recorderOf(parts, attempt);
  recorder.note({ from: "person", to: "latchkey", label: "Decided" });
  try {
    const { connection, reconnected } = await attach(parts, {
      owner: attempt.owner,
      family_id,
      site,
      reconnect_id: attempt.reconnect_id,
      connect_session_id: attempt.connect_session_id,
    });
    return await connected(parts, attempt, recorder, connection, reconnected);
  } catch (error) {
    const code = isLatchkeyError(error) ? error.code : "internal";
    await parts.vault.families.forget(attempt.owner, family_id);
    await parts.vault.attempts.settle(attempt.id, { step: "failed", error: { code } });
    throw await recorder.fail(error, { attempt_id: attempt.id });
  }
}
