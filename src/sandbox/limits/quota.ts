/** Cloud's points: a quota an app has for each hour of UTC, over all its sites or for each of them. */
import type { Sandbox } from "../message.ts";
import { clientOf } from "./client.ts";
import type { LimitedCall } from "./turn.ts";

const HOUR_MS = 3_600_000;
const NEAR = 0.2;

export type Quota = {
  /** As the headers name it. The name of the tenant's is a guess: no document tells it. */
  readonly name: "global-app-quota" | "tenant-app-quota";
  readonly reason: "jira-quota-global-based" | "jira-quota-tenant-based";
  readonly key: string;
  readonly limit: number;
  readonly resets_ms: number;
};

/** The quotas a call counts against: none for API tokens and sessions, which are no apps. */
export function quotasOf(call: LimitedCall): Quota[] {
  const { sandbox, identity, site } = call;
  const app = identity.via === "bearer" ? clientOf(call.request, sandbox) : undefined;
  if (app === undefined) return [];
  const hour = Math.floor(sandbox.now() / HOUR_MS);
  const resets_ms = (hour + 1) * HOUR_MS;
  const limits = {
    global: Number(sandbox.switch("cloud_points_per_hour")),
    tenant: Number(sandbox.switch("cloud_points_per_tenant")),
  };
  const quotas: Quota[] = [
    {
      name: "global-app-quota",
      reason: "jira-quota-global-based",
      key: `${app} ${hour}`,
      limit: limits.global,
      resets_ms,
    },
    {
      name: "tenant-app-quota",
      reason: "jira-quota-tenant-based",
      key: `${app}@${site.id} ${hour}`,
      limit: limits.tenant,
      resets_ms,
    },
  ];
  return quotas.filter((quota) => quota.limit > 0);
}

/** Points used of a quota so far. */
export function used(sandbox: Sandbox, quota: Quota): number {
  return sandbox.counters.points.get(quota.key) ?? 0;
}

/** What the headers tell of the quotas; while they are not enforced, under other names. */
export function quotaHeaders(sandbox: Sandbox, quotas: readonly Quota[]): Array<readonly [string, string]> {
  if (quotas.length === 0) return [];
  const beta = sandbox.switch("quota_headers") === "beta";
  const left = (quota: Quota): number => Math.max(0, quota.limit - used(sandbox, quota));
  const share = (quota: Quota): number => left(quota) / quota.limit;
  const tightest = quotas.reduce((a, b) => (share(b) < share(a) ? b : a));
  const seconds = Math.max(1, Math.ceil((tightest.resets_ms - sandbox.now()) / 1000));
  const policies = quotas.map((quota) => `"${quota.name}";q=${quota.limit};w=3600`);
  // How much is left is told only once most of it is gone.
  const rests = quotas.map((quota) => {
    const rest = share(quota) < NEAR ? `;r=${left(quota)}` : "";
    return `"${quota.name}"${rest};t=${seconds}`;
  });
  const prefix = beta ? "Beta-" : "";
  const plain = beta ? "X-Beta-RateLimit" : "X-RateLimit";
  return [
    [`${prefix}RateLimit-Policy`, policies.join(", ")],
    [`${prefix}RateLimit`, rests.join(", ")],
    [`${plain}-Limit`, String(tightest.limit)],
    [`${plain}-Remaining`, String(left(tightest))],
    ...(share(tightest) < NEAR ? ([[`${plain}-NearLimit`, "true"]] as const) : []),
    ...(beta && left(tightest) === 0 ? ([["Beta-Retry-After", String(seconds)]] as const) : []),
  ];
}
