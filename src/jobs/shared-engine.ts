/**
 * The jobs by graphile-worker, for replicas on one PostgreSQL: its crontab wakes each job in one of them, pieces that
 * take a network call are jobs of their own that all of them share, and what a killed one had locked is freed.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type CronItem,
  Logger,
  parseCronItems,
  type Runner,
  run,
  type TaskList,
  type WorkerEvents,
} from "graphile-worker";
import type { Pool } from "pg";
import type { Log } from "../log.ts";
import { enginePool } from "../store/postgres/pool.ts";
import { createAttendance, ENGINE_SCHEMA, type SharedOptions } from "./attendance.ts";
import type { Engine, Job, JobParts, Piece } from "./job.ts";
import { runPiece, runPieces } from "./pieces.ts";

const CONCURRENCY = 3;
/** One of them listens. At rest a replica holds two, so that ten stay far below the hundred a server allows. */
const CONNECTIONS = 3;
/** Pieces handed to the replicas at each look. */
const SHARED_OUT = 2_000;
/** Only a worker that was killed leaves a job unfinished: failures are told and end where they happen. */
const MAX_ATTEMPTS = 25;
const RESTART_MS = 5_000;

type EngineParts = Pick<JobParts, "log"> & { readonly database_url: string };

export function sharedEngine(parts: EngineParts, jobs: readonly Job[], options: SharedOptions = {}): Engine {
  const pool = enginePool(parts.database_url, CONNECTIONS);
  const stopped = new AbortController();
  const attendance = createAttendance(pool, parts.log, options);
  let runner: Runner | undefined;
  let ended: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  const begin = () => startRunner(parts, pool, jobs, stopped.signal, attendance.events);
  /** The engine gives up where the database is away for long; the jobs do not. */
  const keepUp = async (first: Runner): Promise<void> => {
    runner = first;
    while (!stopped.signal.aborted) {
      await runner.promise.catch((error: unknown) => parts.log.warn("job_engine_failed", { error }));
      while (!stopped.signal.aborted) {
        await sleep(RESTART_MS, undefined, { ref: false, signal: stopped.signal }).catch(() => {});
        if (stopped.signal.aborted) return;
        try {
          runner = await begin();
          break;
        } catch (error) {
          parts.log.warn("job_engine_failed", { error });
        }
      }
    }
  };
  const end = async (): Promise<void> => {
    stopped.abort();
    await runner?.stop().catch(() => {});
    await ended;
    await attendance.close();
    await pool.end();
  };
  return {
    async start() {
      const first = await begin();
      attendance.start();
      ended = keepUp(first);
    },
    close() {
      closing ??= end();
      return closing;
    },
  };
}

function startRunner(
  { log }: EngineParts,
  pgPool: Pool,
  jobs: readonly Job[],
  signal: AbortSignal,
  events: WorkerEvents,
): Promise<Runner> {
  return run({
    pgPool,
    schema: ENGINE_SCHEMA,
    concurrency: CONCURRENCY,
    noHandleSignals: true,
    taskList: Object.fromEntries(jobs.flatMap((job) => tasksOf(job, log, signal))) as TaskList,
    parsedCronItems: parseCronItems(jobs.map(scheduleOf)),
    logger: loggerTo(log),
    events,
  });
}

/** `keep_alive` looks for what is due; `keep_alive_piece` does one of them, in whichever replica has time. */
function tasksOf(job: Job, log: Log, signal: AbortSignal): [string, NonNullable<TaskList[string]>][] {
  const piece = pieceTask(job);
  return [
    [
      job.name,
      async (_payload, helpers) => {
        if (!job.shared) return void (await runPieces(job, log, signal));
        const due = await job.due(SHARED_OUT);
        if (due.length === 0) return;
        await helpers.addJobs(
          due.map((payload) => ({
            identifier: piece,
            payload,
            jobKey: `${job.name}:${payload.id}`,
            maxAttempts: MAX_ATTEMPTS,
          })),
          true,
        );
      },
    ],
    [piece, async (payload) => void (await runPiece(job, payload as Piece, log))],
  ];
}

function pieceTask(job: Job): string {
  return `${job.name}_piece`;
}

function scheduleOf(job: Job): CronItem {
  return {
    task: job.name,
    identifier: job.name,
    match: crontabOf(job.every_s),
    options: {
      maxAttempts: MAX_ATTEMPTS,
      jobKey: job.name,
      jobKeyMode: "preserve_run_at",
      backfillPeriod: 0,
    },
  };
}

/** The engine's clock knows minutes. */
export function crontabOf(every_s: number): string {
  const minutes = Math.max(1, Math.round(every_s / 60));
  return minutes < 60 ? `*/${minutes} * * * *` : "23 * * * *";
}

function loggerTo(log: Log): Logger {
  return new Logger((scope) => (level, message) => {
    // Its own lines hold ids of jobs and words of the driver; the pieces tell what matters.
    const fields = { message, ...(scope.taskIdentifier && { job: scope.taskIdentifier }) };
    if (level === "error") log.warn("job_engine", fields);
    else log.debug("job_engine", fields);
  });
}
