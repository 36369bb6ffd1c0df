/** What runs by itself: keep-alive, warnings, a look at the sites, telling of events, and tidying up. */
import { exporting } from "./exports.ts";
import type { Engine, Job, JobParts } from "./job.ts";
import { keepAlive } from "./keep-alive.ts";
import { createPulse, outbox } from "./outbox.ts";
import { runPieces } from "./pieces.ts";
import { follow } from "./polling.ts";
import { retention, sweep } from "./retention.ts";
import { sites } from "./sites.ts";
import { timers } from "./timers.ts";
import { warnings } from "./warnings.ts";
import { inbox } from "./webhooks.ts";

export type { Engine, Job, JobName, JobParts, Piece } from "./job.ts";
export { KEPT } from "./retention.ts";

export type Jobs = {
  /** Begins; a second call does nothing. Until then no job runs. */
  start(): Promise<void>;
  /** Does what is due now, here, whatever the schedule says. */
  runNow(name: Job["name"]): Promise<{ readonly done: number; readonly failed: number }>;
  /** Waits for the pieces that run, and takes no others. */
  close(): Promise<void>;
};

/** All of them. */
export function jobsOf(parts: JobParts): readonly Job[] {
  const always = [
    keepAlive(parts),
    warnings(parts),
    sites(parts),
    sweep(parts),
    retention(parts),
    outbox(parts),
    ...(parts.exports ? [exporting(parts)] : []),
  ];
  return parts.following ? [...always, inbox(parts), follow(parts)] : always;
}

/**
 * The jobs of one process. With the embedded database they run by timers; with PostgreSQL a job engine in the same
 * database shares them among the replicas.
 *
 * @param database_url where the engine finds its database; of no meaning with SQLite
 */
export function createJobs(parts: JobParts & { readonly database_url: string }): Jobs {
  const jobs = jobsOf(parts);
  const stopped = new AbortController();
  const pulses = [
    outbox(parts),
    ...(parts.following ? [inbox(parts), follow(parts)] : []),
    ...(parts.exports ? [exporting(parts)] : []),
  ].map((job) => createPulse(parts, job, stopped.signal));
  let engine: Promise<Engine> | undefined;
  const begin = async (): Promise<Engine> => {
    const made = await engineFor(parts, jobs);
    await made.start();
    for (const pulse of pulses) pulse.start();
    return made;
  };
  return {
    async start() {
      engine ??= begin();
      await engine;
    },
    async runNow(name) {
      const job = jobs.find((one) => one.name === name);
      if (!job) throw new TypeError(`There is no job ${name}.`);
      return await runPieces(job, parts.log, stopped.signal);
    },
    async close() {
      stopped.abort();
      await (await engine)?.close();
      await Promise.all(pulses.map((pulse) => pulse.close()));
    },
  };
}

async function engineFor(
  parts: JobParts & { readonly database_url: string },
  jobs: readonly Job[],
): Promise<Engine> {
  if (parts.store.dialect === "sqlite") return timers(parts, jobs);
  // Loaded only where it is used, as the driver is.
  const { sharedEngine } = await import("./shared-engine.ts");
  return sharedEngine(parts, jobs);
}
