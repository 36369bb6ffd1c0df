import type { Identity } from "../auth/identity.ts";
import type { Sandbox, SandboxRequest, SandboxResponse } from "../message.ts";
import type { Site } from "../world/model.ts";

/** A REST call before Jira itself is asked. */
export type LimitedCall = {
  readonly request: SandboxRequest;
  /** From `/rest/` on. */
  readonly path: string;
  /** The path with names in place of what varies: `/rest/api/{version}/issue/{issue}`. */
  readonly endpoint: string;
  /** The issue the path names, by id or key. */
  readonly issue: string | undefined;
  readonly site: Site;
  readonly identity: Identity;
  readonly sandbox: Sandbox;
};

/** Refused, or let in: then `finish` counts what the answer cost and tells what is left. */
export type Turn = {
  readonly refused?: SandboxResponse;
  readonly finish?: (answer: SandboxResponse) => SandboxResponse;
};
