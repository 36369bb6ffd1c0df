import { type Job, type JobParts, WHOLE } from "./job.ts";

const DAY_MS = 86_400_000;

/** How long each record is kept, and how many of it at most. Dances have their time in `connect.sweep`. */
export const KEPT = {
  uses: { days: 90, rows: 1_000_000 },
  events: { days: 400, rows: 1_000_000 },
  dances: { days: 30, rows: 20_000 },
  calls: { days: 30, rows: 20_000 },
} as const;

/** Deliveries that were taken or given up; what waits stays. */
const KEPT_DELIVERIES_DAYS = 90;

/** Ends dances that nobody finished: their secrets, the families that no connection came to use, their rows. */
export function sweep(parts: JobParts): Job {
  return { ...whole("sweep", 300), run: async () => void (await parts.connect.sweep()) };
}

/** Removes what is older, or more, than is kept. */
export function retention({ store, uses, following, now }: JobParts): Job {
  return {
    ...whole("retention", 3600),
    async run() {
      await store.sessions.purgeForOperator(now());
      await store.outbox.purgeForOperator(now() - KEPT_DELIVERIES_DAYS * DAY_MS);
      await following?.tidy();
      await uses.retain(now() - KEPT.uses.days * DAY_MS, KEPT.uses.rows);
      for (const name of ["events", "dances", "calls"] as const) {
        const { days, rows } = KEPT[name];
        await store[name].purgeForOperator(now() - days * DAY_MS);
        await store[name].trimForOperator(rows);
      }
    },
  };
}

function whole<Name extends "sweep" | "retention">(name: Name, every_s: number) {
  return { name, every_s, concurrency: 1, lease_s: 300, shared: false, due: async () => [WHOLE] } as const;
}
