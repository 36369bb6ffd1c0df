/**
 * How a family gets its next tokens. A refresh token works once, so every step is written down before the next:
 *
 *   claim    the lease and the next fencing number, by compare-and-set in the family's own row
 *   intent   which refresh token is about to be spent, and since when
 *   check    the fence and what is left of the lease, once more, just before sending
 *   send     the exchange
 *   answer   tokens came, and are in memory only
 *   fail     none came: refused, unanswered or unreadable
 *   commit   both new tokens in one write, if the fence is still ours; nobody uses them before
 *   park     where it is not: the pair is kept beside the newer one
 *   adopt    a parked pair becomes the current one: it follows it, or the current one was refused
 *   release  the lease goes back, by its holder only (a commit does it in the same write)
 *
 * Whoever comes while one runs waits for it: by a shared promise in this process, by the row across processes.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { LatchkeyError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { FamilyRow, Store } from "../store/index.ts";
import type { Transport } from "../transport.ts";
import { demandCooled } from "./backoff.ts";
import { type Exchange, prepareExchange } from "./exchange.ts";
import { createWatch, type Held, type Limits, pauseAfter, timeLeft } from "./lease.ts";
import { type Outcome, whatItMeans } from "./outcome.ts";
import type { Intent } from "./records.ts";
import type { Registrations } from "./registrations.ts";
import { createSaving, isSuccessor, type Saving } from "./saving.ts";
import type { Received, Sealer } from "./tokens.ts";

const MAX_ANSWER_BYTES = 1_000_000;
/** A round ends without tokens when another holder, or a parked pair, was faster; there is an end to that. */
const MAX_ROUNDS = 6;

export const STEPS = [
  "claim",
  "intent",
  "check",
  "send",
  "answer",
  "fail",
  "commit",
  "park",
  "adopt",
  "release",
] as const;
export type Step = (typeof STEPS)[number];

/** Told of each step when it is done (`send`: when the request is handed to the transport), before anything else happens. */
export type OnStep = (step: Step, family_id: string, fence: number) => void;

export type RotationParts = Sealer & {
  store: Store;
  transport: Transport;
  registrations: Registrations;
  now: () => number;
  log: Log;
  /** Names this process in the lease. */
  holder: string;
  limits: Limits;
  onStep: OnStep;
};

export type Machine = RotationParts & { saving: Saving; watch: ReturnType<typeof createWatch> };

export type Rotation = {
  /**
   * Makes sure the family has newer tokens than the row that was seen.
   * @returns the row as it is now; its state may be no longer active
   * @throws not_found, registration_suspended, store_failed, or the passing cause
   */
  renew(seen: FamilyRow): Promise<FamilyRow>;
  /** Whether this process is renewing it now. */
  isRunning(family_id: string): boolean;
  /** The row, once nobody is spending its refresh token any more. */
  settled(seen: FamilyRow): Promise<FamilyRow>;
  /** Waits for what is under way, so that no pair that was received is lost with the process. */
  close(): Promise<void>;
};

export function createRotation(parts: RotationParts): Rotation {
  const running = new Map<string, Promise<FamilyRow>>();
  const saving = createSaving(parts);
  const machine: Machine = { ...parts, saving, watch: createWatch(parts.limits, parts.holder) };
  return {
    async renew(seen) {
      for (;;) {
        const under_way = running.get(seen.id);
        if (!under_way) break;
        const row = await under_way;
        // It may have ended just before the caller saw the tokens it brought, and found them refused.
        if (row.state !== "active" || row.generation > seen.generation) return row;
      }
      const started = rotate(machine, seen).finally(() => running.delete(seen.id));
      running.set(seen.id, started);
      return await started;
    },
    isRunning: (family_id) => running.has(family_id),
    async settled(seen) {
      const began = performance.now();
      for (;;) {
        await running.get(seen.id)?.catch(() => {});
        const row = await reread(machine, seen);
        if (machine.watch.isFree(row)) return row;
        await sleep(pauseAfter(performance.now() - began, parts.random));
      }
    },
    async close() {
      await Promise.allSettled(running.values());
      await saving.close();
    },
  };
}

async function rotate(machine: Machine, first: FamilyRow): Promise<FamilyRow> {
  let seen = first;
  let doubt: Intent | undefined;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    await machine.saving.again(seen.id);
    const claimed = await claim(machine, seen);
    if (!("since" in claimed)) return claimed;
    const outcome = await turn(machine, claimed, doubt);
    if ("row" in outcome) return outcome.row;
    seen = outcome.again;
    doubt = outcome.doubt;
  }
  throw new LatchkeyError("temporarily_unavailable", "Others keep renewing these tokens.");
}

/** Takes the lease, or waits for its holder and finds what that one has brought. */
async function claim(machine: Machine, seen: FamilyRow): Promise<Held | FamilyRow> {
  const { store, holder, limits, now } = machine;
  const began = performance.now();
  let waited_ms = 0;
  for (;;) {
    const row = await reread(machine, seen);
    if (row.state !== "active" || row.generation !== seen.generation) return row;
    // The one waited for has met with trouble; the endpoint is left alone for as long as it found fit.
    if (waited_ms > 0) demandCooled(row, now());
    if (machine.watch.isFree(row)) {
      // Taken before the claim is written: nobody can have watched it for longer than we count.
      const taken = { since: performance.now(), taken_at: now() };
      const lease = { lease_owner: holder, lease_until: taken.taken_at + limits.lease_ms };
      const claimed = await store.families.claim(row.owner, row.id, row, lease);
      if (claimed) {
        machine.onStep("claim", row.id, claimed.fence);
        return { row: claimed, ...taken };
      }
    }
    if (waited_ms > 2 * limits.lease_ms + limits.exchange_ms) {
      throw new LatchkeyError("temporarily_unavailable", "Another process is renewing these tokens.");
    }
    await sleep(pauseAfter(waited_ms, machine.random));
    waited_ms = performance.now() - began;
  }
}

