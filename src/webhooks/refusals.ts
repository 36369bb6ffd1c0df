import type { Log } from "../log.ts";
import type { Refusal } from "./token.ts";

/** One line in so long, however many come: a log is no place for a stranger to write. */
const EVERY_MS = 10_000;

export type Grumble = (why: Refusal, registration_id: string | undefined) => void;

/** Logs refused webhooks: the first at once, then one line for all of a while. */
export function createGrumble({ log, now }: { readonly log: Log; readonly now: () => number }): Grumble {
  let last = Number.NEGATIVE_INFINITY;
  let unsaid = 0;
  return (why, registration_id) => {
    const at = now();
    if (at - last < EVERY_MS) {
      unsaid++;
      return;
    }
    log.warn("webhook_refused", {
      why,
      ...(registration_id === undefined ? {} : { registration_id }),
      ...(unsaid > 0 ? { unsaid } : {}),
    });
    last = at;
    unsaid = 0;
  };
}
