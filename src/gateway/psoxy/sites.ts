/**
 * `/oauth/token/accessible-resources`: the sites of the handle, in Atlassian's form and through the rules. Nobody is
 * asked: what a caller may use is what its handle is for, and not all that a grant reaches.
 */
import { LatchkeyError } from "../../errors.ts";
import type { HandleView } from "../../handles/index.ts";
import { refusePath, refuseQuery } from "../../policy/index.ts";
import type { GatewayParts } from "../parts.ts";
import type { PsoxyCall } from "./call.ts";
import { connectionsOf } from "./connection.ts";
import type { PsoxyInstance } from "./instances.ts";

export const SITES = "/oauth/token/accessible-resources";

export async function sites(
  parts: GatewayParts,
  instance: PsoxyInstance,
  handle: HandleView,
  asked: PsoxyCall,
): Promise<unknown> {
  if (!handle.limits.methods.includes(asked.method))
    throw new LatchkeyError("forbidden", `The handle does not allow ${asked.method}.`);
  const began = parts.now();
  refuseQuery(asked.query);
  const { endpoint } = instance.sanitizer.admit({
    method: asked.method,
    path: refusePath(asked.path),
    query: asked.query,
  });
  const found = (await connectionsOf(parts, handle, instance)).filter(({ state, site }) => {
    const { sites: named } = handle.limits;
    return state === "active" && (named === undefined || named.includes(site.id) || named.includes(site.url));
  });
  const listed = found.map(({ site, scope_granted, scope_asked }) => ({
    id: site.id,
    url: site.url,
    name: site.name,
    scopes: scope_granted ?? scope_asked,
    avatarUrl: `${site.url}/favicon.ico`,
  }));
  const left = instance.sanitizer.answer(endpoint, 200, listed);
  const first = found[0];
  if (first) {
    const use = { connection_id: first.id, method: asked.method, path: SITES, status: 200, bytes_in: 0 };
    const bytes_out = Buffer.byteLength(JSON.stringify(left));
    parts.handles.used(handle, { ...use, bytes_out, duration_ms: parts.now() - began });
  }
  return left;
}
