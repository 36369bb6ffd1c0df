import { isLatchkeyError } from "../errors.ts";

/** Passing failures in a row that are taken for chance. */
const FORGIVEN = 2;
const FIRST_MS = 15_000;
const LONGEST_MS = 600_000;

export type Pace = {
  /** The groups to be left alone now. */
  paused(): string[];
  went(group: string): void;
  failed(group: string, failure: unknown): void;
};

/**
 * Leaves an endpoint alone that is in trouble. A few failures in a row, or one that names a time to wait, pause
 * everything that goes to the same place: twice as long each time, half of it by chance.
 */
export function createPace(parts: { now: () => number; random: (bytes: number) => Uint8Array }): Pace {
  const troubles = new Map<string, { failures: number; until: number }>();
  return {
    paused() {
      const now = parts.now();
      return [...troubles].filter(([, { until }]) => until > now).map(([group]) => group);
    },
    went(group) {
      troubles.delete(group);
    },
    failed(group, failure) {
      const failures = (troubles.get(group)?.failures ?? 0) + 1;
      const asked_ms = isLatchkeyError(failure) ? (failure.retry_after_s ?? 0) * 1000 : 0;
      const suspended = isLatchkeyError(failure) && failure.code === "registration_suspended";
      const chance = (parts.random(1)[0] ?? 0) / 255;
      const full = suspended ? LONGEST_MS : Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - FORGIVEN));
      const pause = failures > FORGIVEN || suspended || asked_ms > 0 ? full / 2 + (full / 2) * chance : 0;
      troubles.set(group, { failures, until: parts.now() + Math.max(pause, asked_ms) });
    },
  };
}
