/** How much of a storm is kept: the beginning, and a sample of the rest. What is not kept is counted. */
import type { RecorderLimits } from "./contract.ts";

export const LIMITS: RecorderLimits = {
  alike: 5,
  alike_every_ms: 60_000,
  all: 200,
  all_every_ms: 500,
  pending: 500,
  flush_ms: 80,
};

/** Kinds of failure that are remembered; of more, the one that was quiet longest is forgotten. */
const MAX_KINDS = 2_000;

/** What is left of a kind, and the row that stands for it. */
export type Kind = { left: number; at: number; row: string | undefined; missed: number };

export function createPace(limits: RecorderLimits, now: () => number) {
  const kinds = new Map<string, Kind>();
  const all = { left: limits.all, at: now() };

  function refill(bucket: { left: number; at: number }, most: number, every_ms: number): void {
    const gained = Math.floor((now() - bucket.at) / every_ms);
    if (gained <= 0) return;
    bucket.left = Math.min(most, bucket.left + gained);
    bucket.at += gained * every_ms;
  }

  return {
    kinds,
    /** The kind, and whether this one of it is to be kept. */
    take(name: string): { readonly kind: Kind; readonly keep: boolean } {
      const kind = kinds.get(name) ?? { left: limits.alike, at: now(), row: undefined, missed: 0 };
      // The newest is last, and the one to be forgotten first.
      kinds.delete(name);
      kinds.set(name, kind);
      for (const [oldest, { missed }] of kinds) {
        if (kinds.size <= MAX_KINDS || missed > 0) break;
        kinds.delete(oldest);
      }
      refill(kind, limits.alike, limits.alike_every_ms);
      refill(all, limits.all, limits.all_every_ms);
      const keep = kind.left > 0 && all.left > 0;
      if (keep) {
        kind.left--;
        all.left--;
      }
      return { kind, keep };
    },
  };
}
