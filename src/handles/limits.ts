import { LatchkeyError } from "../errors.ts";
import type { HandleInput, HandleLimits, HandleView } from "./model.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
const MAX_LIST = 50;

/** The limits of a new handle, checked; every mistake names its field. */
export function limitsOf(input: HandleInput): HandleLimits {
  const { methods = ["GET", "HEAD"], path_prefixes = ["/rest/api/"], policy, api } = input.limits ?? {};
  const method = methods.find((one) => !METHODS.includes(one));
  if (method !== undefined)
    throw bad("limits.methods", `${JSON.stringify(method)} is not one of ${METHODS.join(", ")}`);
  const prefix = path_prefixes.find((one) => !/^\/[A-Za-z0-9._~/-]*$/.test(one));
  if (prefix !== undefined)
    throw bad("limits.path_prefixes", `${JSON.stringify(prefix)} must begin with / and be plainly written`);
  if (methods.length > METHODS.length || path_prefixes.length > MAX_LIST)
    throw bad("limits", "the list is too long");
  if (policy !== undefined && policy !== "raw") throw bad("limits.policy", "raw is the only policy there is");
  if (api !== undefined && api !== "read" && api !== "manage")
    throw bad("limits.api", "must be read or manage");
  return { methods, path_prefixes, ...(policy ? { policy } : {}), ...(api ? { api } : {}) };
}

export function checkInput(input: HandleInput, now: number): void {
  if (input.name.trim() === "" || input.name.length > 100) throw bad("name", "must have 1 to 100 characters");
  if (input.connection_ids.length > MAX_LIST) throw bad("connection_ids", `at most ${MAX_LIST} connections`);
  if (input.expires_at !== undefined && !(input.expires_at > now))
    throw bad("expires_at", "must lie in the future");
}

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
  const within = (path: string) => own.path_prefixes.some((prefix) => isBelow(path, prefix));
  if (!limits.path_prefixes.every((path) => within(path.replace(/\/+$/, ""))))
    throw beyond("limits.path_prefixes");
  if (limits.policy && !own.policy) throw beyond("limits.policy");
  if (limits.api === "manage" && own.api !== "manage") throw beyond("limits.api");
  if (limits.api && !own.api) throw beyond("limits.api");
  if (by.expires_at !== undefined && !((input.expires_at ?? Number.POSITIVE_INFINITY) <= by.expires_at))
    throw beyond("expires_at");
}

function bad(field: string, why: string): LatchkeyError {
  return new LatchkeyError("bad_request", `${field}: ${why}.`, { details: { field } });
}

/**
 * Whether a handle lets this call through.
 *
 * @param call.path The canonical path below the site's base, as it will be sent.
 * @throws LatchkeyError `not_found` for a connection that is not the handle's, `policy_denied` where it has no
 *   policy, `forbidden` for a method or path outside its limits
 */
export function permit(
  handle: HandleView,
  call: { readonly connection_id: string; readonly method: string; readonly path: string },
): void {
  if (!handle.connection_ids.includes(call.connection_id)) {
    throw new LatchkeyError("not_found", "The handle knows no connection with this id.");
  }
  if (!handle.limits.policy) {
    throw new LatchkeyError("policy_denied", "The handle has no policy, and without one nothing leaves.");
  }
  if (!handle.limits.methods.includes(call.method)) {
    throw new LatchkeyError("forbidden", `The handle does not allow ${call.method}.`);
  }
  if (!handle.limits.path_prefixes.some((prefix) => isBelow(call.path, prefix))) {
    throw new LatchkeyError("forbidden", "The handle does not allow this path.");
  }
}

function isBelow(path: string, prefix: string): boolean {
  const bare = prefix.replace(/\/+$/, "");
  return path === bare || path.startsWith(`${bare}/`);
}

/** The shape of a path without the ids in it, for the log of use: `/rest/api/3/issue/{id}`. */
export function templateOf(path: string): string {
  return path
    .split("/")
    .map((segment) => (PLAIN_SEGMENT.test(segment) ? segment : "{id}"))
    .join("/");
}

/** Names of resources are lower-case words, versions are small numbers; everything else may say something. */
const PLAIN_SEGMENT = /^(|[a-z][a-z-]{1,30}|[a-z]{2,20}[A-Z][A-Za-z]{1,20}|[0-9]|[0-9]\.[0-9]|latest)$/;
