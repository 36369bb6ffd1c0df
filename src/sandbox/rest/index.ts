import type { Identity } from "../auth/identity.ts";
import type { Sandbox, SandboxRequest, SandboxResponse } from "../message.ts";
import type { Site } from "../world/model.ts";

/** Answers a REST request of a known caller; undefined where no resource has that path. */
export function restHandler(
  _request: SandboxRequest,
  _restPath: string,
  _site: Site,
  _base: string,
  _identity: Identity,
  _sandbox: Sandbox,
): SandboxResponse | undefined | Promise<SandboxResponse | undefined> {
  return undefined;
}
