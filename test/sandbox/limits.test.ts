import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RunningSandbox } from "../../src/sandbox/index.ts";
import { connect } from "./auth-cloud-client.ts";
import { type Answer, type Client, cloudAs, dataCenterAs, gatewayWith, start } from "./rest-client.ts";

let sandbox: RunningSandbox;
let app: Client;
let token: string;
beforeAll(async () => {
  sandbox = await start();
});
afterAll(() => sandbox.stop());
beforeEach(async () => {
  sandbox.control.reset();
  token = (await connect(sandbox, { scope: "read:jira-work write:jira-work read:jira-user" })).access_token;
  app = gatewayWith(sandbox, token);
});

const HOUR_MS = 3_600_000;
const headersOf = (answer: Answer, ...names: string[]): Array<string | null> =>
  names.map((name) => answer.headers.get(name));
const issue = "/rest/api/3/issue/JJ-2";

/** To the first second of the next hour of UTC, so that a test does not run over the end of one. */
function toNextHour(): void {
  sandbox.control.advance((HOUR_MS - (sandbox.control.state().clock.now_ms % HOUR_MS)) / 1000 + 1);
}

async function freshHour(): Promise<void> {
  toNextHour();
  token = (await connect(sandbox, { scope: "read:jira-work write:jira-work read:jira-user" })).access_token;
  app = gatewayWith(sandbox, token);
}

describe("Cloud's points", () => {
  it("counts a point a call and one an object read, two a person, and tells what is left", async () => {
    await freshHour();
    sandbox.control.switches({ cloud_points_per_hour: "1000" });
    const read = await app.get(issue);
    expect(headersOf(read, "ratelimit-policy", "x-ratelimit-limit", "x-ratelimit-remaining")).toEqual([
      '"global-app-quota";q=1000;w=3600',
      "1000",
      "998",
    ]);
    expect(read.headers.get("ratelimit")).toMatch(/^"global-app-quota";t=3\d\d\d$/);
    expect(read.headers.get("x-ratelimit-nearlimit")).toBeNull();
    const search = { jql: "key in (JJ-1, JJ-2)" };
    expect(headersOf(await app.post("/rest/api/3/search/jql", search), "x-ratelimit-remaining")).toEqual([
      "995",
    ]);
    expect(headersOf(await app.get("/rest/api/3/myself"), "x-ratelimit-remaining")).toEqual(["992"]);
    const write = await app.put(issue, { fields: { labels: ["x"] } });
    expect(headersOf(write, "x-ratelimit-remaining")).toEqual(["991"]);
    expect(sandbox.control.state().limits.cloud_points).toEqual({ "sandbox-cloud-app": 9 });
    const basic = await cloudAs(sandbox, "alana").get(issue);
    expect(headersOf(basic, "ratelimit-policy", "x-ratelimit-limit")).toEqual([null, null]);
  });

  it("warns near the end, refuses until the hour of UTC is over, on every site, and then begins anew", async () => {
    await freshHour();
    const globex = (await connect(sandbox, { scope: "read:jira-work" }, "globex")).access_token;
    sandbox.control.switches({ cloud_points_per_hour: "10" });
    for (let used = 0; used < 8; used += 2) await app.get(issue);
    const near = await app.get(issue);
    expect(headersOf(near, "x-ratelimit-nearlimit", "x-ratelimit-remaining")).toEqual(["true", "0"]);
    expect(near.headers.get("ratelimit")).toMatch(/;r=0;t=/);
    const refused = await gatewayWith(sandbox, globex, "globex").get(issue);
    expect(refused.status).toBe(429);
    expect(headersOf(refused, "ratelimit-reason", "x-ratelimit-remaining")).toEqual([
      "jira-quota-global-based",
      "0",
    ]);
    const reset = refused.headers.get("x-ratelimit-reset") ?? "";
    expect(reset).toMatch(/^\d{4}-\d\d-\d\dT\d\d:00:00Z$/);
    const wait_ms = Date.parse(reset) - Date.parse(refused.headers.get("date") ?? "");
    expect(Math.abs(Number(refused.headers.get("retry-after")) - wait_ms / 1000)).toBeLessThanOrEqual(1);
    sandbox.control.switches({
      rate_limit_reset: "minutes",
      rate_limit_body: "empty",
      rate_limit_status: "503",
    });
    const other = await app.get(issue);
    expect([other.status, other.text]).toEqual([503, ""]);
    expect(other.headers.get("x-ratelimit-reset")).toMatch(/T\d\d:00Z$/);
    toNextHour();
    expect((await connect(sandbox)).status).toBe(200);
    await freshHour();
    expect((await app.get(issue)).status).toBe(200);
  });

  it("counts a quota of each site for itself, and only tells what is not enforced yet", async () => {
    await freshHour();
    sandbox.control.switches({ cloud_points_per_tenant: "2" });
    expect((await app.get(issue)).status).toBe(200);
    const refused = await app.get(issue);
    expect(headersOf(refused, "ratelimit-reason", "ratelimit-policy")).toEqual([
      "jira-quota-tenant-based",
      '"tenant-app-quota";q=2;w=3600',
    ]);
    sandbox.control.switches({ quota_headers: "beta" });
    const told = await app.get(issue);
    expect(told.status).toBe(200);
    expect(
      headersOf(told, "beta-ratelimit-policy", "x-beta-ratelimit-remaining", "ratelimit-policy"),
    ).toEqual(['"tenant-app-quota";q=2;w=3600', "0", null]);
    expect(Number(told.headers.get("beta-retry-after"))).toBeGreaterThan(3000);
  });
});

