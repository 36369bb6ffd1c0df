import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { gaugesOf } from "../../src/compose.ts";
import { createGovernor, type GaugePort, type GovernedCall, type Governor } from "../../src/jira/index.ts";
import { openStore } from "../../src/store/index.ts";
import { temporaryDirectory } from "../store/temporary.ts";
import { keptLog } from "../transport/servers.ts";
import { failure } from "./fake.ts";

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

let clock = Date.parse("2026-03-26T15:30:00Z");
const now = () => clock;
const random = (bytes: number) => new Uint8Array(bytes);
const call: GovernedCall = {
  site: "https://api.atlassian.com/ex/jira/c1",
  flavor: "cloud",
  method: "GET",
  path: "/rest/api/3/search/jql",
  app: "cloud",
  priority: "interactive",
  max_wait_ms: 0,
};

/** A process of its own as far as limits go: its governor, its connection to the database. */
async function replica(
  url: string,
): Promise<{ governor: Governor; reads: () => number; writes: () => number }> {
  const store = await openStore({ url, now });
  const port = gaugesOf(store, now);
  let [reads, writes] = [0, 0];
  const counted: GaugePort = {
    read: () => {
      reads++;
      return port.read();
    },
    write: (gauges) => {
      writes++;
      return port.write(gauges);
    },
  };
  const governor = createGovernor({ now, random, gauges: counted });
  ends.push(async () => {
    await governor.close();
    await store.close();
  });
  return { governor, reads: () => reads, writes: () => writes };
}

const pass = async (governor: Governor, over: Partial<GovernedCall> = {}) =>
  (await governor.enter({ ...call, ...over })).answered({ status: 200, headers: {} });
const meet = async (governor: Governor, status: number, headers: Record<string, string>) =>
  (await governor.enter(call)).answered({ status, headers });

/** The clock moves, and what was begun in the background has its time. */
async function pass_s(seconds: number): Promise<void> {
  clock += seconds * 1000;
  await new Promise((done) => setTimeout(done, 60));
}

describe("replicas over one database", () => {
  it("heed what one of them met, the resource and the quota", async () => {
    const url = `sqlite:${join(temporaryDirectory(), "a.db")}`;
    const [a, b] = [await replica(url), await replica(url)];
    await pass(b.governor);
    await meet(a.governor, 429, { "retry-after": "30", "ratelimit-reason": "jira-burst-based" });
    await pass_s(1);
    await pass(b.governor, { path: "/rest/api/3/field" });
    await pass_s(0);
    const error = await failure(b.governor.enter(call).then((turn) => turn.failed()));
    expect([error.code, error.retry_after_s]).toEqual(["jira_rate_limited", 29]);
    expect(b.governor.standing(call.site, "cloud").closed).toEqual([
      {
        reach: "endpoint",
        endpoint: "GET /rest/api/3/search/jql",
        reason: "jira-burst-based",
        retry_after_s: 29,
      },
    ]);
    await pass_s(29);
    await meet(a.governor, 200, {
      "ratelimit-policy": '"global-app-quota";q=65000;w=3600',
      ratelimit: '"global-app-quota";r=100;t=600',
    });
    await pass_s(1);
    await pass(b.governor, { path: "/rest/api/3/field" });
    await pass_s(0);
    expect(b.governor.standing(call.site, "cloud").quotas).toMatchObject([
      { remaining: 100, resets_in_s: 599 },
    ]);
    expect((await failure(b.governor.enter({ ...call, priority: "bulk" }).then(() => 0))).retry_after_s).toBe(
      599,
    );
  });

  it("a replica that starts knows before its first call", async () => {
    const url = `sqlite:${join(temporaryDirectory(), "a.db")}`;
    const a = await replica(url);
    await meet(a.governor, 429, { "retry-after": "600", "ratelimit-reason": "jira-quota-global-based" });
    await a.governor.close();
    const b = await replica(url);
    expect((await failure(b.governor.enter(call).then(() => 0))).details.reach).toBe("app");
  });

  it("reads once a second at most and writes only when something closed, however many calls there are", async () => {
    const a = await replica(`sqlite:${join(temporaryDirectory(), "a.db")}`);
    for (let n = 0; n < 2_000; n++) await pass(a.governor, { path: `/rest/api/3/issue/JJ-${n}` });
    expect([a.reads(), a.writes()]).toEqual([1, 0]);
    for (let n = 0; n < 50; n++) {
      const one = { ...call, method: "PUT", path: `/rest/api/3/issue/JJ-${n}` };
      const limited = { "retry-after": "60", "ratelimit-reason": "jira-per-issue-on-write" };
      (await a.governor.enter(one)).answered({ status: 429, headers: limited });
    }
    await pass_s(0);
    expect([a.reads(), a.writes()]).toEqual([1, 1]);
  });

  it("goes on alone where the database fails", async () => {
    const broken = () => Promise.reject(new Error("away"));
    const { log, lines } = keptLog();
    const governor = createGovernor({ now, random, log, gauges: { read: broken, write: broken } });
    ends.push(() => governor.close());
    await pass(governor);
    await meet(governor, 429, { "retry-after": "5", "ratelimit-reason": "jira-burst-based" });
    expect((await failure(governor.enter(call).then(() => 0))).retry_after_s).toBe(5);
    await governor.close();
    expect(lines.filter((line) => JSON.stringify(line).includes("limits_not_shared")).length).toBe(2);
  });
});
