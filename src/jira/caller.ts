import type { Jira } from "./model.ts";

/** What the resources are written against: one call, and the paths of this flavor. */
export type Caller = Pick<Jira, "flavor" | "request" | "open" | "api">;
