import type { HttpHeaders } from "../http.ts";
import type { Flavor } from "../protocol/flavors.ts";
import { retryAfter } from "./retry-timing.ts";

/** How far a limit reaches: all sites of our app, one site, one method of one resource, one issue, one account. */
export type Reach = "app" | "site" | "endpoint" | "issue" | "account";

export type Closure = {
  readonly reach: Reach;
  /** Seconds Jira asked for; `undefined` where it named none. */
  readonly wait_s: number | undefined;
  /** Jira's own name of the limit. */
  readonly reason: string | undefined;
};

/** What an allowance still holds, as Jira last told it. */
export type Quota = {
  readonly name: string;
  readonly reach: "app" | "site";
  readonly limit?: number;
  readonly remaining?: number;
  readonly window_s?: number;
  /** Milliseconds since the epoch. */
  readonly resets_at?: number;
};

/** A bucket of Data Center: it holds `limit` at most and gains `per_s` each second. */
export type Bucket = { readonly limit: number; readonly remaining: number; readonly per_s: number };

export type LimitReading = {
  readonly closure?: Closure;
  readonly quotas: readonly Quota[];
  readonly bucket?: Bucket;
};

const NOTHING: LimitReading = { quotas: [] };
const HOUR_MS = 3_600_000;

/** The reasons that Atlassian documents; every other one is taken to be about the whole site. */
const REACH_BY_REASON: Readonly<Record<string, Reach>> = {
  "jira-quota-global-based": "app",
  "jira-quota-tenant-based": "site",
  "jira-burst-based": "endpoint",
  "jira-per-issue-on-write": "issue",
};

/**
 * What an answer says about limits. Most say nothing, and are read at the cost of a few look-ups.
 * @see https://developer.atlassian.com/cloud/jira/platform/rate-limiting/
 */
export function readLimits(flavor: Flavor, status: number, headers: HttpHeaders, now: number): LimitReading {
  const limited = status === 429 || (status === 503 && headers["retry-after"] !== undefined);
  const counted = headers["x-ratelimit-limit"] !== undefined || headers["ratelimit-policy"] !== undefined;
  if (!limited && !counted && headers.ratelimit === undefined) return NOTHING;
  const bucket = flavor === "cloud" ? undefined : readBucket(headers);
  return {
    quotas: flavor === "cloud" ? readQuotas(headers, now) : [],
    ...(bucket ? { bucket } : {}),
    ...(limited ? { closure: closureOf(flavor, status, headers, now) } : {}),
  };
}

function closureOf(flavor: Flavor, status: number, headers: HttpHeaders, now: number): Closure {
  const wait_s = retryAfter(headers, now);
  const reason = headers["ratelimit-reason"]?.trim().slice(0, 100);
  // A 503 that is no limit is about this resource until more is known.
  if (status === 503 && reason === undefined) return { reach: "endpoint", wait_s, reason: "unavailable" };
  if (flavor !== "cloud") return { reach: "account", wait_s, reason };
  const reach = REACH_BY_REASON[reason ?? ""] ?? "site";
  // The hourly quotas come back with the hour, whole.
  const until_hour = Math.ceil((HOUR_MS - (now % HOUR_MS)) / 1000);
  return { reach, wait_s: wait_s ?? (reason?.startsWith("jira-quota-") ? until_hour : undefined), reason };
}

const count = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,12}(\.\d{1,6})?$/.test(text.trim()) ? Number(text) : undefined;

function readBucket(headers: HttpHeaders): Bucket | undefined {
  const limit = count(headers["x-ratelimit-limit"]);
  const remaining = count(headers["x-ratelimit-remaining"]);
  if (limit === undefined || remaining === undefined || limit <= 0) return undefined;
  const fill = count(headers["x-ratelimit-fillrate"]) ?? 0;
  const interval = count(headers["x-ratelimit-interval-seconds"]) ?? 1;
  return { limit, remaining, per_s: interval > 0 ? fill / interval : 0 };
}

const ITEM = /"([\w.-]{1,80})"((?:\s*;\s*[a-z]+=\d{1,12})*)/g;

/** `"name";q=65000;w=3600`, several in any order. @see draft-ietf-httpapi-ratelimit-headers */
function readItems(header: string | undefined): Map<string, Readonly<Record<string, number>>> {
  const items = new Map<string, Record<string, number>>();
  for (const [, name, parameters] of (header ?? "").slice(0, 2_000).matchAll(ITEM)) {
    const pairs = [...parameters!.matchAll(/([a-z]+)=(\d+)/g)].map(([, key, value]) => [key, Number(value)]);
    items.set(name!, Object.fromEntries(pairs) as Record<string, number>);
  }
  return items;
}

function readQuotas(headers: HttpHeaders, now: number): Quota[] {
  const policies = readItems(headers["ratelimit-policy"]);
  const states = readItems(headers.ratelimit);
  const quotas = [...new Set([...policies.keys(), ...states.keys()])].slice(0, 8).map((name): Quota => {
    const { q: limit, w: window_s } = policies.get(name) ?? {};
    const { r: remaining, t } = states.get(name) ?? {};
    return {
      name,
      reach: /global/i.test(name) ? "app" : "site",
      ...(limit === undefined ? {} : { limit }),
      ...(window_s === undefined ? {} : { window_s }),
      ...(remaining === undefined ? {} : { remaining }),
      ...(t === undefined ? {} : { resets_at: now + t * 1000 }),
    };
  });
  const near = nearQuota(headers, now);
  return near ? [...quotas, near] : quotas;
}

/** The older headers name no quota; they count as one of the site once Jira says that it is nearly used up. */
function nearQuota(headers: HttpHeaders, now: number): Quota | undefined {
  const limit = count(headers["x-ratelimit-limit"]);
  const remaining = count(headers["x-ratelimit-remaining"]);
  if (headers["x-ratelimit-nearlimit"]?.trim() !== "true" || limit === undefined || remaining === undefined) {
    return undefined;
  }
  const { "x-ratelimit-reset": reset } = headers;
  const wait_s = reset === undefined ? undefined : retryAfter({ "x-ratelimit-reset": reset }, now);
  return {
    name: "x-ratelimit",
    reach: "site",
    limit,
    remaining,
    ...(wait_s === undefined ? {} : { resets_at: now + wait_s * 1000 }),
  };
}
