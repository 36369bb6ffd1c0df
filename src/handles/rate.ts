/** How often a handle may call: a bucket of calls that fills as time passes. */
import { LatchkeyError } from "../errors.ts";
import type { HandleView } from "./model.ts";

export type Rates = {
  /** Takes one call out of the handle's bucket. @throws rate_limited, with the seconds until the next call */
  take(handle: HandleView): void;
};

type Bucket = { calls: number; at: number };

const MOST_BUCKETS = 10_000;
const MINUTE_MS = 60_000;

/** Buckets of this process; several processes give a handle as many buckets. */
export function createRates(now: () => number): Rates {
  const buckets = new Map<string, Bucket>();
  return {
    take({ id, limits }) {
      if (!limits.rate) return;
      const { per_minute } = limits.rate;
      const at = now();
      const bucket = buckets.get(id) ?? { calls: per_minute, at };
      const filled = Math.min(
        per_minute,
        bucket.calls + (Math.max(0, at - bucket.at) * per_minute) / MINUTE_MS,
      );
      // The bucket that waited longest is the fullest: forgetting it gives away the least.
      buckets.delete(id);
      buckets.set(id, { calls: filled >= 1 ? filled - 1 : filled, at });
      if (buckets.size > MOST_BUCKETS) buckets.delete(buckets.keys().next().value ?? "");
      if (filled >= 1) return;
      const wait_s = Math.ceil((((1 - filled) / per_minute) * MINUTE_MS) / 1000);
      throw new LatchkeyError("rate_limited", `The handle may make ${per_minute} calls a minute.`, {
        retry_after_s: Math.max(1, wait_s),
      });
    },
  };
}
