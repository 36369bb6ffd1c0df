/** When processes are killed. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Crew } from "./crew.ts";
import type { Moment } from "./orders.ts";

/** How long the token endpoint takes, so that there is a middle of an exchange. */
export const HOLDS_MS = 30;
/** A process that does not come to its moment is killed then. */
const PATIENCE_MS = 15_000;

/** One process ends at each of these: before, while and after its exchange is under way. */
export const MOMENTS: readonly Moment[] = [
  { step: "claim", nth: 1 },
  { step: "intent", nth: 1 },
  { step: "check", nth: 1 },
  { step: "send", nth: 1 },
  { step: "send", nth: 1, after_ms: HOLDS_MS / 3 },
  { step: "answer", nth: 1 },
  { step: "commit", nth: 1 },
];

export type Kill = Moment | "any time";

/** Starts a process for each kill, never more than `at_once` together, until all are done or it is over. */
export async function kill(
  crew: Crew,
  kills: readonly Kill[],
  options: { readonly at_once: number; readonly over?: () => boolean },
): Promise<void> {
  const left = [...kills];
  const one = async () => {
    for (let next = left.shift(); next && !options.over?.(); next = left.shift()) {
      const worker = crew.start(next === "any time" ? {} : { die: next });
      const patience = next === "any time" ? 500 + Math.random() * 1_500 : PATIENCE_MS;
      const timer = setTimeout(() => worker.child.kill("SIGKILL"), patience);
      await worker.ended;
      clearTimeout(timer);
      await sleep(10);
    }
  };
  await Promise.all(Array.from({ length: options.at_once }, one));
}
