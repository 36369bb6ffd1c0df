/** What a failed exchange means for the family: nothing, its registration's suspension, or its death. */
import { isLatchkeyError } from "../errors.ts";
import { oauth2 } from "../protocol/index.ts";
import type { FamilyRow } from "../store/index.ts";
import { backOff, isUncertain } from "./backoff.ts";
import { causeOfRefusal } from "./death.ts";
import { killFamily } from "./families.ts";
import type { Intent } from "./records.ts";
import { giveBack, type Machine, reread } from "./rotation.ts";
import { suspendedError } from "./trust.ts";

/** `again`: there is a reason for another round, with these tokens as the ones seen. */
export type Outcome = { readonly row: FamilyRow } | { readonly again: FamilyRow; readonly doubt?: Intent };

/**
 * @param open an exchange of the same refresh token whose answer never came
 * @throws the failure, unless it ends the family or asks for another round; registration_suspended
 */
export async function whatItMeans(
  machine: Machine,
  row: FamilyRow,
  open: Intent | undefined,
  failure: unknown,
): Promise<Outcome> {
  const { registrations, log, now } = machine;
  const code = isLatchkeyError(failure) ? failure.code : "internal";
  if (code === "registration_suspended") {
    await giveBack(machine, row);
    throw failure;
  }
  const meaning = oauth2.classifyRefreshFailure(failure);
  log.warn("family_not_renewed", { family_id: row.id, code, meaning });
  if (meaning === "dead") return await refused(machine, row, open, failure);
  // An earlier answer that was lost stays lost, whatever this one said.
  const closed = !open && !isUncertain(failure) && { intent: null };
  if (meaning === "registration") {
    const details = isLatchkeyError(failure) ? failure.details : {};
    await registrations.suspend(row.registration_id, { code, at: now(), evidence: { ...details } });
    await giveBack(machine, row, { ...closed });
    throw suspendedError(row.registration_id, code, failure);
  }
  const { failures, cool_until } = backOff(row.failures, failure, now(), machine.random);
  const last_failure = JSON.stringify({ code, at: now() });
  await giveBack(machine, row, { ...closed, failures, cool_until, last_failure, updated_at: now() });
  throw failure;
}

/**
 * The server says the grant is gone. That proves nothing while newer tokens may be in the vault: first the row is
 * read again, then a parked pair is tried, and only then the family dies. A holder that was taken for gone and comes
 * back with a pair after all brings it back to life.
 */
async function refused(
  machine: Machine,
  row: FamilyRow,
  open: Intent | undefined,
  failure: unknown,
): Promise<Outcome> {
  const current = await reread(machine, row);
  const doubt = open && { doubt: open };
  if (current.state !== "active") return { row: current };
  if (current.generation !== row.generation || current.fence !== row.fence) return { again: row, ...doubt };
  if (current.parked !== null && (await machine.saving.unpark(current))) {
    machine.onStep("adopt", row.id, row.fence);
    machine.log.info("parked_pair_tried", { family_id: row.id });
    return { again: await reread(machine, row), ...doubt };
  }
  if (row.kind === "oauth1" && (row.access_expires_at ?? 0) > machine.now()) {
    return { row: await lastsAsItIs(machine, row, open) };
  }
  const dead = await causeOfRefusal(machine.store, current, failure, open, machine.now());
  const died = await killFamily(machine, row, dead);
  if (died) {
    machine.onStep("release", row.id, row.fence);
    machine.log.warn("family_dead", { family_id: row.id, cause: dead.cause });
    return { row: await reread(machine, row) };
  }
  return { again: row, ...doubt };
}

/**
 * The session is gone, but an access token of OAuth 1.0a lives on without one: from now on its own end is the end,
 * and is warned of as such.
 */
async function lastsAsItIs(machine: Machine, row: FamilyRow, open: Intent | undefined): Promise<FamilyRow> {
  await giveBack(machine, row, {
    idle_expires_at: null,
    absolute_expires_at: row.access_expires_at,
    keep_alive_at: null,
    warn_at: machine.now(),
    ...(!open && { intent: null }),
    updated_at: machine.now(),
  });
  machine.log.warn("family_not_renewable", { family_id: row.id });
  return await reread(machine, row);
}
