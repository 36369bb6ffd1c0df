/** The jobs by timers: for the embedded database, whose processes share the work by the rows of `jobs`. */
import type { Engine, Job, JobParts } from "./job.ts";
import { runPieces } from "./pieces.ts";

/** How often the due dates are looked at. */
const TICK_MS = 15_000;

export type TimerOptions = { readonly tick_ms?: number };

export function timers(
  parts: Pick<JobParts, "store" | "log" | "now" | "random">,
  jobs: readonly Job[],
  options: TimerOptions = {},
): Engine & { tick(): Promise<void> } {
  const { store, log, now } = parts;
  const tick_ms = options.tick_ms ?? TICK_MS;
  const holder = Buffer.from(parts.random(12)).toString("base64url");
  const stopped = new AbortController();
  const running = new Map<string, Promise<void>>();
  let timer: NodeJS.Timeout | undefined;

  const begin = (job: Job): Promise<void> => {
    const known = running.get(job.name);
    if (known) return known;
    const run = runIfDue(parts, job, holder, stopped.signal)
      .catch((error: unknown) => log.warn("job_failed", { job: job.name, error }))
      .finally(() => running.delete(job.name));
    running.set(job.name, run);
    return run;
  };
  const tick = async (): Promise<void> => {
    await Promise.all(jobs.map(begin));
  };
  const later = (): void => {
    // Half of it by chance, so that processes that were started together do not stay together.
    const chance = (parts.random(1)[0] ?? 0) / 255;
    timer = setTimeout(
      () => {
        void tick();
        if (!stopped.signal.aborted) later();
      },
      tick_ms * (0.5 + chance),
    );
    timer.unref();
  };
  return {
    async start() {
      for (const job of jobs) await store.jobs.ensureForOperator(job.name, now());
      if (!stopped.signal.aborted) later();
    },
    tick,
    async close() {
      stopped.abort();
      clearTimeout(timer);
      await Promise.all(running.values());
    },
  };
}

/** Claims the job, does what is due, and gives it back with its next due date. */
async function runIfDue(
  parts: Pick<JobParts, "store" | "log" | "now">,
  job: Job,
  holder: string,
  signal: AbortSignal,
): Promise<void> {
  const { store, log, now } = parts;
  const [every_ms, lease_ms] = [job.every_s * 1000, job.lease_s * 1000];
  const at = now();
  const claimed = await store.jobs.claimForOperator(job.name, {
    lease_owner: holder,
    lease_until: at + lease_ms,
    now: at,
    horizon: at + 2 * Math.max(every_ms, lease_ms),
  });
  if (!claimed) return;
  const { fence } = claimed;
  const lost = new AbortController();
  const extending = setInterval(() => {
    store.jobs
      .extendForOperator(job.name, fence, now() + lease_ms)
      .then((kept) => kept || lost.abort())
      .catch((error: unknown) => log.warn("job_lease_not_extended", { job: job.name, error }));
  }, lease_ms / 3);
  extending.unref();
  try {
    const outcome = await runPieces(job, log, AbortSignal.any([signal, lost.signal]));
    await store.jobs.finishForOperator(job.name, fence, {
      due_at: signal.aborted ? at : now() + every_ms,
      ended_at: now(),
      outcome: JSON.stringify(outcome),
    });
    if (outcome.done + outcome.failed > 0) log.debug("job_done", { job: job.name, ...outcome });
  } finally {
    clearInterval(extending);
  }
}
