import { LatchkeyError } from "../errors.ts";
import type { HandleInput, HandleLimits, HandleView } from "./model.ts";
import { fitsPattern, isBelow, isPattern } from "./paths.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
const MAX_LIST = 50;
const MAX_RATE = 100_000;

/** The limits of a new handle, checked; every mistake names its field. Projects are looked up by whoever knows Jira. */
export function limitsOf(
  input: HandleInput,
  policies: readonly string[] = [],
): Omit<HandleLimits, "projects"> {
  const given = input.limits ?? {};
  const { policy, api, priority, rate, sites, rewrite_links } = given;
  const methods = given.methods ?? ["GET", "HEAD"];
  const method = methods.find((one) => !METHODS.includes(one));
  if (method !== undefined)
    throw bad("limits.methods", `${JSON.stringify(method)} is not one of ${METHODS.join(", ")}`);
  if (methods.length > METHODS.length) throw bad("limits", "the list is too long");
  if (policy !== undefined && policy !== "raw" && !policies.includes(policy)) {
    const known =
      policies.length === 0
        ? "raw is the only policy there is"
        : `write raw or one of ${policies.join(", ")}`;
    throw bad("limits.policy", `there is no policy ${JSON.stringify(policy.slice(0, 80))}; ${known}`);
  }
  if (api !== undefined && api !== "read" && api !== "manage")
    throw bad("limits.api", "must be read or manage");
  if (priority !== undefined && priority !== "interactive" && priority !== "bulk")
    throw bad("limits.priority", "must be interactive or bulk");
  checkRate(rate);
  if (sites && (sites.length === 0 || sites.length > MAX_LIST))
    throw bad("limits.sites", `must name 1 to ${MAX_LIST} sites`);
  return {
    methods,
    ...pathsOf(given),
    ...(policy ? { policy } : {}),
    ...(api ? { api } : {}),
    ...(priority ? { priority } : {}),
    ...(rate ? { rate: { per_minute: rate.per_minute } } : {}),
    ...(sites ? { sites } : {}),
    ...(rewrite_links ? { rewrite_links: true } : {}),
  };
}

function pathsOf(
  given: NonNullable<HandleInput["limits"]>,
): Pick<HandleLimits, "path_prefixes" | "path_patterns"> {
  const { path_patterns } = given;
  const path_prefixes = given.path_prefixes ?? (path_patterns ? [] : ["/rest/api/"]);
  const prefix = path_prefixes.find((one) => !/^\/[A-Za-z0-9._~/-]*$/.test(one));
  if (prefix !== undefined)
    throw bad("limits.path_prefixes", `${JSON.stringify(prefix)} must begin with / and be plainly written`);
  const pattern = path_patterns?.find((one) => !isPattern(one) || (one.match(/\*\*/g) ?? []).length > 3);
  if (pattern !== undefined) {
    throw bad(
      "limits.path_patterns",
      `${JSON.stringify(pattern)} must begin with / and be made of plain segments, * for one and at most three ** for any number`,
    );
  }
  if (path_prefixes.length > MAX_LIST || (path_patterns?.length ?? 0) > MAX_LIST)
    throw bad("limits", "the list is too long");
  return { path_prefixes, ...(path_patterns ? { path_patterns } : {}) };
}

function checkRate(rate: HandleLimits["rate"]): void {
  if (rate === undefined) return;
  const { per_minute } = rate;
  if (!Number.isInteger(per_minute) || per_minute < 1 || per_minute > MAX_RATE)
    throw bad("limits.rate", `per_minute must be a whole number from 1 to ${MAX_RATE}`);
}

export function checkInput(input: HandleInput, now: number): void {
  if (input.name.trim() === "" || input.name.length > 100) throw bad("name", "must have 1 to 100 characters");
  if (input.connection_ids.length > MAX_LIST) throw bad("connection_ids", `at most ${MAX_LIST} connections`);
  if (input.expires_at !== undefined && !(input.expires_at > now))
    throw bad("expires_at", "must lie in the future");
}

export function bad(field: string, why: string): LatchkeyError {
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
  const { limits } = handle;
  if (!handle.connection_ids.includes(call.connection_id)) {
    throw new LatchkeyError("not_found", "The handle knows no connection with this id.");
  }
  if (!limits.policy) {
    throw new LatchkeyError("policy_denied", "The handle has no policy, and without one nothing leaves.");
  }
  if (!limits.methods.includes(call.method)) {
    throw new LatchkeyError("forbidden", `The handle does not allow ${call.method}.`);
  }
  const allowed =
    limits.path_prefixes.some((prefix) => isBelow(call.path, prefix)) ||
    limits.path_patterns?.some((pattern) => fitsPattern(call.path, pattern));
  if (!allowed) throw new LatchkeyError("forbidden", "The handle does not allow this path.");
}

/** @throws LatchkeyError `forbidden` for a connection to a site that is not among the handle's. */
export function permitSite(
  { limits }: HandleView,
  site: { readonly id: string; readonly url: string },
): void {
  if (!limits.sites || limits.sites.some((one) => isSite(one, site))) return;
  throw new LatchkeyError("forbidden", "The handle does not allow this site.");
}

export function isSite(text: string, site: { readonly id: string; readonly url: string }): boolean {
  const plain = (address: string) => address.replace(/\/+$/, "").toLowerCase();
  return text === site.id || plain(text) === plain(site.url);
}

/** The shape of a path without the ids in it, for the log of use: `/rest/api/3/issue/{id}`. */
export function templateOf(path: string): string {
  const known = templates.get(path);
  if (known !== undefined) return known;
  const made = path
    .split("/")
    .map((segment) => (PLAIN_SEGMENT.test(segment) ? segment : "{id}"))
    .join("/");
  if (path.length > LONG_PATH) return made;
  if (templates.size >= MOST_TEMPLATES) templates.clear();
  templates.set(path, made);
  return made;
}

/** Of the paths that are asked for again and again. */
const templates = new Map<string, string>();
const MOST_TEMPLATES = 1_000;
const LONG_PATH = 200;

/** Names of resources are lower-case words, versions are small numbers; everything else may say something. */
const PLAIN_SEGMENT = /^(|[a-z][a-z-]{1,30}|[a-z]{2,20}[A-Z][A-Za-z]{1,20}|[0-9]|[0-9]\.[0-9]|latest)$/;
