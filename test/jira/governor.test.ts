import { describe, expect, it } from "vitest";
import { createGates, type GatedCall, templateOf } from "../../src/jira/gates.ts";
import { createGovernor, type GovernedCall, type Turn } from "../../src/jira/index.ts";
import { readLimits } from "../../src/jira/limits.ts";
import { failure } from "./fake.ts";

const START = Date.parse("2026-03-26T15:30:00Z");
const SITE = "https://api.atlassian.com/ex/jira/c1";

/** A clock that only moves when told, with what was set to run later. */
function fakeClock() {
  let at = START;
  let runs: { at: number; run: () => void }[] = [];
  const settle = () => new Promise<void>((done) => setImmediate(done));
  return {
    now: () => at,
    later(ms: number, run: () => void) {
      const one = { at: at + ms, run };
      runs.push(one);
      return () => {
        runs = runs.filter((other) => other !== one);
      };
    },
    async advance(ms: number) {
      const end = at + ms;
      for (;;) {
        const due = runs.filter((one) => one.at <= end).sort((a, b) => a.at - b.at)[0];
        if (!due) break;
        runs = runs.filter((other) => other !== due);
        at = Math.max(at, due.at);
        due.run();
        await settle();
      }
      at = end;
      await settle();
    },
  };
}

function governed() {
  const clock = fakeClock();
  const governor = createGovernor({ ...clock, random: (bytes) => new Uint8Array(bytes) });
  const went: string[] = [];
  const call = (over: Partial<GovernedCall> = {}): GovernedCall => ({
    site: SITE,
    flavor: "cloud",
    method: "GET",
    path: "/rest/api/3/issue/JJ-2",
    app: "cloud",
    priority: "interactive",
    max_wait_ms: 3_600_000,
    ...over,
  });
  const enter = (name: string, over: Partial<GovernedCall> = {}): Promise<Turn> =>
    governor.enter(call(over)).then((turn) => {
      went.push(name);
      return turn;
    });
  const meets = async (over: Partial<GovernedCall>, status: number, headers: Record<string, string>) =>
    (await governor.enter(call(over))).answered({ status, headers });
  const refused = async (over: Partial<GovernedCall>) => {
    const error = await failure(
      governor.enter(call({ ...over, max_wait_ms: 0 })).then((turn) => turn.failed()),
    );
    return [error.code, error.retry_after_s, error.details.reach];
  };
  const passes = async (over: Partial<GovernedCall> = {}) =>
    (await governor.enter(call({ ...over, max_wait_ms: 0 }))).answered({ status: 200, headers: {} });
  return { clock, governor, went, call, enter, meets, refused, passes };
}

describe("only what must slow is slowed", () => {
  it("a burst: this method of this resource, on this site", async () => {
    const { meets, refused, passes, clock } = governed();
    await meets({}, 429, { "retry-after": "3", "ratelimit-reason": "jira-burst-based" });
    expect(await refused({ path: "/rest/api/3/issue/JJ-77?fields=id" })).toEqual([
      "jira_rate_limited",
      3,
      "endpoint",
    ]);
    await passes({ method: "PUT" });
    await passes({ path: "/rest/api/3/issue/JJ-2/comment" });
    await passes({ site: "https://api.atlassian.com/ex/jira/c2" });
    await clock.advance(3_000);
    await passes();
  });

  it("an issue: writes of this issue, by key or path below it; nothing else", async () => {
    const { meets, refused, passes } = governed();
    const headers = { "retry-after": "2", "ratelimit-reason": "jira-per-issue-on-write" };
    await meets({ method: "PUT" }, 429, headers);
    expect(await refused({ method: "POST", path: "/rest/api/3/issue/jj-2/comment" })).toEqual([
      "jira_rate_limited",
      2,
      "issue",
    ]);
    await passes();
    await passes({ method: "PUT", path: "/rest/api/3/issue/JJ-3" });
  });

  it("a quota of the tenant: the site until the hour is over; of the app: all its sites", async () => {
    const { meets, refused, passes, clock } = governed();
    await meets({}, 429, { "ratelimit-reason": "jira-quota-tenant-based" });
    expect(await refused({ path: "/rest/api/3/field" })).toEqual(["jira_rate_limited", 1_800, "site"]);
    const other = { site: "https://api.atlassian.com/ex/jira/c2" };
    await passes(other);
    await meets(other, 429, { "retry-after": "60", "ratelimit-reason": "jira-quota-global-based" });
    expect(await refused({ site: "https://api.atlassian.com/ex/jira/c3" })).toEqual([
      "jira_rate_limited",
      60,
      "app",
    ]);
    await passes({ site: "https://api.atlassian.com/ex/jira/c3", app: "another" });
    await clock.advance(1_800_000);
    await passes();
  });

  it("a limit without a name or a time: the site, for longer each time it comes back", async () => {
    const { meets, refused, clock } = governed();
    const gateway = { "x-failure-category": "FAILURE CLIENT RATE LIMITED", "x-ratelimit-limit": "360000" };
    const waits: unknown[] = [];
    for (let time = 0; time < 6; time++) {
      await meets({}, 429, gateway);
      const [, wait] = await refused({});
      waits.push(wait);
      await clock.advance((wait as number) * 1000);
    }
    expect(waits).toEqual([2, 3, 6, 12, 21, 21]);
  });

  it("a 503 with a time: this resource", async () => {
    const { meets, refused, passes } = governed();
    await meets({}, 503, { "retry-after": "Thu, 26 Mar 2026 15:30:09 GMT" });
    expect(await refused({})).toEqual(["jira_rate_limited", 9, "endpoint"]);
    await passes({ path: "/rest/api/3/field" });
    await meets({ path: "/rest/api/3/field" }, 503, {});
    await passes({ path: "/rest/api/3/field" });
  });

  it("writes to one issue are kept below what Cloud allows, before it has to say so", async () => {
    const { enter, went, clock, passes } = governed();
    const write = { method: "PUT", path: "/rest/api/3/issue/JJ-2" };
    for (let n = 0; n < 25; n++)
      void enter(`w${n}`, write).then((turn) => turn.answered({ status: 204, headers: {} }));
    await clock.advance(0);
    expect(went).toHaveLength(20);
    await passes();
    await clock.advance(2_000);
    expect(went).toHaveLength(25);
  });
});

