/** Cloud's three systems of limits: points an hour, bursts a second, writes to one issue. */
import { json, type Sandbox, type SandboxResponse } from "../message.ts";
import { findIssue } from "../world/model.ts";
import { takeSteady } from "./counters.ts";
import { withHeaders } from "./datacenter.ts";
import { costOf, reads } from "./points.ts";
import { type Quota, quotaHeaders, quotasOf, used } from "./quota.ts";
import type { LimitedCall, Turn } from "./turn.ts";

const RATES: Record<string, number> = { GET: 100, POST: 100, PUT: 50, DELETE: 50 };
/** Endpoints with a rate of their own, while the documented rates are on. */
const OWN_RATES: Record<string, number> = {
  "GET /rest/api/{version}/issue/{issue}": 150,
  "GET /rest/api/{version}/issue/{issue}/changelog": 200,
  "GET /rest/api/{version}/user": 150,
  "POST /rest/api/{version}/search/approximate-count": 150,
  "POST /rest/servicedeskapi/customer": 5,
};

/** What refused a call, and when it may come again. */
export type Refusal = {
  readonly reason: string;
  readonly limit: number;
  readonly until_ms: number;
};

/** Lets a call in, or refuses it. */
export function cloudTurn(call: LimitedCall): Turn {
  const { sandbox } = call;
  const quotas = quotasOf(call);
  const enforced = sandbox.switch("quota_headers") === "enforced";
  const spent = quotas.find((quota) => used(sandbox, quota) >= quota.limit);
  if (spent !== undefined && enforced) {
    return refuse(call, { reason: spent.reason, limit: spent.limit, until_ms: spent.resets_ms }, quotas);
  }
  const burst = burstOf(call);
  if (burst !== undefined && "reason" in burst) return refuse(call, burst, quotas);
  const written = issueWrite(call);
  if (written !== undefined) return refuse(call, written, quotas);
  if (quotas.length === 0 && burst === undefined) return {};
  return {
    finish: (answer) => {
      const cost = costOf(call.request, call.path, answer);
      for (const quota of quotas) sandbox.counters.points.set(quota.key, used(sandbox, quota) + cost);
      return withHeaders(answer, [
        ...quotaHeaders(sandbox, quotas),
        ...(quotas.length === 0 && burst !== undefined ? plain(burst.limit, burst.left) : []),
      ]);
    },
  };
}

function plain(limit: number, left: number): Array<readonly [string, string]> {
  return [
    ["X-RateLimit-Limit", String(limit)],
    ["X-RateLimit-Remaining", String(left)],
  ];
}

function rateOf(call: LimitedCall): number | undefined {
  const value = call.sandbox.switch("cloud_burst");
  const { method } = call.request;
  if (value === "off") return undefined;
  if (value === "on") return OWN_RATES[`${method} ${call.endpoint}`] ?? RATES[method];
  const row = value.split(",").find((one) => one.startsWith(`${method}=`));
  return row === undefined ? undefined : Number(row.slice(method.length + 1));
}

/** One token of the bucket that the site's callers of this endpoint and method share. */
function burstOf(call: LimitedCall): Refusal | { readonly limit: number; readonly left: number } | undefined {
  const rate = rateOf(call);
  if (rate === undefined) return undefined;
  const { sandbox, site, request } = call;
  const limit = Math.max(1, Math.floor(rate * Number(sandbox.switch("cloud_burst_bucket_s"))));
  const key = `${site.id} ${request.method} ${call.endpoint}`;
  const now = sandbox.now();
  const { taken, left, wait_ms } = takeSteady(sandbox.counters.burst, key, now, rate, limit);
  return taken ? { limit, left } : { reason: "jira-burst-based", limit, until_ms: now + wait_ms };
}

function writeWindows(sandbox: Sandbox): ReadonlyArray<{ readonly most: number; readonly ms: number }> {
  const value = sandbox.switch("cloud_issue_writes");
  if (value === "off") return [];
  return (value === "on" ? "20/2s,100/30s" : value).split(",").map((one) => {
    const [most = "0", seconds = "0"] = one.replace("s", "").split("/");
    return { most: Number(most), ms: Number(seconds) * 1000 };
  });
}

/** Counts a write to an issue; a refused one does not count. */
function issueWrite(call: LimitedCall): Refusal | undefined {
  const { sandbox, site } = call;
  const windows = writeWindows(sandbox);
  if (windows.length === 0 || call.issue === undefined || reads(call.request.method, call.path))
    return undefined;
  const issue = findIssue(site, call.issue);
  if (issue === undefined) return undefined;
  const now = sandbox.now();
  const key = `${site.id} ${issue.id}`;
  const longest = Math.max(...windows.map((window) => window.ms));
  const times = (sandbox.counters.writes.get(key) ?? []).filter((at) => at > now - longest);
  for (const { most, ms } of windows) {
    const within = times.filter((at) => at > now - ms);
    const first = within[within.length - most];
    if (within.length >= most && first !== undefined)
      return { reason: "jira-per-issue-on-write", limit: most, until_ms: first + ms };
  }
  sandbox.counters.writes.set(key, [...times, now]);
  return undefined;
}

function refuse(call: LimitedCall, refusal: Refusal, quotas: readonly Quota[]): Turn {
  const { sandbox, request } = call;
  request.note(`refused by a limit: ${refusal.reason}`);
  const status = Number(sandbox.switch("rate_limit_status"));
  if (sandbox.switch("rate_limit_form") === "gateway") {
    const headers = [
      ["X-Failure-Category", "FAILURE CLIENT RATE LIMITED"],
      ["X-Ratelimit-Limit", "360000"],
    ] as const;
    return { refused: withHeaders(bodyOf(sandbox, status), headers) };
  }
  const seconds = Math.max(1, Math.ceil((refusal.until_ms - sandbox.now()) / 1000));
  const told = quotaHeaders(sandbox, quotas).filter(([name]) => !name.startsWith("X-RateLimit-"));
  const near = refusal.reason.startsWith("jira-quota") ? ([["X-RateLimit-NearLimit", "true"]] as const) : [];
  return {
    refused: withHeaders(bodyOf(sandbox, status), [
      ["Retry-After", String(seconds)],
      ["RateLimit-Reason", refusal.reason],
      ...plain(refusal.limit, 0),
      ["X-RateLimit-Reset", instant(sandbox, refusal.until_ms)],
      ...near,
      ...told,
    ]),
  };
}

/** An instant as the documents show it, or without seconds as it was seen. */
function instant(sandbox: Sandbox, ms: number): string {
  const whole = new Date(Math.ceil(ms / 1000) * 1000).toISOString();
  return sandbox.switch("rate_limit_reset") === "minutes"
    ? `${whole.slice(0, 16)}Z`
    : `${whole.slice(0, 19)}Z`;
}

function bodyOf(sandbox: Sandbox, status: number): SandboxResponse {
  const form = sandbox.switch("rate_limit_body");
  if (form === "empty") return { status };
  const message = status === 503 ? "Service Unavailable" : "Rate limit exceeded";
  return form === "gateway"
    ? json(status, { code: status, message })
    : json(status, { errorMessages: [message], errors: {} });
}
