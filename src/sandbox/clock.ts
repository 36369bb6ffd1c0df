/** The movable clock and the randomness of the sandbox. */
import { createHash, randomBytes } from "node:crypto";

/** The machine's time, moved by what the control API asked for. */
export type Clock = {
  /** Milliseconds since the epoch. */
  now(): number;
};

export function createClock(moved_ms: () => number): Clock {
  return { now: () => Date.now() + moved_ms() };
}

/**
 * A source of random bytes. With a seed it gives the same bytes in every run (`round` tells the runs of one saved
 * state apart, so that a restart does not hand out the tokens of the run before again); without one it asks the
 * operating system.
 */
export function createRandom(seed: number | undefined, round: number): (bytes: number) => Buffer {
  if (seed === undefined) return (bytes) => randomBytes(bytes);
  let counter = 0;
  let pool = Buffer.alloc(0);
  return (bytes) => {
    while (pool.length < bytes) {
      const block = createHash("sha256").update(`sandbox:${seed}:${round}:${counter++}`).digest();
      pool = Buffer.concat([pool, block]);
    }
    const taken = pool.subarray(0, bytes);
    pool = pool.subarray(bytes);
    return Buffer.from(taken);
  };
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** A word of letters and digits, every one equally likely. */
export function randomWord(random: (bytes: number) => Buffer, length: number): string {
  let word = "";
  while (word.length < length) {
    for (const byte of random(length - word.length)) {
      // 248 is the largest multiple of 62 in a byte: what lies above would favour the first letters.
      if (byte < 248) word += letters[byte % 62];
    }
  }
  return word;
}
