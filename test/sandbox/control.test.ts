import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { rawRequest } from "./raw-http.ts";

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());
beforeEach(() => sandbox.control.reset());

const faces = () => [sandbox.cloudUrl, new URL(sandbox.dataCenterUrl).origin];

async function control(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(`${sandbox.cloudUrl}/__sandbox/${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

describe("the control API is not for web pages", () => {
  test("both ports answer a plain request", async () => {
    for (const base of faces()) expect((await fetch(`${base}/__sandbox/state`)).status).toBe(200);
  });

  test("a Host that is not loopback is refused, so that a rebound name controls nothing", async () => {
    for (const host of [
      "evil.example",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "169.254.169.254",
    ]) {
      const answer = await rawRequest(sandbox.cloudUrl, [
        "GET /__sandbox/state HTTP/1.1",
        `Host: ${host}`,
        "Connection: close",
      ]);
      expect(answer.status, host).toBe(403);
    }
    for (const host of ["localhost", "localhost:8090", "127.0.0.1:1", "[::1]:8090", "jira.localhost:8090"]) {
      const answer = await rawRequest(sandbox.cloudUrl, [
        "GET /__sandbox/state HTTP/1.1",
        `Host: ${host}`,
        "Connection: close",
      ]);
      expect(answer.status, host).toBe(200);
    }
  });

  test("an Origin or a cross-site fetch is refused and changes nothing", async () => {
    const disguises: Array<Record<string, string>> = [
      { origin: "http://localhost:3000" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
    ];
    for (const headers of disguises) {
      const answer = await control("POST", "clock", { advance_s: 60 }, headers);
      expect(answer.status).toBe(403);
      expect(answer.body.error).toContain("not for web pages");
    }
    expect(sandbox.control.state().clock.moved_s).toBe(0);
  });

  test("plain curl suffices: the JSON body is read whatever its content type says", async () => {
    const answer = await control(
      "POST",
      "clock",
      { advance_s: 60 },
      { "content-type": "application/x-www-form-urlencoded" },
    );
    expect(answer).toMatchObject({ status: 200, body: { moved_s: 60 } });
  });

  test("a POST without a JSON body, a GET or a reset with one, are refused with what is wanted", async () => {
    expect(await control("POST", "clock")).toMatchObject({
      status: 400,
      body: { error: "POST /__sandbox/clock needs a JSON body." },
    });
    expect(await control("POST", "clock", "advance")).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining("not JSON") },
    });
    expect(await control("POST", "reset", {})).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining("takes no body") },
    });
    expect(await control("DELETE", "faults", [])).toMatchObject({ status: 400 });
    expect(await control("POST", "reset")).toMatchObject({ status: 200 });
  });

  test("a wrong path or method is answered with the right ones", async () => {
    expect(await control("GET", "clocks")).toMatchObject({
      status: 404,
      body: { error: expect.stringContaining("POST /__sandbox/clock") },
    });
    expect(await control("GET", "toString")).toMatchObject({ status: 404 });
    expect(await control("PUT", "clock", {})).toMatchObject({
      status: 405,
      body: { error: expect.stringContaining("takes POST") },
    });
  });
});

describe("the clock", () => {
  test("is moved for both faces, and the Date header follows it", async () => {
    const before = Date.now();
    await control("POST", "clock", { advance_s: 86_400 });
    for (const base of [sandbox.cloudUrl, sandbox.dataCenterUrl]) {
      const date = Date.parse((await fetch(`${base}/`, { redirect: "manual" })).headers.get("date")!);
      expect(date - before).toBeGreaterThan(86_398_000);
      expect(date - before).toBeLessThan(86_430_000);
    }
  });

  test("adds up, and refuses what is no number of seconds", async () => {
    sandbox.control.advance(10);
    sandbox.control.advance(0.5);
    expect(sandbox.control.state().clock.moved_s).toBe(10.5);
    for (const body of [{}, { advance_s: "60" }, { advance_s: 1e12 }, { advance_s: 1, and: 2 }, [60]]) {
      expect((await control("POST", "clock", body)).status, JSON.stringify(body)).toBe(400);
    }
    expect(sandbox.control.state().clock.moved_s).toBe(10.5);
  });
});

describe("registrations", () => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = publicKey.export({ type: "spki", format: "pem" }).toString();

  test("add consumers, redirect URIs and scopes", async () => {
    const answer = await control("POST", "registrations", {
      consumers: [
        { key: "acme-app", name: "Acme app", public_key: pem, callback: "http://localhost:9/callback" },
      ],
      redirect_uris: ["http://127.0.0.1:45678/callback"],
      scopes: ["read:jira-work"],
    });
    expect(answer.status).toBe(200);
    const { registrations } = sandbox.control.state();
    expect(registrations.consumers).toContainEqual({
      key: "acme-app",
      name: "Acme app",
      has_public_key: true,
      callback: "http://localhost:9/callback",
    });
    expect(registrations.cloud_apps[0]!.redirect_uris).toContain("http://127.0.0.1:45678/callback");
    expect(registrations.data_center_clients[0]!.redirect_uris).toContain("http://127.0.0.1:45678/callback");
    expect(registrations.cloud_apps[0]!.scopes).toEqual(["read:jira-work"]);
  });

  test("that cannot be used are refused whole, with the field that is wrong", async () => {
    const before = JSON.stringify(sandbox.control.state().registrations);
    const wrong: Array<[unknown, string]> = [
      [{ consumer: [] }, "consumer"],
      [{ consumers: {} }, "consumers"],
      [{ consumers: [{ key: "a" }] }, "public_key"],
      [{ consumers: [{ key: "a", public_key: "not a key" }], redirect_uris: ["http://localhost:1/"] }, "a"],
      [{ redirect_uris: ["/callback"] }, "/callback"],
      [{ redirect_uris: "http://localhost:1/" }, "redirect_uris"],
      [{ scopes: [1] }, "scopes"],
    ];
    for (const [body, named] of wrong) {
      const answer = await control("POST", "registrations", body);
      expect(answer.status, JSON.stringify(body)).toBe(400);
      expect(answer.body.error).toContain(named);
    }
    expect(JSON.stringify(sandbox.control.state().registrations)).toBe(before);
  });
});

describe("the log of requests", () => {
  test("says why a request was refused, and holds no secret", async () => {
    await fetch(`${sandbox.cloudUrl}/nothing/here?code=very-secret-code&page=2`, {
      headers: { authorization: "Bearer very-secret-token" },
    });
    const [entry] = (await (await fetch(`${sandbox.cloudUrl}/__sandbox/requests`)).json()) as Array<
      Record<string, unknown>
    >;
    expect(entry).toMatchObject({
      face: "cloud",
      method: "GET",
      path: "/nothing/here",
      query: "code=…&page=2",
      authorization: "Bearer",
      status: 404,
      reason: "there is nothing at this path",
    });
    expect(JSON.stringify(sandbox.control.requests())).not.toContain("very-secret");
  });

  test("is bounded", async () => {
    const one = async () => {
      for (let i = 0; i < 450; i++) await (await fetch(`${sandbox.cloudUrl}/nothing`)).arrayBuffer();
    };
    await Promise.all(Array.from({ length: 10 }, one));
    expect(sandbox.control.requests().length).toBe(2000);
    expect(sandbox.control.requests().at(-1)!.id).toBe(4500);
  });
});

test("reset brings everything back as it was at the first start", async () => {
  const fresh = sandbox.control.state();
  sandbox.control.advance(1000);
  sandbox.control.faults({ status: 503 });
  sandbox.control.register({ redirect_uris: ["http://localhost:1/x"] });
  sandbox.control.world({
    id: "1",
    key: "NEW-1",
    self: "http://h/rest/api/2/issue/1",
    fields: { summary: "s" },
  });
  await fetch(`${sandbox.cloudUrl}/`);
  expect((await control("POST", "reset")).status).toBe(200);
  const after = sandbox.control.state();
  const still = (state: typeof after) => ({ ...state, clock: { ...state.clock, now: "", now_ms: 0 } });
  expect(still(after)).toEqual(still(fresh));
});
