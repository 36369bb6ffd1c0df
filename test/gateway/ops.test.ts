import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGateway } from "../../src/gateway/index.ts";
import type { Connection } from "../../src/vault/index.ts";
import { EVERYTHING, openStage, type Stage } from "./proxy-stage.ts";

let stage: Stage;
let connection: Connection;
beforeAll(async () => {
  stage = await openStage();
  connection = await stage.connect("cloud");
});
afterAll(() => stage.close());

const ask = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${stage.skins.node}${path}`, { headers, redirect: "manual" });

describe("the operator's endpoints", () => {
  it("say that the process lives and that the database answers", async () => {
    for (const [path, status] of [
      ["/healthz", "alive"],
      ["/readyz", "ready"],
    ] as const) {
      const answer = await ask(path);
      expect([answer.status, await answer.json()]).toEqual([200, { status }]);
      expect(answer.headers.get("x-request-id")).toMatch(/^[\w-]{12}$/);
    }
  });

  it("say that it is not ready, and no word more, when the database does not answer", async () => {
    const broken = await openStage();
    await broken.hall.store.close();
    const answer = await fetch(`${broken.skins.node}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: "store_failed" });
    expect((await fetch(`${broken.skins.node}/healthz`)).status).toBe(200);
    await broken.close();
  });

  it("count requests by template, proxied calls, refreshes and connections, and name nothing", async () => {
    const key = await stage.key([connection]);
    const bearer = { authorization: `Bearer ${key}` };
    await ask(`/jira/${connection.id}/rest/api/3/issue/JJ-2`, bearer).then((answer) => answer.text());
    await ask(`/jira/${connection.id}/rest/auth/1/session`, bearer);
    await ask(`/connections/${connection.id}`);
    await ask("/nowhere/at/all");
    await stage.hall.vault.refresh("local", connection.id);
    await expect
      .poll(async () => (await ask("/metrics")).text())
      .toMatch(
        /http_requests_total\{route="\/jira\/\{connection_id\}\/\{path\}",method="GET",status="200"\} 1/,
      );
    const answer = await ask("/metrics");
    expect(answer.headers.get("content-type")).toContain("text/plain");
    const text = await answer.text();
    expect(text).toMatch(
      /http_requests_total\{route="\/jira\/\{connection_id\}\/\{path\}",method="GET",status="403"\} 1/,
    );
    expect(text).toMatch(/latchkey_proxy_duration_seconds_count\{status="200"\} 1/);
    expect(text).toMatch(/latchkey_token_refreshes_total 1/);
    expect(text).toMatch(/latchkey_connections\{flavor="cloud",state="active"\} 1/);
    expect(text).toMatch(/latchkey_families_failing 0/);
    for (const word of [connection.id, "JJ-2", "alana", "acme", "session", "nowhere", key])
      expect(text).not.toContain(word);
  });

  it("show the numbers to this machine and to the operator's handles only", async () => {
    expect((await ask("/metrics")).status).toBe(200);
    expect((await ask("/metrics", { "x-forwarded-for": "203.0.113.9" })).status).toBe(401);
    const far = (headers: Record<string, string> = {}, remote?: string, host = "localhost") =>
      stage.gateway.fetch(
        new Request(`http://${host}/metrics`, { headers }),
        remote === undefined ? {} : { remote },
      );
    expect((await far({}, "203.0.113.9")).status).toBe(401);
    expect((await far()).status, "an application that embeds us tells no address").toBe(401);
    expect((await far({}, "127.0.0.1", "rebound.example")).status, "a page pointed at this machine").toBe(
      401,
    );
    const bearer = async (owner: string, api?: "read") => ({
      authorization: `Bearer ${await stage.key([], { ...EVERYTHING, ...(api ? { api } : {}) }, owner)}`,
    });
    expect((await far(await bearer("local", "read"), "203.0.113.9")).status).toBe(200);
    expect((await far(await bearer("local"), "203.0.113.9")).status).toBe(403);
    expect((await far(await bearer("tenant-2", "read"), "203.0.113.9")).status).toBe(403);
  });
});

describe("every answer", () => {
  it.each(["/", "/healthz", "/api/v1/connections", "/openapi.json", "/nowhere", "/jira/con_x/rest"])(
    "of %s carries an id of ours, and the log has it",
    async (path) => {
      const answer = await ask(path, { "x-request-id": "forged-id-1" });
      await answer.text();
      const id = answer.headers.get("x-request-id") ?? "";
      expect(id).toMatch(/^[\w-]{12}$/);
      await expect
        .poll(() => stage.hall.lines.filter((line) => line.includes('"request"') && line.includes(id)).length)
        .toBe(1);
      expect(stage.hall.lines.join("\n")).not.toContain("forged-id-1");
    },
  );
});

describe("a gateway mounted below a path", () => {
  it("finds proxy, API and endpoints there, whether or not the path was cut off before", async () => {
    const gateway = createGateway({
      ...stage.hall,
      handles: stage.handles,
      random: randomBytes,
      public_url: "http://localhost:9/latch",
      jiraFor: () => Promise.reject(new Error("not here")),
    });
    const key = await stage.key([connection], { ...EVERYTHING, api: "manage" });
    const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
    for (const base of ["/latch", ""]) {
      const at = (path: string, init: RequestInit = {}) =>
        gateway.fetch(new Request(`http://localhost:9${base}${path}`, { headers, ...init }));
      expect((await at("/healthz")).status).toBe(200);
      expect((await at(`/jira/${connection.id}/rest/api/3/myself`)).status).toBe(200);
      const body = JSON.stringify({ name: "x", connection_ids: [connection.id] });
      const made = await at("/api/v1/handles", { method: "POST", body });
      expect(made.status).toBe(201);
      const shown = (await (await at(`/api/v1/connections/${connection.id}`)).json()) as {
        proxy_url: string;
      };
      expect(shown.proxy_url).toBe(`http://localhost:9/latch/jira/${connection.id}`);
    }
  });
});
