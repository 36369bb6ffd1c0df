import { createWebhooks } from "../events/index.ts";
import type { Job, JobParts } from "./job.ts";
import { runPieces } from "./pieces.ts";

/** From an event to its first attempt it takes no longer than this, where a process runs the jobs. */
const PULSE_MS = 2_000;

/**
 * Tells endpoints of events. Who makes which attempt is claimed in its row, so every process may look as often as it
 * likes: an attempt has one maker, and one that was cut off is made again once its lease is over.
 */
export function outbox(parts: JobParts): Job {
  const webhooks = createWebhooks(parts);
  return {
    name: "outbox",
    every_s: 60,
    concurrency: 8,
    lease_s: 60,
    shared: false,
    due: (limit) => webhooks.due(limit),
    run: ({ id }) => webhooks.deliver(id),
  };
}

export type Pulse = { start(): void; close(): Promise<void> };

/** Runs a job every few seconds in this process, whatever the engine's minutes say; one run at a time. */
export function createPulse(
  { log }: Pick<JobParts, "log">,
  job: Job,
  signal: AbortSignal,
  every_ms = PULSE_MS,
): Pulse {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  const later = (): void => {
    if (signal.aborted) return;
    timer = setTimeout(() => {
      running = runPieces(job, log, signal)
        .catch((error: unknown) => log.warn("job_failed", { job: job.name, error }))
        .finally(later);
    }, every_ms);
    timer.unref();
  };
  return {
    start: later,
    async close() {
      clearTimeout(timer);
      await running;
      clearTimeout(timer);
    },
  };
}
