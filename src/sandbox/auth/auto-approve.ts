import type { Sandbox, SandboxRequest } from "../message.ts";
import type { User } from "../world/model.ts";
import { own } from "./sessions.ts";

/** The user in whose name a GET of an authorize URL is answered without any page; undefined when people decide. */
export function autoApprover(request: SandboxRequest, sandbox: Sandbox): User | undefined {
  const automatic = sandbox.options.autoApprove;
  return automatic && request.method === "GET" ? own(sandbox.state.world.users, automatic.user) : undefined;
}
