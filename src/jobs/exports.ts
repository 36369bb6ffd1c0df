import type { Job, JobParts } from "./job.ts";

/** Begins exports that were asked for. Each is claimed in its row and goes on by itself, however long it takes. */
export function exporting({ exports }: Pick<JobParts, "exports">): Job {
  return {
    name: "exports",
    every_s: 60,
    concurrency: 1,
    lease_s: 60,
    shared: false,
    due: async (limit) => (await exports?.due(limit)) ?? [],
    run: async ({ id }) => await exports?.begin(id),
  };
}
