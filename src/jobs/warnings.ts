import type { Job, JobParts } from "./job.ts";

/** Writes an event 60, 30 and 7 days before a family ends, each once. */
export function warnings(parts: JobParts): Job {
  const { store, vault, now } = parts;
  return {
    name: "warnings",
    every_s: 1800,
    concurrency: 2,
    lease_s: 60,
    shared: false,
    due: (limit) => store.families.warnForOperator(now(), limit),
    async run({ owner, id }) {
      for (const { reason, days, ends_at } of await vault.families.warn(owner, id)) {
        parts.log.info("family_expiring", { family_id: id, reason, days, ends_at });
      }
    },
  };
}
