/** How much of answers that are read whole this process holds at once: from Jira's first byte to the caller's last. */
import { LatchkeyError } from "../../errors.ts";

export type Held = {
  /** @throws LatchkeyError `rate_limited` where there is no room for so many bytes more */
  take(bytes: number): void;
  /** Holds so many from now on, which are there already. */
  keep(bytes: number): void;
  /** Holds nothing any longer. */
  done(): void;
};

/** As many of the largest answers as may be under way at one site, would be more than a machine has. */
const LARGEST_AT_ONCE = 32;

let all = 0;

/** @param max of one answer */
export function holding(max: number): Held {
  let own = 0;
  const set = (bytes: number) => {
    all += bytes - own;
    own = bytes;
  };
  return {
    take(bytes) {
      if (all + bytes > max * LARGEST_AT_ONCE) {
        throw new LatchkeyError("rate_limited", "Too many large answers wait to be taken.", {
          retry_after_s: 5,
          fix: "Read the answers that were asked for, and ask for less at once.",
        });
      }
      set(own + bytes);
    },
    keep: set,
    done: () => set(0),
  };
}
