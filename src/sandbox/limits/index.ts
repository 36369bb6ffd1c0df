/** The limits on how often Jira may be asked: every REST call takes its turn here. */
import type { Sandbox } from "../message.ts";
import { cloudTurn } from "./cloud.ts";
import { bucketRule, dataCenterTurn } from "./datacenter.ts";
import type { LimitedCall, Turn } from "./turn.ts";

export { clientOf } from "./client.ts";
export { type Counters, clearCounters, createCounters } from "./counters.ts";
export type { LimitedCall, Turn } from "./turn.ts";

/** Lets a call in or refuses it, as its face does. */
export function takeTurn(call: LimitedCall): Turn {
  return call.site.face === "cloud" ? cloudTurn(call) : dataCenterTurn(call);
}

/** What was used so far, for `GET /__sandbox/state`. */
export function describeLimits(sandbox: Sandbox): {
  /** App, or app@site, to the points used in this hour of UTC. */
  readonly cloud_points: Readonly<Record<string, number>>;
  /** Site, method and endpoint to the calls left before the bucket fills again. */
  readonly cloud_burst: Readonly<Record<string, number>>;
  /** User to the calls left. */
  readonly dc_bucket: Readonly<Record<string, number>>;
} {
  const { counters } = sandbox;
  const hour = ` ${Math.floor(sandbox.now() / 3_600_000)}`;
  const points = [...counters.points].filter(([key]) => key.endsWith(hour));
  const left = (table: Map<string, { tokens: number }>): Record<string, number> =>
    Object.fromEntries([...table].map(([key, bucket]) => [key, Math.floor(bucket.tokens)]));
  return {
    cloud_points: Object.fromEntries(points.map(([key, value]) => [key.slice(0, -hour.length), value])),
    cloud_burst: left(counters.burst),
    dc_bucket: bucketRule(sandbox) === undefined ? {} : left(counters.users),
  };
}
