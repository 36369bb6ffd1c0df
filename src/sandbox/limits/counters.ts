/** What was used of every limit. Kept in memory and by the sandbox's clock: a restart forgets it. */

type Bucket = { tokens: number; at_ms: number };

export type Counters = {
  /** Points used, by app and hour, and by app, site and hour. */
  readonly points: Map<string, number>;
  /** Cloud's buckets, by site, endpoint and method. */
  readonly burst: Map<string, Bucket>;
  /** When an issue was written to, oldest first, by site and issue. */
  readonly writes: Map<string, number[]>;
  /** Data Center's buckets, by user name. */
  readonly users: Map<string, Bucket>;
};

export function createCounters(): Counters {
  return { points: new Map(), burst: new Map(), writes: new Map(), users: new Map() };
}

/** Forgets everything that was used. */
export function clearCounters(counters: Counters): void {
  for (const table of Object.values(counters)) table.clear();
}

/** Takes one token of a bucket that fills steadily. */
export function takeSteady(
  table: Map<string, Bucket>,
  key: string,
  now: number,
  perSecond: number,
  capacity: number,
): { readonly taken: boolean; readonly left: number; readonly wait_ms: number } {
  const bucket = table.get(key) ?? { tokens: capacity, at_ms: now };
  const passed_s = Math.max(0, now - bucket.at_ms) / 1000;
  const tokens = Math.min(capacity, bucket.tokens + passed_s * perSecond);
  const taken = tokens >= 1;
  const left = taken ? tokens - 1 : tokens;
  table.set(key, { tokens: left, at_ms: now });
  const wait_ms = left >= 1 ? 0 : ((1 - left) / perSecond) * 1000;
  return { taken, left: Math.floor(left), wait_ms };
}

/** Takes one token of a bucket to which `fill` tokens are added at the end of every interval. */
export function takeStepwise(
  table: Map<string, Bucket>,
  key: string,
  now: number,
  rule: { readonly fill: number; readonly interval_ms: number; readonly capacity: number },
): { readonly taken: boolean; readonly left: number; readonly wait_ms: number } {
  const bucket = table.get(key) ?? { tokens: rule.capacity, at_ms: now };
  const steps = Math.max(0, Math.floor((now - bucket.at_ms) / rule.interval_ms));
  bucket.tokens = Math.min(rule.capacity, bucket.tokens + steps * rule.fill);
  bucket.at_ms += steps * rule.interval_ms;
  const taken = bucket.tokens >= 1;
  if (taken) bucket.tokens -= 1;
  table.set(key, bucket);
  const wait_ms = bucket.tokens >= 1 ? 0 : bucket.at_ms + rule.interval_ms - now;
  return { taken, left: Math.floor(bucket.tokens), wait_ms };
}
