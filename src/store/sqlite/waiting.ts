import { setTimeout as sleep } from "node:timers/promises";
import { LatchkeyError } from "../../errors.ts";
import { isBusy, storeError } from "../failure.ts";

function tooLong(waited_ms: number): LatchkeyError {
  return new LatchkeyError("store_failed", "Another writer held the database for too long.", {
    details: { waited_ms: Math.round(waited_ms) },
  });
}

/**
 * Runs the work, and again while another process holds the lock. SQLite's own waiting would stop the event loop,
 * so it is kept short and the rest of the time is waited out here.
 */
export async function retryBusy<T>(work: () => T, busy_ms: number): Promise<T> {
  const began = performance.now();
  for (let pause = 2; ; pause = Math.min(pause * 2, 40)) {
    try {
      return work();
    } catch (thrown) {
      if (!isBusy(thrown)) throw storeError(thrown);
      const waited = performance.now() - began;
      if (waited >= busy_ms) throw tooLong(waited);
      await sleep(pause);
    }
  }
}

/** One writer at a time in this process, in the order they came. */
export function makeQueue(busy_ms: number) {
  const waiting: (() => void)[] = [];
  let held = false;
  return {
    /** Resolves when it is this caller's turn. @throws store_failed after busy_ms */
    async enter(): Promise<void> {
      if (!held) {
        held = true;
        return;
      }
      const began = performance.now();
      await new Promise<void>((resolve, reject) => {
        const turn = () => {
          clearTimeout(timer);
          resolve();
        };
        const timer = setTimeout(() => {
          const at = waiting.indexOf(turn);
          if (at >= 0) waiting.splice(at, 1);
          reject(tooLong(performance.now() - began));
        }, busy_ms);
        waiting.push(turn);
      });
    },
    leave(): void {
      const next = waiting.shift();
      if (next) next();
      else held = false;
    },
  };
}
