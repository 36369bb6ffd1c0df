import { LatchkeyError } from "../errors.ts";
import { pause } from "../jira/index.ts";
import type { LinkChange, LinkRow } from "../store/index.ts";
import { holderName, isGone } from "../vault/index.ts";
import type { PushLimits, PushParts } from "./model.ts";

/** A link that this call alone may change, as it stands now. */
export type Held = { row: LinkRow };

export const LIMITS: PushLimits = { index_lag_ms: 30_000, send_ms: 45_000, at_once: 8 };

const SHORTEST_MS = 10;
const LONGEST_MS = 250;
/** Beside the sending itself there are a few reads and small writes; each has its own, shorter end. */
const AROUND_MS = 120_000;

let calls = 0;

/** A name for one call of this process; whether the process lives, its neighbours can tell by it. */
export function holderOf(random: PushParts["random"]): () => string {
  const process_name = holderName(random);
  return () => `${process_name}.${++calls}`;
}

export function leaseUntil(limits: PushLimits, now: number): number {
  return now + limits.send_ms + AROUND_MS;
}

type Leases = Pick<PushParts, "store" | "now" | "wait"> & {
  readonly limits: PushLimits;
  readonly holder: () => string;
};

export function isFree({ lease_owner, lease_until }: LinkRow, now: number): boolean {
  return lease_owner === null || (lease_until ?? 0) <= now || isGone(lease_owner);
}

/** Waits for the lease of a link that is there. @throws push_under_way */
export async function hold(
  leases: Leases,
  owner: string,
  id: string,
  patience_ms: number,
  signal?: AbortSignal,
): Promise<Held> {
  const { store, now, limits, holder, wait = pause } = leases;
  const began = now();
  for (let ms = SHORTEST_MS; ; ms = Math.min(LONGEST_MS, ms * 1.5)) {
    const row = await store.links.get(owner, id);
    if (!row) throw new LatchkeyError("not_found");
    if (isFree(row, now())) {
      const lease = { lease_owner: holder(), lease_until: leaseUntil(limits, now()) };
      const claimed = await store.links.claim(owner, id, row.fence, lease);
      if (claimed) return await over(leases, { row: claimed }, row.lease_owner);
    }
    if (now() - began >= patience_ms)
      throw new LatchkeyError("push_under_way", undefined, { retry_after_s: 5 });
    await wait(ms, signal);
  }
}

/** A process that is proven to be gone sends nothing any more. */
async function over(leases: Leases, held: Held, before: string | null): Promise<Held> {
  const { intent_at } = held.row;
  const now = leases.now();
  if (intent_at !== null && intent_at > now && before !== null && isGone(before)) {
    await keep(leases, held, { intent_at: now });
  }
  return held;
}

/** Writes a change under the lease. @throws push_under_way where it was lost meanwhile */
export async function keep({ store, now }: Leases, held: Held, change: LinkChange): Promise<void> {
  const { owner, id, fence } = held.row;
  const whole = { ...change, updated_at: now() };
  if (!(await store.links.change(owner, id, fence, whole))) throw new LatchkeyError("push_under_way");
  held.row = { ...held.row, ...whole };
}

export async function release({ store }: Leases, { row }: Held): Promise<void> {
  if (row.lease_owner === null) return;
  await store.links.change(row.owner, row.id, row.fence, { lease_owner: null, lease_until: null });
}
