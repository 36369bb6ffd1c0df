/** Data Center's rate limiting: every user has a bucket, told in the headers of every answer. */
import type { Sandbox, SandboxResponse } from "../message.ts";
import { takeStepwise } from "./counters.ts";
import type { LimitedCall, Turn } from "./turn.ts";

export type BucketRule = { readonly fill: number; readonly interval_ms: number; readonly capacity: number };

/** The rule of `dc_bucket`, undefined while it is off. */
export function bucketRule(sandbox: Sandbox): BucketRule | undefined {
  const match = /^(\d+)\/(\d+)s(?:\/(\d+))?$/.exec(sandbox.switch("dc_bucket"));
  if (match === null) return undefined;
  const fill = Number(match[1]);
  return { fill, interval_ms: Number(match[2]) * 1000, capacity: Number(match[3] ?? fill) };
}

/** Lets a call in, or refuses it. Anonymous callers and browser sessions are not limited. */
export function dataCenterTurn(call: LimitedCall): Turn {
  const { sandbox, identity } = call;
  const rule = bucketRule(sandbox);
  const { user } = identity;
  if (rule === undefined || user === undefined || identity.via === "session") return {};
  const { taken, left, wait_ms } = takeStepwise(sandbox.counters.users, user.name, sandbox.now(), rule);
  const headers: Array<readonly [string, string]> = [
    ["X-RateLimit-Limit", String(rule.capacity)],
    ["X-RateLimit-Remaining", String(left)],
    ["X-RateLimit-Interval-Seconds", String(rule.interval_ms / 1000)],
    ["X-RateLimit-FillRate", String(rule.fill)],
    ["Retry-After", String(Math.ceil(wait_ms / 1000))],
  ];
  if (taken) return { finish: (answer) => withHeaders(answer, headers) };
  call.request.note(`the bucket of ${user.name} is empty`);
  const body = JSON.stringify({ message: "Rate limit exceeded." });
  return {
    refused: { status: 429, headers: [["Content-Type", "application/json;charset=UTF-8"], ...headers], body },
  };
}

/** The answer with more headers. */
export function withHeaders(
  answer: SandboxResponse,
  headers: ReadonlyArray<readonly [string, string]>,
): SandboxResponse {
  return { ...answer, headers: [...(answer.headers ?? []), ...headers] };
}
