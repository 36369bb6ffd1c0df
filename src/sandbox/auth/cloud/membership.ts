import type { Sandbox } from "../../message.ts";
import type { Site, User } from "../../world/model.ts";
import { own } from "../sessions.ts";

/** The Cloud sites a user belongs to. */
export function sitesOf(user: User, sandbox: Sandbox): Site[] {
  const named = own(sandbox.state.auth.memberships, user.name);
  return Object.values(sandbox.state.world.sites).filter(
    (site) => site.face === "cloud" && (named === undefined || named.includes(site.id)),
  );
}
