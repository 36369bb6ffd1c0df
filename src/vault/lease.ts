/**
 * When a lease is over. Clocks of other processes are never believed: a lease ends because its holder gave it back,
 * because the holder's process is proven to be gone, or because this process has watched it, unchanged, for its whole
 * length by a clock that cannot be set.
 */
import type { FamilyRow } from "../store/index.ts";
import { isGone } from "./holder.ts";
import { boundedMap } from "./memory.ts";

export type Limits = {
  /** How long a claim lasts, milliseconds; longer than an exchange may take. Default 20,000. */
  readonly lease_ms: number;
  /** After this the exchange is aborted, milliseconds. Default 15,000. */
  readonly exchange_ms: number;
};

export const LIMITS: Limits = { lease_ms: 20_000, exchange_ms: 15_000 };

const WATCHED = 10_000;
const SHORTEST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 250;

/** A claim that is ours, with the two clocks it was taken by. */
export type Held = { readonly row: FamilyRow; readonly since: number; readonly taken_at: number };

/**
 * What is left of a lease for its holder. Of the two clocks the one that says less counts: the monotonic one stands
 * still while a machine sleeps, the other can be set.
 */
export function timeLeft(held: Held, lease_ms: number, now: number): number {
  return lease_ms - Math.max(performance.now() - held.since, now - held.taken_at);
}

export function createWatch(limits: Limits, holder: string) {
  const watched = boundedMap<{ fence: number; since: number }>(WATCHED);
  return {
    /** Whether the family may be claimed, as its row is now. */
    isFree({ id, fence, lease_owner }: FamilyRow): boolean {
      // Our own is a left-over: one renewal of a family runs in a process, and it is the one that asks.
      if (lease_owner === null || lease_owner === holder) return true;
      const now = performance.now();
      const known = watched.get(id);
      if (known?.fence === fence && now - known.since >= limits.lease_ms) return true;
      if (known?.fence !== fence) watched.set(id, { fence, since: now });
      return isGone(lease_owner);
    },
  };
}

/** How long to wait before the row is read again: a fortieth of the time waited so far, with some chance in it. */
export function pauseAfter(waited_ms: number, random: (bytes: number) => Uint8Array): number {
  const pause = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, waited_ms / 40));
  return pause * (0.8 + ((random(1)[0] ?? 0) / 255) * 0.4);
}
