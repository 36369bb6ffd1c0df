import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fitsPattern, type HandleLimitsInput } from "../../src/handles/index.ts";
import { isWithin } from "../../src/handles/paths.ts";
import type { Connection } from "../../src/vault/index.ts";
import { EVERYTHING, OWNER, openStage, SKINS, type Stage } from "./proxy-stage.ts";

const POLICY = {
  name: "keys-only",
  document: {
    latchkey_policy: 1,
    flavor: "cloud",
    endpoints: [{ path: "/rest/api/3/issue/{issueIdOrKey}", answer: ["key", "fields.customfield_99999"] }],
  },
};
let stage: Stage;
let connection: Connection;
let other: Connection;

beforeAll(async () => {
  stage = await openStage({}, [POLICY]);
  connection = await stage.connect("cloud");
  other = await stage.connect("datacenter-oauth2");
});
afterAll(() => stage.close());

const get = (path: string, key: string, skin: "node" | "web" = "node") =>
  fetch(`${stage.skins[skin]}${path}`, { headers: { authorization: `Bearer ${key}` } });
const create = (key: string, limits: object, connection_ids: readonly string[] = [connection.id]) =>
  fetch(`${stage.skins.node}/api/v1/handles`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "child", connection_ids, limits }),
  });

describe("a path limit", () => {
  it.each([
    ["/rest/api/*/issue/*", "/rest/api/3/issue/JJ-2", true],
    ["/rest/api/*/issue/*", "/rest/api/3/issue/JJ-2/comment", false],
    ["/rest/api/*/issue/*", "/rest/api/3/issue", false],
    ["/rest/**/comment", "/rest/api/3/issue/JJ-2/comment", true],
    ["/rest/**/comment", "/rest/comment", true],
    ["/rest/**/comment", "/rest/api/3/issue/JJ-2/comments", false],
    ["/rest/api/3/**", "/rest/api/3", true],
    ["/rest/api/3/**", "/rest/api/33", false],
    ["/**", "/anything/at/all", true],
  ])("%s: %s is let through: %s", (pattern, path, expected) => {
    expect(fitsPattern(path, pattern)).toBe(expected);
  });

  it("that is within another one lets nothing through that the other does not", () => {
    const segment = fc.constantFrom("a", "b", "*", "**");
    const pattern = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
    const path = fc
      .array(fc.constantFrom("a", "b", "c"), { minLength: 1, maxLength: 5 })
      .map((parts) => `/${parts.join("/")}`);
    fc.assert(
      fc.property(pattern, pattern, path, (narrow, wide, one) => {
        if (isWithin(narrow, [wide]) && fitsPattern(one, narrow)) expect(fitsPattern(one, wide)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

describe.each(SKINS)("a handle, %s skin", (skin) => {
  const ask = async (limits: HandleLimitsInput, path = "/rest/api/3/myself", at = connection) => {
    const key = await stage.key([at], { ...EVERYTHING, ...limits });
    return await get(`/jira/${at.id}${path}`, key, skin);
  };

  it("that names whole paths lets those through and no other", async () => {
    const limits = { path_prefixes: [], path_patterns: ["/rest/api/*/issue/*"] };
    expect((await ask(limits, "/rest/api/3/issue/JJ-2")).status).toBe(200);
    expect((await ask(limits, "/rest/api/3/issue/JJ-2/comment")).status).toBe(403);
    expect((await ask(limits)).status).toBe(403);
  });

  it("that has made its calls answers 429 with the time to wait, and goes on after it", async () => {
    const key = await stage.key([connection], { ...EVERYTHING, rate: { per_minute: 2 } });
    const call = () => get(`/jira/${connection.id}/rest/api/3/myself`, key, skin);
    expect([(await call()).status, (await call()).status]).toEqual([200, 200]);
    const refused = await call();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(30);
    expect(await refused.json()).toMatchObject({ code: "rate_limited" });
  });

  it("that names a policy whose custom field the site does not have serves the rest", async () => {
    const answer = await ask({ policy: "keys-only" }, "/rest/api/3/issue/JJ-2");
    expect(await answer.json()).toEqual({ key: "JJ-2" });
  });
});

describe("a new handle", () => {
  it.each([
    ["limits.policy", { policy: "nobody-wrote-it" }],
    ["limits.path_patterns", { path_patterns: ["rest"] }],
    ["limits.path_patterns", { path_patterns: ["/rest/a*"] }],
    ["limits.path_patterns", { path_patterns: ["/**/**/**/**"] }],
    ["limits.rate", { rate: { per_minute: 0 } }],
    ["limits.rate", { rate: { per_minute: 1.5 } }],
    ["limits.sites", { sites: ["https://elsewhere.example.com"] }],
    ["limits.sites", { sites: [] }],
    ["limits.projects", { projects: [] }],
    ["limits.projects", { projects: ["NOPE"] }],
    ["limits.projects", { projects: ["JJ/../x"] }],
    ["limits.priority", { priority: "first" as "bulk" }],
  ])("is refused for a mistake in %s, which is named", async (field, limits) => {
    await expect(stage.key([connection], { ...EVERYTHING, ...limits })).rejects.toMatchObject({
      code: "bad_request",
      details: { field },
    });
  });

  it("is refused a policy of another kind of Jira, and an id of a project where it could mean two", async () => {
    await expect(stage.key([other], { ...EVERYTHING, policy: "keys-only" })).rejects.toMatchObject({
      details: { field: "limits.policy" },
    });
    await expect(
      stage.key([connection, other], { ...EVERYTHING, projects: ["10000"] }),
    ).rejects.toMatchObject({
      details: { field: "limits.projects" },
    });
  });

  it("keeps projects by their ids, one for each site", async () => {
    await stage.key([connection, other], { ...EVERYTHING, projects: ["jj"] });
    const { limits } = (await stage.handles.list(OWNER)).find(
      ({ connection_ids }) => connection_ids.length === 2,
    )!;
    expect(limits.projects).toEqual([
      { connection_id: connection.id, id: expect.stringMatching(/^\d+$/), key: "JJ" },
      { connection_id: other.id, id: expect.stringMatching(/^\d+$/), key: "JJ" },
    ]);
  });

  it("may never do more than the one that makes it", async () => {
    const limits = {
      methods: ["GET"],
      path_prefixes: ["/rest/api/3"],
      policy: "keys-only",
      projects: ["JJ"],
      sites: [connection.site.url],
      rate: { per_minute: 60 },
      priority: "bulk" as const,
      api: "manage" as const,
    };
    const parent = await stage.key([connection], limits);
    const child = { ...limits, rate: { per_minute: 30 }, path_prefixes: ["/rest/api/3/issue"] };
    expect((await create(parent, child)).status).toBe(201);
    expect(
      (await create(parent, { ...child, path_prefixes: [], path_patterns: ["/rest/api/3/*/x"] })).status,
    ).toBe(201);
    const { projects: _p, ...anyProject } = child;
    const { rate: _r, ...anyRate } = child;
    const { sites: _s, ...anySite } = child;
    for (const [field, more] of [
      ["limits.policy", { ...child, policy: "raw" }],
      ["limits.projects", anyProject],
      ["limits.rate", anyRate],
      ["limits.rate", { ...child, rate: { per_minute: 61 } }],
      ["limits.sites", anySite],
      ["limits.priority", { ...child, priority: "interactive" }],
      ["limits.methods", { ...child, methods: ["POST"] }],
      ["limits.path_prefixes", { ...child, path_prefixes: ["/rest"] }],
      ["limits.path_patterns", { ...child, path_patterns: ["/rest/**"] }],
      ["limits.path_patterns", { ...child, path_patterns: ["/rest/api/*/issue"] }],
    ] as const) {
      const answer = await create(parent, more);
      expect([field, answer.status, ((await answer.json()) as { detail: string }).detail]).toEqual([
        field,
        403,
        expect.stringContaining(`${field}:`),
      ]);
    }
  });
});

describe("a handle that asks about itself", () => {
  type Self = { well: boolean; handle: { limits: object }; connections: Record<string, unknown>[] };

  it("learns its limits and its connections, with no right to the API, and nothing of its owner", async () => {
    const key = await stage.key([connection], { ...EVERYTHING, policy: "keys-only" });
    const answer = await get("/api/v1/handles/self", key);
    const self = (await answer.json()) as Self;
    expect(self).toMatchObject({
      well: true,
      handle: { limits: { policy: "keys-only" } },
      connections: [{ connection_id: connection.id, site: connection.site.url, state: "active" }],
    });
    expect(JSON.stringify(self)).not.toMatch(/alana|"key"/i);
    expect((await get("/api/v1/handles", key)).status).toBe(403);
  });

  it("has the token and the policy tried where it says so", async () => {
    const key = await stage.key([connection], { ...EVERYTHING, policy: "keys-only" });
    const well = (await (await get("/api/v1/handles/self?test=1", key)).json()) as Self;
    expect(well.connections[0]).toMatchObject({ token: { well: true }, policy: { well: true } });
    stage.hall.sandbox.control.faults({ match: { path: "*/myself", times: 9 }, status: 403, body: "{}" });
    const ill = (await (await get("/api/v1/handles/self?test=1", key)).json()) as Self;
    stage.hall.sandbox.control.clearFaults?.();
    expect(ill.well).toBe(false);
    expect(ill.connections[0]).toMatchObject({ token: { well: false, code: "jira_forbidden" } });
  });
});
