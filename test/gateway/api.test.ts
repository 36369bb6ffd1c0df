import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { HandleLimits } from "../../src/handles/index.ts";
import type { Connection } from "../../src/vault/index.ts";
import { EVERYTHING, openStage, type Stage } from "./proxy-stage.ts";
import { raw } from "./raw-socket.ts";

let stage: Stage;
let cloud: Connection;
let dc1: Connection;
let theirs: Connection;
let manage: string;
let read: string;
let other: string;

beforeAll(async () => {
  stage = await openStage();
  cloud = await stage.connect("cloud");
  dc1 = await stage.connect("datacenter-oauth1");
  theirs = await stage.connect("cloud", "tenant-2");
  manage = await stage.key([cloud, dc1], { ...EVERYTHING, api: "manage" });
  read = await stage.key([cloud], { policy: "raw", api: "read" });
  other = await stage.key([theirs], { ...EVERYTHING, api: "manage" }, "tenant-2");
});
afterAll(() => stage.close());

type Reply = { status: number; headers: Headers; text: string; json: Json };
// biome-ignore lint/suspicious/noExplicitAny: JSON is read by path here, and a wrong path fails the test.
type Json = any;

async function call(
  method: string,
  path: string,
  key?: string,
  body?: unknown,
  headers = {},
): Promise<Reply> {
  const answer = await fetch(`${stage.skins.node}${path}`, {
    method,
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const { status } = answer;
  return { status, headers: answer.headers, text, json: text.startsWith("{") ? JSON.parse(text) : undefined };
}

function expectProblem(reply: Reply, status: number, code: string): void {
  expect(reply.status, reply.text).toBe(status);
  expect(reply.headers.get("content-type")).toBe("application/problem+json");
  expect(reply.json).toMatchObject({ status, code, type: expect.stringMatching(/^https:\/\//) });
  for (const name of ["title", "detail", "fix", "instance"])
    expect(reply.json[name], name).toEqual(expect.any(String));
  expect(reply.json.instance).toContain(reply.headers.get("x-request-id"));
}

describe("who may call", () => {
  it.each([
    ["no key", undefined],
    ["a key nobody has", `lk_${"x".repeat(43)}`],
    ["something else", "garbage"],
  ])("nobody with %s", async (_what, key) => {
    for (const path of ["/api/v1/connections", "/api/v1/nowhere", "/api"]) {
      const reply = await call("GET", path, key);
      expectProblem(reply, 401, "unauthenticated");
      expect(reply.headers.get("www-authenticate")).toMatch(/^Bearer/);
    }
  });

  it("no handle that was made for the proxy alone", async () => {
    const key = await stage.key([cloud], EVERYTHING);
    expectProblem(await call("GET", "/api/v1/connections", key), 403, "forbidden");
  });

  it("a reader to read, and only that", async () => {
    expect((await call("GET", "/api/v1/connections", read)).status).toBe(200);
    for (const [method, path] of [
      ["DELETE", `/api/v1/connections/${cloud.id}`],
      ["POST", `/api/v1/connections/${cloud.id}/refresh`],
      ["POST", `/api/v1/connections/${cloud.id}/test`],
      ["POST", "/api/v1/registrations"],
      ["POST", "/api/v1/handles"],
      ["DELETE", "/api/v1/handles/hdl_x"],
    ] as const) {
      expectProblem(await call(method, path, read), 403, "forbidden");
    }
    expect((await stage.hall.vault.connections.get("local", cloud.id)).state).toBe("active");
  });

  it("whose body is not read before the key is known", async () => {
    const head = "POST /api/v1/handles HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json";
    const sent = `${head}\r\nContent-Length: 50000000\r\n\r\n${"x".repeat(100_000)}`;
    const answer = await raw(stage.skins.node, sent, { quiet_ms: 5_000 });
    expect(answer.status).toBe(401);
    expect(answer.head).toMatch(/^connection: close/im);
  });
});

describe("connections", () => {
  it("are listed and shown without owner, family or token", async () => {
    const { json } = await call("GET", "/api/v1/connections", read);
    expect(json.connections.map((one: Json) => one.id).sort()).toEqual([cloud.id, dc1.id].sort());
    const one = await call("GET", `/api/v1/connections/${cloud.id}`, read);
    expect(one.json).toMatchObject({
      id: cloud.id,
      flavor: "cloud",
      state: "active",
      site: { name: "acme", deployment: "cloud" },
      account: { display_name: expect.stringMatching(/alana/i) },
      proxy_url: `${stage.skins.node}/jira/${cloud.id}`,
    });
    expect(one.text).not.toMatch(/owner|family_id|api_base_url|token_id|sealed/);
    const filtered = await call("GET", "/api/v1/connections?registration_id=dc1", read);
    expect(filtered.json.connections.map((connection: Json) => connection.id)).toEqual([dc1.id]);
  });

  it("of another owner do not exist, whatever is asked of them", async () => {
    for (const [method, path] of [
      ["GET", ""],
      ["GET", "/sites"],
      ["POST", "/refresh"],
      ["POST", "/test"],
      ["DELETE", ""],
    ] as const) {
      const foreign = await call(method, `/api/v1/connections/${theirs.id}${path}`, manage);
      expectProblem(foreign, 404, "not_found");
      const absent = await call(method, `/api/v1/connections/con_absent${path}`, manage);
      expect(absent.json.detail).toBe(foreign.json.detail);
    }
    expect((await call("GET", `/api/v1/connections/${theirs.id}`, other)).status).toBe(200);
  });

  it("are tested by asking Jira who they are", async () => {
    for (const connection of [cloud, dc1]) {
      const reply = await call("POST", `/api/v1/connections/${connection.id}/test`, manage);
      expect(reply.json).toMatchObject({ account: { display_name: expect.stringMatching(/alana/i) } });
    }
    stage.hall.sandbox.control.faults({
      match: { path: "*/myself", times: 1 },
      status: 403,
      body: { errorMessages: ["You do not have the permission."], errors: {} },
    });
    const refused = await call("POST", `/api/v1/connections/${cloud.id}/test`, manage);
    expectProblem(refused, 403, "jira_forbidden");
    expect(refused.json.jira.errorMessages).toEqual(["You do not have the permission."]);
  });

  it("are refreshed on demand, and an application link stays as it is", async () => {
    const before = await stage.hall.vault.connections.get("local", cloud.id);
    stage.hall.clock.ahead_ms += 1_000;
    const reply = await call("POST", `/api/v1/connections/${cloud.id}/refresh`, manage);
    expect(reply.status).toBe(200);
    expect(reply.json.last_rotated_at).toBeGreaterThan(before.last_rotated_at);
    const link = await call("POST", `/api/v1/connections/${dc1.id}/refresh`, manage, {});
    expect(link.json.last_rotated_at).toBe(dc1.last_rotated_at);
  });

  it("tell which sites their consent reaches", async () => {
    const { json } = await call("GET", `/api/v1/connections/${cloud.id}/sites`, read);
    expect(json.sites).toEqual([
      { id: cloud.site.id, url: cloud.site.url, name: "acme", connection_id: cloud.id },
    ]);
    const dc = await call("GET", `/api/v1/connections/${dc1.id}/sites`, read);
    expect(dc.json.sites).toMatchObject([{ id: dc1.site.id, connection_id: dc1.id }]);
  });

  it("are forgotten, and say where the person takes the approval back", async () => {
    const gone = await stage.connect("datacenter-oauth2");
    const reply = await call("DELETE", `/api/v1/connections/${gone.id}`, manage);
    expect(reply.json).toMatchObject({
      revoked: false,
      where: expect.stringContaining("/users/access-tokens"),
    });
    expectProblem(await call("GET", `/api/v1/connections/${gone.id}`, manage), 404, "not_found");
    expectProblem(await call("DELETE", `/api/v1/connections/${gone.id}`, manage), 404, "not_found");
  });

  it("that died say of what, and what to do", async () => {
    const dying = await stage.connect("datacenter-oauth1");
    await stage.hall.vault
      .rejected("local", dying.id, (await stage.hall.vault.credentialFor("local", dying.id)).token_id)
      .catch(() => {});
    const shown = await call("GET", `/api/v1/connections/${dying.id}`, manage);
    expect(shown.json).toMatchObject({
      state: "dead",
      dead: { cause: "token_rejected", next_step: expect.any(String) },
    });
    expect(shown.json.dead.evidence).toBeUndefined();
    expectProblem(await call("POST", `/api/v1/connections/${dying.id}/test`, manage), 409, "connection_dead");
    const events = await call("GET", `/api/v1/events?connection_id=${dying.id}&limit=10`, read);
    expect(events.json.events[0]).toMatchObject({
      connection_id: dying.id,
      data: { cause: "token_rejected" },
      type: expect.any(String),
    });
    const foreign = await call("GET", "/api/v1/events", other);
    expect(foreign.json.events.map((one: Json) => one.connection_id)).not.toContain(dying.id);
    const asked = await call("GET", `/api/v1/events?connection_id=${dying.id}`, other);
    expect(asked.json.events).toEqual([]);
  });
});

describe("registrations", () => {
  const secret = `client-secret-${randomBytes(8).toString("hex")}`;
  const input = (change = {}) => ({
    id: "mine",
    flavor: "datacenter-oauth2",
    client_id: "app",
    client_secret: secret,
    site_base_url: "https://jira.example.com/jira",
    ...change,
  });

  it("take a secret in and never give it out", async () => {
    const made = await call("POST", "/api/v1/registrations", manage, input());
    expect(made.status, made.text).toBe(201);
    expect(made.json).toMatchObject({
      id: "mine",
      own: true,
      state: "active",
      has_secret: true,
      redirect_uri: `${stage.skins.node}/callback/mine`,
      scope: expect.any(Array),
    });
    const list = await call("GET", "/api/v1/registrations", manage);
    expect(list.json.registrations.map((one: Json) => one.id)).toEqual(
      expect.arrayContaining(["mine", "cloud"]),
    );
    expect(list.json.registrations.find((one: Json) => one.id === "cloud").own).toBe(false);
    for (const { text } of [made, list]) {
      expect(text).not.toContain(secret);
      expect(text).not.toMatch(/PRIVATE KEY|client_secret|private_key|evidence/);
    }
    expect((await stage.hall.vault.registrations.clientSecret("mine"))?.reveal()).toBe(secret);
  });

  it("made by a handle are its owner's, and open no private address", async () => {
    const record = await stage.hall.vault.registrations.get("mine");
    expect(record).toMatchObject({ owner: "local", allowance: false });
    const seen = await call("GET", "/api/v1/registrations", other);
    expect(seen.json.registrations.map((one: Json) => one.id)).not.toContain("mine");
  });

  it.each<[string, object, number, string]>([
    ["an id in use", {}, 400, "id"],
    ["an id with a slash", { id: "a/b" }, 400, "id"],
    ["a flavor nobody knows", { id: "b", flavor: "server" }, 400, "flavor"],
    ["an address that is no URL", { id: "b", site_base_url: "jira" }, 400, "site_base_url"],
    ["an address that is a script", { id: "b", redirect_uri: "javascript:alert(1)" }, 400, "redirect_uri"],
    ["an allowance it asks for itself", { id: "b", allowance: true }, 400, "allowance"],
    ["an owner it names itself", { id: "b", owner: "tenant-2" }, 400, "owner"],
    ["a scope that is no list", { id: "b", scope: "READ" }, 400, "scope"],
  ])("are refused for %s, and the field is named", async (_what, change, status, name) => {
    const reply = await call("POST", "/api/v1/registrations", manage, input(change));
    expectProblem(reply, status, "bad_request");
    expect(reply.json.errors.map((one: Json) => one.field)).toContain(name);
    expect(reply.text).not.toContain(secret);
    expect(await stage.hall.vault.registrations.find("b")).toBeUndefined();
  });
});

describe("handles", () => {
  it("are made, work at once, are listed without their keys, and are revoked at once", async () => {
    const made = await call("POST", "/api/v1/handles", manage, {
      name: "a report",
      connection_ids: [cloud.id],
      limits: { methods: ["GET"], path_prefixes: ["/rest/api/3/myself"], policy: "raw" },
    });
    expect(made.status, made.text).toBe(201);
    const { id, key } = made.json;
    expect(key).toMatch(/^lk_[\w-]{43}$/);
    expect((await call("GET", `/jira/${cloud.id}/rest/api/3/myself`, key)).status).toBe(200);
    expectProblem(await call("GET", `/jira/${cloud.id}/rest/api/3/project`, key), 403, "forbidden");
    const list = await call("GET", "/api/v1/handles", read);
    expect(list.json.handles.find((one: Json) => one.id === id)).toMatchObject({ name: "a report" });
    expect(list.text).not.toContain("lk_");
    expectProblem(await call("DELETE", `/api/v1/handles/${id}`, other), 404, "not_found");
    expect((await call("DELETE", `/api/v1/handles/${id}`, manage)).json).toEqual({ id, revoked: true });
    expectProblem(await call("GET", `/jira/${cloud.id}/rest/api/3/myself`, key), 401, "unauthenticated");
  });

  it("never do more than the handle they were made with", async () => {
    const expires_at = stage.hall.now() + 60_000;
    const limits: HandleLimits = {
      methods: ["GET"],
      path_prefixes: ["/rest/api/3/issue"],
      policy: "raw",
      api: "manage",
    };
    const { key } = await stage.handles.create({
      owner: "local",
      name: "narrow",
      connection_ids: [cloud.id],
      limits,
      expires_at,
    });
    const narrow = key.reveal();
    const fits = { name: "x", connection_ids: [cloud.id], limits, expires_at };
    expect((await call("POST", "/api/v1/handles", narrow, fits)).status).toBe(201);
    const inside = { ...fits, limits: { ...limits, path_prefixes: ["/rest/api/3/issue/JJ-2"], api: "read" } };
    expect((await call("POST", "/api/v1/handles", narrow, inside)).status).toBe(201);
    for (const [field, change] of [
      ["connection_ids", { connection_ids: [dc1.id] }],
      ["limits.methods", { limits: { ...limits, methods: ["GET", "PUT"] } }],
      ["limits.path_prefixes", { limits: { ...limits, path_prefixes: ["/rest/api/3/issues"] } }],
      ["limits.path_prefixes", { limits: { ...limits, path_prefixes: ["/"] } }],
      ["limits.path_prefixes", { limits: { methods: ["GET"], policy: "raw" } }],
      ["expires_at", { expires_at: undefined }],
      ["expires_at", { expires_at: expires_at + 1 }],
    ] as const) {
      const reply = await call("POST", "/api/v1/handles", narrow, { ...fits, ...change });
      expectProblem(reply, 403, "forbidden");
      expect(reply.json.detail).toContain(field);
    }
    const silent = await stage.key([cloud], { api: "manage" });
    const loud = { name: "x", connection_ids: [cloud.id], limits: { policy: "raw" } };
    expectProblem(await call("POST", "/api/v1/handles", silent, loud), 403, "forbidden");
  });

  it("name no connection of another owner", async () => {
    const body = { name: "x", connection_ids: [theirs.id], limits: { policy: "raw" } };
    const reply = await call("POST", "/api/v1/handles", manage, body);
    expect([403, 404]).toContain(reply.status);
  });
});
