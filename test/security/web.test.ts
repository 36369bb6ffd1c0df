import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ADMIN_MS } from "../../src/gateway/session.ts";
import { type House, newBrowser, openHouse } from "../gateway/house.ts";

const NAME = "https://latchkey.example";
const HOUR = 3_600_000;
let house: House;
let key: string;

beforeAll(async () => {
  house = await openHouse({ flavors: ["cloud"] });
  const made = await house.handles.create({
    owner: "local",
    name: "x",
    connection_ids: [],
    limits: { api: "manage" },
  });
  key = made.key.reveal();
});
afterAll(() => house.close());

const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${house.url}${path}`, { redirect: "manual", ...init });
const bearer = () => ({ authorization: `Bearer ${key}` });

/** One answer of every kind there is: pages, files, API, problems, numbers, proxy. */
const ANSWERS: [path: string, type: string, with_key: boolean][] = [
  ["/", "text/html; charset=utf-8", false],
  ["/connect", "text/html; charset=utf-8", false],
  ["/nowhere", "text/html; charset=utf-8", false],
  ["/admin", "text/html; charset=utf-8", false],
  ["/api/v1/handles", "application/json", true],
  ["/api/v1/handles", "application/problem+json", false],
  ["/openapi.json", "application/json", false],
  ["/healthz", "application/json", false],
  ["/metrics", "text/plain; version=0.0.4; charset=utf-8", false],
  ["/jira/con_x/rest/api/3/myself", "application/problem+json", false],
  ["/psoxy/jira/rest/api/3/myself", "application/problem+json", false],
];

describe.each(ANSWERS)("the answer of %s as %s", (path, type, with_key) => {
  const answered = (headers: Record<string, string> = {}) =>
    ask(path, { headers: { ...(with_key ? bearer() : {}), ...headers } });

  it("says what it is, runs nothing from elsewhere, and is framed and guessed at by nobody", async () => {
    const { headers } = await answered();
    expect(headers.get("content-type")).toBe(type);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe-|\*|https?:\/\/(?!localhost)/);
    expect(headers.get("cache-control")).toBe("no-store");
  });

  it("is open to no other site, whoever asks and however", async () => {
    const foreign = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    for (const headers of [foreign, { origin: "null" }]) {
      const answer = await answered(headers);
      expect(answer.headers.get("access-control-allow-origin")).toBeNull();
      expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
    }
    const asked = {
      ...foreign,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization",
    };
    const preflight = await ask(path, { method: "OPTIONS", headers: asked });
    expect(preflight.status).toBeGreaterThanOrEqual(400);
    expect([...preflight.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
  });
});

describe("a browser", () => {
  it("that came over https is told to come over nothing else, and over http is told nothing", async () => {
    const secure = await openHouse({ flavors: [], parts: { public_url: NAME } });
    try {
      const answer = await secure.gateway.fetch(new Request(`${NAME}/`));
      expect(answer.headers.get("strict-transport-security")).toMatch(/^max-age=31536000/);
      expect((await ask("/")).headers.get("strict-transport-security")).toBeNull();
    } finally {
      await secure.close();
    }
  });

  it("cannot be led to change anything by an address alone", async () => {
    const { handle } = await house.handles.create({ owner: "local", name: "y", connection_ids: [] });
    const link = new URL(await house.gateway.adminAddress());
    for (const path of ["/connect?site=x", `/connections/con_x/handles/${handle.id}/revoke`, "/admin/leave"])
      for (const method of ["GET", "HEAD"]) await ask(path, { method });
    await ask(`${link.pathname}${link.search}`, { method: "HEAD" });
    expect(
      (await house.handles.list("local")).find(({ id }) => id === handle.id)?.revoked_at,
    ).toBeUndefined();
    const browser = newBrowser();
    const page = await browser.submit(await browser.open(link.href), { button: "Open the admin page" });
    expect(page.url).toBe(`${house.url}/admin`);
  });

  it("is an administrator for eight hours and no longer, however busy", async () => {
    expect(ADMIN_MS).toBe(8 * HOUR);
    const browser = newBrowser();
    const offer = await browser.open(await house.gateway.adminAddress());
    await browser.submit(offer, { button: "Open the admin page" });
    try {
      for (let hour = 1; hour <= 7; hour++) {
        house.hall.clock.ahead_ms += HOUR;
        expect((await browser.open(`${house.url}/admin`)).status).toBe(200);
      }
      house.hall.clock.ahead_ms += HOUR;
      expect((await browser.open(`${house.url}/admin`)).status).toBe(403);
    } finally {
      house.hall.clock.ahead_ms -= 8 * HOUR;
    }
  });

  it("that did not come for thirty days has no session any more", async () => {
    const began = await ask("/connect", {
      method: "POST",
      headers: { origin: house.url, "content-type": "application/x-www-form-urlencoded" },
      body: "registration=cloud",
    });
    const cookie = began.headers.get("set-cookie")?.split(";")[0] ?? "";
    const again = () =>
      ask("/connect", {
        method: "POST",
        headers: { origin: house.url, cookie, "content-type": "application/x-www-form-urlencoded" },
        body: "registration=cloud",
      });
    expect((await again()).headers.get("set-cookie")).toBeNull();
    house.hall.clock.ahead_ms += 31 * 24 * HOUR;
    try {
      expect((await again()).headers.get("set-cookie")).toMatch(/^__Host-latchkey/);
    } finally {
      house.hall.clock.ahead_ms -= 31 * 24 * HOUR;
    }
  });

  it("is believed nothing that only a proxy before us may say", async () => {
    const said = {
      "x-forwarded-host": "evil.example",
      "x-forwarded-proto": "gopher",
      "x-forwarded-for": "127.0.0.1",
      "x-real-ip": "127.0.0.1",
      "x-forwarded-user": "somebody-else",
      "x-original-url": "/admin",
      "x-rewrite-url": "/admin",
      forwarded: "for=127.0.0.1;host=evil.example",
    };
    const plain = await (await ask("/connect")).text();
    const told = await (await ask("/connect", { headers: said })).text();
    expect(told).toBe(plain);
    expect(told).not.toContain("evil.example");
  });

  it("gets scripts that listen to nobody else and store nothing", () => {
    const script = readFileSync(join(import.meta.dirname, "../../src/gateway/assets/copy.js"), "utf8");
    expect(script).not.toMatch(
      /postMessage|onmessage|["']message["']|localStorage|sessionStorage|innerHTML|eval\(/,
    );
  });
});
