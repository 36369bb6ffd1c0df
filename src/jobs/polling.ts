import type { Job, JobParts } from "./job.ts";

/**
 * Keeps the webhooks of connections alive, and asks Jira for changes where it does not tell of them. When each
 * connection is due stands in its row.
 */
export function follow({ following }: Pick<JobParts, "following">): Job {
  return {
    name: "follow",
    every_s: 60,
    concurrency: 2,
    lease_s: 600,
    shared: true,
    due: async (limit) => (await following?.dueConnections(limit)) ?? [],
    run: async ({ owner, id }) => void (await following?.look(owner, id)),
  };
}