describe("Cloud's bursts", () => {
  it("are shared by all callers of one endpoint and method of a site, and fill with time", async () => {
    // Two calls at once, and one more every hundred seconds.
    sandbox.control.switches({ cloud_burst: "GET=0.01,PUT=1", cloud_burst_bucket_s: "200" });
    expect((await app.get(issue)).status).toBe(200);
    const second = await cloudAs(sandbox, "william").get("/rest/api/3/issue/JJ-1");
    expect(headersOf(second, "x-ratelimit-limit", "x-ratelimit-remaining")).toEqual(["2", "0"]);
    const refused = await app.get(issue);
    expect([refused.status, refused.body]).toEqual([429, { code: 429, message: "Rate limit exceeded" }]);
    expect(headersOf(refused, "ratelimit-reason", "x-ratelimit-remaining", "x-ratelimit-nearlimit")).toEqual([
      "jira-burst-based",
      "0",
      null,
    ]);
    expect(Math.abs(Number(refused.headers.get("retry-after")) - 90)).toBeLessThanOrEqual(10);
    expect((await app.get("/rest/api/3/issue/JJ-2/comment")).status).toBe(200);
    expect((await cloudAs(sandbox, "alana", "globex").get(issue)).status).toBe(200);
    sandbox.control.advance(101);
    expect((await app.get(issue)).status).toBe(200);
    sandbox.control.switches({ rate_limit_form: "gateway" });
    const bare = await app.get(issue);
    expect(headersOf(bare, "retry-after", "x-failure-category", "x-ratelimit-limit")).toEqual([
      null,
      "FAILURE CLIENT RATE LIMITED",
      "360000",
    ]);
  });

  it("lets one issue be written to so often, and others beside it", async () => {
    sandbox.control.switches({ cloud_issue_writes: "2/60s,3/600s" });
    const write = async (key: string): Promise<Answer> =>
      cloudAs(sandbox, "alana").put(`/rest/api/3/issue/${key}`, { fields: { labels: ["w"] } });
    expect([(await write("JJ-1")).status, (await write("jj-1")).status]).toEqual([204, 204]);
    const refused = await write("JJ-1");
    expect([refused.status, ...headersOf(refused, "ratelimit-reason", "x-ratelimit-limit")]).toEqual([
      429,
      "jira-per-issue-on-write",
      "2",
    ]);
    expect((await write("JJ-2")).status).toBe(204);
    expect((await cloudAs(sandbox, "alana").get("/rest/api/3/issue/JJ-1")).status).toBe(200);
    sandbox.control.advance(Number(refused.headers.get("retry-after")) + 1);
    expect((await write("JJ-1")).status).toBe(204);
    expect(headersOf(await write("JJ-1"), "x-ratelimit-limit")).toEqual(["3"]);
  });
});

describe("Data Center's bucket", () => {
  it("belongs to a user, is told on every answer, and fills at the end of each interval", async () => {
    sandbox.control.switches({ dc_bucket: "2/1000s/3" });
    const alana = dataCenterAs(sandbox, "alana");
    const names = ["limit", "remaining", "interval-seconds", "fillrate"].map((name) => `x-ratelimit-${name}`);
    const path = "/rest/api/2/myself";
    expect(headersOf(await alana.get(path), ...names, "retry-after")).toEqual(["3", "2", "1000", "2", "0"]);
    await alana.get(path);
    expect(Number((await alana.get(path)).headers.get("retry-after"))).toBeGreaterThan(900);
    const refused = await alana.get(path);
    expect([refused.status, ...headersOf(refused, "x-ratelimit-remaining")]).toEqual([429, "0"]);
    expect((await dataCenterAs(sandbox, "william").get(path)).status).toBe(200);
    const nobody = await dataCenterAs(sandbox).get("/rest/api/2/serverInfo");
    expect([nobody.status, nobody.headers.get("x-ratelimit-limit")]).toEqual([200, null]);
    expect(sandbox.control.state().limits.dc_bucket).toEqual({ alana: 0, william: 2 });
    sandbox.control.advance(1000);
    const filled = await alana.get(path);
    expect([filled.status, ...headersOf(filled, "x-ratelimit-remaining")]).toEqual([200, "1"]);
  });
});

describe("switches set while it runs", () => {
  it("are checked as a whole, taken back one by one or by a reset, and may be set over HTTP", async () => {
    const set = async (body: unknown): Promise<number> =>
      (await fetch(`${sandbox.cloudUrl}/__sandbox/switches`, { method: "POST", body: JSON.stringify(body) }))
        .status;
    const now = (): unknown => sandbox.control.state().switches.dc_bucket;
    expect(await set({ dc_bucket: "5/1s" })).toBe(200);
    expect(now()).toBe("5/1s");
    for (const wrong of [
      { dc_bucket: "many" },
      { dc_bucket: "6/1s", no_such: "1" },
      { cloud_burst: "GET" },
      [],
    ])
      expect(await set(wrong)).toBe(400);
    expect(now()).toBe("5/1s");
    expect(await set({ dc_bucket: null })).toBe(200);
    expect(now()).toBe("off");
    sandbox.control.switches({ dc_bucket: "5/1s" });
    sandbox.control.reset();
    expect(now()).toBe("off");
  });
});
