/**
 * Which workers live: one name for those of a process. The engine frees what a killed worker had locked after four hours; a token may be due in
 * minutes. So each process says every few seconds that it is there, by the database's clock, and everybody frees what
 * is locked by one that was not heard of.
 */
import { EventEmitter } from "node:events";
import type { WorkerEvents } from "graphile-worker";
import type { Pool } from "pg";
import type { Log } from "../log.ts";

/** Of its own, so that an application may use the same engine in the same database. */
export const ENGINE_SCHEMA = "latchkey_jobs";

export type SharedOptions = {
  /** How often a worker says that it lives, and looks for others that do not; default 2,000 ms. */
  readonly beat_ms?: number;
  /** After how long without a word a worker counts as dead; default 10,000 ms. */
  readonly dead_after_ms?: number;
};

const BEAT_MS = 2_000;
const DEAD_AFTER_MS = 10_000;
/** Rows of workers that are long gone. */
const FORGET_MS = 3_600_000;

const CLOCK = "(extract(epoch from clock_timestamp()) * 1000)::bigint";

export type Attendance = {
  readonly events: WorkerEvents;
  start(): void;
  close(): Promise<void>;
};

export function createAttendance(pool: Pool, log: Log, options: SharedOptions): Attendance {
  const beat_ms = options.beat_ms ?? BEAT_MS;
  const dead_after_ms = options.dead_after_ms ?? DEAD_AFTER_MS;
  const events = new EventEmitter() as WorkerEvents;
  /** The engine locks in the name of a process's pool of workers; where it was restarted, only the last one lives. */
  let present: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let beating: Promise<void> = Promise.resolve();

  events.on("pool:create", ({ workerPool }) => {
    present = workerPool.id;
  });

  const beat = async (): Promise<void> => {
    await pool.query(
      `insert into workers (id, seen_at) select id, ${CLOCK} from unnest($1::text[]) as id
       on conflict (id) do update set seen_at = excluded.seen_at`,
      [present ? [present] : []],
    );
    const { rows } = await pool.query<{ id: string }>(
      `select distinct locked_by as id from ${ENGINE_SCHEMA}.jobs
       where locked_at < clock_timestamp() - make_interval(secs => $1::float8 / 1000)
         and not exists (select from workers where workers.id = locked_by and seen_at > ${CLOCK} - $1::bigint)`,
      [dead_after_ms],
    );
    const dead = rows.map(({ id }) => id);
    if (dead.length === 0) return;
    await pool.query(`select ${ENGINE_SCHEMA}.force_unlock_workers($1::text[])`, [dead]);
    await pool.query(`delete from workers where seen_at < ${CLOCK} - $1::bigint`, [FORGET_MS]);
    log.warn("job_workers_dead", { workers: dead });
  };
  const later = (): void => {
    timer = setTimeout(() => {
      beating = beat()
        .catch((error: unknown) => log.warn("job_attendance_failed", { error }))
        .finally(later);
    }, beat_ms);
    timer.unref();
  };
  return {
    events,
    start() {
      beating = beat()
        .catch((error: unknown) => log.warn("job_attendance_failed", { error }))
        .finally(later);
    },
    async close() {
      clearTimeout(timer);
      await beating;
      clearTimeout(timer);
      await pool.query("delete from workers where id = $1", [present]).catch(() => {});
    },
  };
}
