import type { Job, JobParts } from "./job.ts";

/**
 * Reads issues again that a webhook or a look named. Each is claimed in its row, so every process may look as often as
 * it likes.
 */
export function inbox({ following }: Pick<JobParts, "following">): Job {
  return {
    name: "inbox",
    every_s: 60,
    concurrency: 4,
    lease_s: 120,
    shared: false,
    due: async (limit) => (await following?.dueIssues(limit)) ?? [],
    run: async ({ id }) => void (await following?.readAgain(id)),
  };
}