describe("when a closure is over", () => {
  it("one goes first, and the others only after its answer, interactive before bulk", async () => {
    const { meets, enter, went, clock } = governed();
    await meets({}, 429, { "retry-after": "5", "ratelimit-reason": "jira-burst-based" });
    const turns = ["b1", "b2", "i1", "i2"].map((name) =>
      enter(name, { priority: name.startsWith("b") ? "bulk" : "interactive" }),
    );
    await clock.advance(4_999);
    expect(went).toEqual([]);
    await clock.advance(1);
    expect(went).toEqual(["i1"]);
    (await turns[2]!).answered({ status: 200, headers: {} });
    await clock.advance(0);
    expect(went).toEqual(["i1", "i2", "b1", "b2"]);
  });

  it("a second refusal closes it again, and a call without an answer lets the next one try", async () => {
    const { meets, enter, went, clock } = governed();
    await meets({}, 429, { "retry-after": "5", "ratelimit-reason": "jira-burst-based" });
    const [a, b, c] = [enter("a"), enter("b"), enter("c")];
    await clock.advance(5_000);
    (await a).answered({
      status: 429,
      headers: { "retry-after": "7", "ratelimit-reason": "jira-burst-based" },
    });
    await clock.advance(6_999);
    expect(went).toEqual(["a"]);
    await clock.advance(1);
    (await b).failed();
    await clock.advance(0);
    expect(went).toEqual(["a", "b", "c"]);
    (await c).failed();
  });

  it("who may not wait so long is told at once, and an abort leaves the queue", async () => {
    const { meets, enter, refused, governor, call, clock, went } = governed();
    await meets({}, 429, { "retry-after": "30", "ratelimit-reason": "jira-burst-based" });
    const error = await failure(governor.enter(call({ max_wait_ms: 29_000 })).then(() => 0));
    expect([error.code, error.retry_after_s, error.details.sent]).toEqual(["jira_rate_limited", 30, false]);
    const controller = new AbortController();
    const waiting = enter("a", { signal: controller.signal });
    controller.abort(new Error("left"));
    await expect(waiting).rejects.toThrow("left");
    expect(governor.standing(SITE, "cloud").waiting).toEqual({ interactive: 0, bulk: 0 });
    const late = failure(governor.enter(call()));
    await governor.close();
    expect((await late).code).toBe("jira_rate_limited");
    await clock.advance(60_000);
    expect(went).toEqual([]);
    expect(
      await refused({ signal: AbortSignal.abort(new Error("before")) }).catch((e: Error) => e.message),
    ).toBe("before");
  });
});

