/** A handle makes no handle that may do more than itself. */
import { LatchkeyError } from "../errors.ts";
import type { HandleInput, HandleLimits, HandleView } from "./model.ts";
import { isWithin, patternOf } from "./paths.ts";

/**
 * Refuses a new handle that could do more than the one it is made with.
 *
 * @throws LatchkeyError `forbidden`, naming the field
 */
export function demandWithin(by: HandleView, input: HandleInput, limits: HandleLimits): void {
  const own = by.limits;
  const beyond = (field: string) =>
    new LatchkeyError("forbidden", `${field}: a handle makes no handle that may do more than itself.`, {
      details: { field },
    });
  if (input.owner !== by.owner) throw beyond("owner");
  if (input.connection_ids.some((id) => !by.connection_ids.includes(id))) throw beyond("connection_ids");
  if (limits.methods.some((method) => !own.methods.includes(method))) throw beyond("limits.methods");
  const paths = [...own.path_prefixes.map(patternOf), ...(own.path_patterns ?? [])];
  if (!limits.path_prefixes.every((prefix) => isWithin(patternOf(prefix), paths)))
    throw beyond("limits.path_prefixes");
  if (!(limits.path_patterns ?? []).every((pattern) => isWithin(pattern, paths)))
    throw beyond("limits.path_patterns");
  if (limits.policy && own.policy !== "raw" && limits.policy !== own.policy) throw beyond("limits.policy");
  if (own.sites && !limits.sites?.every((site) => own.sites?.includes(site))) throw beyond("limits.sites");
  if (own.projects && !limits.projects?.every((one) => own.projects?.some((other) => isSame(one, other))))
    throw beyond("limits.projects");
  if (own.rate && !(limits.rate && limits.rate.per_minute <= own.rate.per_minute))
    throw beyond("limits.rate");
  if (own.priority === "bulk" && limits.priority !== "bulk") throw beyond("limits.priority");
  if (limits.api === "manage" && own.api !== "manage") throw beyond("limits.api");
  if (limits.api && !own.api) throw beyond("limits.api");
  if (by.expires_at !== undefined && !((input.expires_at ?? Number.POSITIVE_INFINITY) <= by.expires_at))
    throw beyond("expires_at");
}

type Project = NonNullable<HandleLimits["projects"]>[number];

function isSame(one: Project, other: Project): boolean {
  return one.connection_id === other.connection_id && one.id === other.id;
}
