import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GatewayParts } from "../../src/gateway/index.ts";
import { createMachine } from "../../src/gateway/machine.ts";
import { createMetrics } from "../../src/gateway/metrics.ts";
import { EVERYTHING, openStage, type Stage } from "./proxy-stage.ts";

let stage: Stage;
let key: string;
beforeAll(async () => {
  stage = await openStage();
  key = await stage.key([], { ...EVERYTHING, api: "manage" });
});
afterAll(() => stage.close());

async function send(method: string, path: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${key}`, ...init.headers };
  const answer = await fetch(`${stage.skins.node}${path}`, { method, ...init, headers });
  const text = await answer.text();
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    json: text.startsWith("{") ? JSON.parse(text) : {},
  };
}
const json = { "content-type": "application/json" };

describe("what comes in", () => {
  it.each([
    ["cut JSON", '{"name": "x"'],
    ["two objects", "{}{}"],
    ["invalid UTF-8", new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ])("is refused for %s", async (_what, body) => {
    const reply = await send("POST", "/api/v1/handles", { headers: json, body });
    expect(reply.status).toBe(400);
    expect(reply.json).toMatchObject({ code: "bad_request", detail: "The body is not JSON." });
  });

  it.each([["[]"], ["null"], ['"x"'], ["1"]])(
    "is refused where an object was asked for: %s",
    async (body) => {
      const reply = await send("POST", "/api/v1/handles", { headers: json, body });
      expect(reply.status).toBe(400);
      expect(reply.headers.get("content-type")).toBe("application/problem+json");
    },
  );

  it("is refused with every wrong field named", async () => {
    const body = JSON.stringify({
      name: "",
      connection_ids: ["a", 1],
      limits: { methods: ["get"], speed: 1 },
      nme: 1,
    });
    const reply = await send("POST", "/api/v1/handles", { headers: json, body });
    expect(reply.status).toBe(400);
    const fields = reply.json.errors.map((one: { field: string }) => one.field).sort();
    expect(fields).toEqual(["connection_ids.1", "limits.methods.0", "limits.speed", "name", "nme"]);
    expect(reply.json.detail).toContain(":");
  });

  it("may not be absent where something is needed, nor present where nothing is taken", async () => {
    expect((await send("POST", "/api/v1/handles")).status).toBe(400);
    const extra = await send("POST", "/api/v1/connections/con_x/refresh", {
      headers: json,
      body: '{"force":true}',
    });
    expect(extra.status).toBe(400);
    expect(extra.json.errors).toEqual([{ field: "force", says: "There is no such field." }]);
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])(
    "is refused as %s",
    async (type) => {
      const headers: Record<string, string> = type === "" ? {} : { "content-type": type };
      const body = new TextEncoder().encode("{}");
      const reply = await send("POST", "/api/v1/handles", { headers, body });
      expect(reply.status).toBe(415);
      expect(reply.json.code).toBe("media_type_unsupported");
    },
  );

  it("is cut off at a megabyte of what came, whatever was announced", async () => {
    async function* endless() {
      for (let i = 0; i < 200; i++) yield new TextEncoder().encode(" ".repeat(10_000));
    }
    const body = ReadableStream.from(endless());
    const chunked = { headers: json, body, duplex: "half" } as unknown as RequestInit;
    expect((await send("POST", "/api/v1/handles", chunked)).json).toMatchObject({
      code: "body_too_large",
      status: 413,
    });
    const just = JSON.stringify({ name: "x".repeat(990_000) });
    expect((await send("POST", "/api/v1/handles", { headers: json, body: just })).status).toBe(400);
  });

  it.each([
    ["/api/v1/events?limit=0", "limit"],
    ["/api/v1/events?limit=501", "limit"],
    ["/api/v1/events?limit=ten", "limit"],
    ["/api/v1/events?since=-1", "since"],
    ["/api/v1/events?sinse=1", "sinse"],
    ["/api/v1/connections?state=dead", "state"],
    ["/api/v1/handles?x=1", "x"],
  ])("is refused in a query: %s", async (path, field) => {
    const reply = await send("GET", path);
    expect(reply.status).toBe(400);
    expect(reply.json.errors.map((one: { field: string }) => one.field)).toContain(field);
  });
});

describe("addresses", () => {
  it("that are not there answer 404, those that are answer a wrong method with what is right", async () => {
    expect((await send("GET", "/api/v1/nothing")).json.code).toBe("not_found");
    expect((await send("GET", "/api/v2/connections")).json.code).toBe("not_found");
    expect((await send("GET", "/api/v1/connections/")).json.code).toBe("not_found");
    const wrong = await send("PUT", "/api/v1/connections/con_x", { headers: json, body: "{}" });
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get("allow")).toBe("GET, DELETE, HEAD");
    expect((await send("DELETE", "/api/v1/registrations")).headers.get("allow")).toBe("GET, POST, HEAD");
    expect((await send("POST", "/healthz")).headers.get("allow")).toBe("GET, HEAD");
    const head = await send("HEAD", "/api/v1/connections");
    expect([head.status, head.text]).toEqual([200, ""]);
  });

  it.each(["imports"])("that nobody serves are not there: %s", async (name) => {
    expect((await send("POST", `/api/v1/${name}`, { headers: json, body: "{}" })).status).toBe(404);
  });
});

describe("the document", () => {
  type Operation = { responses: Record<string, { content?: Record<string, unknown> }>; security?: unknown };
  const load = async () => {
    const answer = await fetch(`${stage.skins.node}/openapi.json`);
    expect(answer.status).toBe(200);
    return (await answer.json()) as {
      openapi: string;
      paths: Record<string, Record<string, Operation>>;
      components: { securitySchemes: Record<string, unknown>; schemas: Record<string, unknown> };
    };
  };
  const operationsOf = (paths: Record<string, Record<string, Operation>>) =>
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        operation,
      })),
    );

  it("is public, and lists every route there is and no other", async () => {
    const { paths, openapi } = await load();
    expect(openapi).toBe("3.1.0");
    const parts = {
      ...stage.hall,
      handles: stage.handles,
      public_url: stage.skins.node,
    } as unknown as GatewayParts;
    const { routes } = createMachine(parts, createMetrics(stage.hall));
    const there = routes
      .filter(({ method, path }) => method !== "ALL" && path.startsWith("/api/"))
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
    const said = operationsOf(paths).map(({ method, path }) => `${method} ${path}`);
    expect(new Set(said)).toEqual(new Set(there));
    expect(said.length).toBeGreaterThanOrEqual(12);
  });

  it("is true: each of its operations is answered, and not with 404, 405 or 5xx of ours", async () => {
    const { paths } = await load();
    for (const { method, path, operation } of operationsOf(paths)) {
      const reply = await send(method, path.replace("{id}", "con_absent"));
      expect(reply.status, `${method} ${path}`).not.toBe(405);
      expect(reply.status, `${method} ${path}`).toBeLessThan(500);
      if (reply.status === 404) expect(reply.json.detail, `${method} ${path}`).not.toMatch(/no such address/);
      expect(Object.keys(operation.responses), `${method} ${path}`).toContain(String(reply.status));
      expect(operation.security, `${method} ${path}`).toEqual([{ handle: [] }]);
      for (const [status, { content = {} }] of Object.entries(operation.responses)) {
        const good = path.includes("/files/") ? "application/octet-stream" : "application/json";
        const type = Number(status) < 400 ? good : "application/problem+json";
        expect(Object.keys(content)).toEqual([type]);
      }
    }
  });
});