describe("bulk work", () => {
  const bulk = { priority: "bulk" } as const;

  it("has at most six calls under way at a site, and interactive calls go past it", async () => {
    const { enter, went, passes, clock } = governed();
    const turns = Array.from({ length: 8 }, (_, n) => enter(`b${n}`, bulk));
    await clock.advance(0);
    expect(went).toHaveLength(6);
    await passes();
    (await turns[0]!).answered({ status: 200, headers: {} });
    await clock.advance(0);
    expect(went).toHaveLength(7);
  });

  it("leaves a tenth of an hourly quota to those somebody waits for", async () => {
    const { meets, refused, passes, governor, clock } = governed();
    const policy = { "ratelimit-policy": '"global-app-quota";q=65000;w=3600, "tenant";q=100;w=60' };
    await meets({}, 200, { ...policy, ratelimit: '"tenant";r=50;t=10,"global-app-quota";r=6600;t=600' });
    await passes(bulk);
    await meets({}, 200, { ...policy, ratelimit: '"global-app-quota";r=6400;t=600' });
    expect(await refused(bulk)).toEqual(["jira_rate_limited", 600, "site"]);
    await passes();
    expect(governor.standing(SITE, "cloud")).toEqual({
      open: true,
      closed: [],
      quotas: [
        { name: "tenant", reach: "site", limit: 100, window_s: 60, remaining: 50, resets_in_s: 10 },
        {
          name: "global-app-quota",
          reach: "app",
          limit: 65_000,
          window_s: 3_600,
          remaining: 6_400,
          resets_in_s: 600,
        },
      ],
      waiting: { interactive: 0, bulk: 0 },
    });
    await clock.advance(600_000);
    await passes(bulk);
  });

  it("heeds the older headers once Jira says that little is left", async () => {
    const { meets, refused, passes } = governed();
    const headers = {
      "x-ratelimit-limit": "350",
      "x-ratelimit-remaining": "20",
      "x-ratelimit-reset": "2026-03-26T15:31Z",
    };
    await meets({}, 200, headers);
    await passes(bulk);
    await meets({}, 200, { ...headers, "x-ratelimit-nearlimit": "true" });
    expect(await refused(bulk)).toEqual(["jira_rate_limited", 60, "site"]);
    await passes();
  });
});

describe("Data Center's bucket", () => {
  const jira = {
    site: "https://jira.example.com/jira",
    flavor: "datacenter-oauth2",
    account: "alana",
  } as const;
  const headers = (remaining: number) => ({
    "x-ratelimit-limit": "50",
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-fillrate": "10",
    "x-ratelimit-interval-seconds": "1",
    "retry-after": "0",
  });

  it("is reckoned forward; bulk leaves a fifth of it, and each account has its own", async () => {
    const { meets, refused, passes, governor, clock } = governed();
    await meets(jira, 200, headers(9));
    expect(governor.standing(jira.site).bucket).toEqual({ limit: 50, remaining: 9, per_s: 10 });
    expect(await refused({ ...jira, priority: "bulk" })).toEqual(["jira_rate_limited", 1, "account"]);
    await passes(jira);
    await passes({ ...jira, account: "william", priority: "bulk" });
    await clock.advance(300);
    await passes({ ...jira, priority: "bulk" });
    await meets(jira, 200, headers(0));
    expect(await refused(jira)).toEqual(["jira_rate_limited", 1, "account"]);
    await clock.advance(100);
    await passes(jira);
  });

  it("when empty, closes for the account as long as Jira says", async () => {
    const { meets, refused, passes } = governed();
    await meets(jira, 429, { ...headers(0), "retry-after": "4" });
    expect(await refused({ ...jira, path: "/rest/api/2/field" })).toEqual([
      "jira_rate_limited",
      4,
      "account",
    ]);
    await passes({ ...jira, account: "william" });
  });
});

describe("what it keeps", () => {
  it("stays bounded, whatever is limited", () => {
    const gates = createGates(() => 0);
    for (let n = 0; n < 20_000; n++) {
      const call: GatedCall = {
        site: SITE,
        flavor: "cloud",
        method: "PUT",
        path: `/rest/api/3/issue/JJ-${n}`,
        priority: "interactive",
      };
      gates.admit(call, n);
      gates.ended(call, { closure: { reach: "issue", wait_s: 60, reason: "x" }, quotas: [] }, n);
    }
    expect(gates.size()).toBeLessThanOrEqual(10_000);
  });

  it("names no issue, account or search", () => {
    expect(templateOf("/rest/api/3/issue/JJ-2/comment/10010?x=1")).toBe("/rest/api/3/issue/{}/comment/{}");
    expect(templateOf("/rest/api/3/user/5be24ad8b1653240376955d2/x%40y")).toBe("/rest/api/3/user/{}/{}");
    const gates = createGates(() => 0);
    const call: GatedCall = {
      site: "s",
      flavor: "datacenter-oauth1",
      method: "PUT",
      path: "/rest/api/2/issue/SECRET-1",
      account: "alana",
      priority: "bulk",
    };
    for (const reach of ["issue", "account", "endpoint"] as const) {
      gates.ended(call, { closure: { reach, wait_s: 60, reason: "x" }, quotas: [] }, 0);
    }
    expect(JSON.stringify(gates.closedNow(1))).not.toMatch(/SECRET|alana/);
    expect(gates.closedNow(1)).toHaveLength(3);
  });

  it("reads no limit out of answers that tell none, nor out of the informational ones", () => {
    expect(readLimits("cloud", 200, { "beta-ratelimit": '"a";r=0;t=9', "retry-after": "9" }, 0)).toEqual({
      quotas: [],
    });
    expect(readLimits("cloud", 200, { ratelimit: "nonsense; r=" }, 0)).toEqual({ quotas: [] });
    expect(
      readLimits("datacenter-oauth2", 200, { "x-ratelimit-limit": "-1", "x-ratelimit-remaining": "x" }, 0),
    ).toEqual({ quotas: [] });
  });
});