/** What one holder does with its lease. However it ends, the lease does not outlive it. */
async function turn(machine: Machine, held: Held, doubt: Intent | undefined): Promise<Outcome> {
  const { row } = held;
  let open: Intent | undefined;
  let received: Received;
  try {
    if (isSuccessor(row)) return await adopt(machine, row);
    const exchange = await prepareExchange(machine, row);
    open = await intent(machine, row);
    if (!(await check(machine, held))) {
      await giveBack(machine, row, open ? {} : { intent: null });
      return { again: row, ...(doubt && { doubt }) };
    }
    received = await send(machine, row, exchange);
  } catch (failure) {
    return await whatItMeans(machine, row, open ?? doubt, failure);
  }
  return await commit(machine, row, received);
}

/**
 * Writes down that the refresh token is about to be spent. An intent that is found open stays: its answer was lost,
 * and the server's reuse window runs from then.
 * @returns the open intent that was found
 */
async function intent(machine: Machine, row: FamilyRow): Promise<Intent | undefined> {
  const found = row.intent === null ? undefined : (JSON.parse(row.intent) as Intent);
  const open = found?.generation === row.generation ? found : undefined;
  const { fence, generation } = row;
  const written: Intent = { fence, generation, at: open?.at ?? machine.now() };
  const kept = await machine.store.families.updateIf(row.owner, row.id, row, {
    intent: JSON.stringify(written),
  });
  if (!kept) throw new LatchkeyError("temporarily_unavailable", "Another process took over this renewal.");
  machine.onStep("intent", row.id, fence);
  return open;
}

/** Nothing is sent once another holder has claimed, nor when the lease might end before the exchange does. */
async function check(machine: Machine, held: Held): Promise<boolean> {
  const { row } = held;
  const { lease_ms, exchange_ms } = machine.limits;
  const current = await reread(machine, row);
  const ours =
    current.state === "active" && current.fence === row.fence && current.generation === row.generation;
  if (!ours || isSuccessor(current) || timeLeft(held, lease_ms, machine.now()) < exchange_ms) return false;
  machine.onStep("check", row.id, row.fence);
  return true;
}

async function send(machine: Machine, row: FamilyRow, exchange: Exchange): Promise<Received> {
  const { exchange_ms: timeout_ms } = machine.limits;
  machine.onStep("send", row.id, row.fence);
  try {
    const response = await machine.transport.send(exchange.request, {
      timeout_ms,
      max_bytes: MAX_ANSWER_BYTES,
    });
    const received = exchange.read(response, machine.now());
    machine.onStep("answer", row.id, row.fence);
    return received;
  } catch (failure) {
    machine.onStep("fail", row.id, row.fence);
    throw failure;
  }
}

/** The pair is written under the fence, or kept until it can be; it is never let go. */
async function commit(machine: Machine, row: FamilyRow, received: Received): Promise<Outcome> {
  const saved = await machine.saving.save(row, received);
  // Jira took the client's secret again. Only after the pair is safe: nothing may fail between answer and commit.
  await machine.registrations.recover(row.registration_id);
  if (saved === "parked") return { again: row };
  machine.log.info("family_renewed", { family_id: row.id, generation: row.generation + 1, saved });
  return { row: await reread(machine, row) };
}

/** The parked pair came out of the current one, which is spent therefore: no exchange is needed to have newer tokens. */
async function adopt(machine: Machine, row: FamilyRow): Promise<Outcome> {
  if (await machine.saving.unpark(row)) {
    machine.onStep("adopt", row.id, row.fence);
    machine.log.info("parked_pair_adopted", { family_id: row.id });
  }
  const current = await reread(machine, row);
  const usable = current.generation !== row.generation && (current.access_expires_at ?? 0) > machine.now();
  return usable || current.state !== "active" ? { row: current } : { again: current };
}

/** Gives the lease back with what is to be written about it; whoever has taken over keeps what is theirs. */
export async function giveBack(
  machine: Machine,
  row: FamilyRow,
  change: Parameters<Store["families"]["updateIf"]>[3] = {},
): Promise<void> {
  const { owner, id, fence } = row;
  const free = { ...change, lease_owner: null, lease_until: null };
  try {
    await machine.store.families.updateIf(owner, id, row, free);
    machine.onStep("release", id, fence);
  } catch (error) {
    // The lease ends by itself; what made us give it back matters more.
    machine.log.warn("lease_not_released", { family_id: id, error });
  }
}

export async function reread(machine: Pick<Machine, "store">, seen: FamilyRow): Promise<FamilyRow> {
  const row = await machine.store.families.get(seen.owner, seen.id);
  if (!row) throw new LatchkeyError("not_found", "There is no such family.");
  return row;
}
