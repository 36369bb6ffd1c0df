import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Hall, OWNER, openHall, register } from "./hall.ts";
import { codeOf, refusalOf } from "./refusals.ts";

let hall: Hall;
let plain: Server;
let plainUrl: string;

beforeAll(async () => {
  hall = await openHall();
  await register(hall, "cloud");
  plain = createServer((_, response) => response.end("<h1>It works</h1>"));
  await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
  plainUrl = `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((resolve) => plain.close(resolve));
  await hall.close();
});

const operator = (text: string) => hall.connect.discover({ owner: OWNER, text, trust: "operator" });

describe("what a person types", () => {
  it("acme: the Cloud site of the registration that knows such names", async () => {
    const found = await operator("acme");
    expect(found.site.base_url).toBe(`${hall.sandbox.cloudUrl}/sites/acme`);
    expect(found.flavors).toEqual(["cloud"]);
    expect(found.registrations.map(({ id }) => id)).toEqual(["cloud"]);
    expect(found.needs_setup).toBe(false);
  });

  it("the address of an issue: the Data Center it lies in, which nobody has registered", async () => {
    const found = await operator(`${hall.sandbox.dataCenterUrl}/browse/JJ-2`);
    expect(found.site.base_url).toBe(hall.sandbox.dataCenterUrl);
    expect(found.site.deployment).toBe("datacenter");
    expect(found.flavors[0]).toBe("datacenter-oauth2");
    expect(found.registrations).toEqual([]);
    expect(found.needs_setup).toBe(true);
    expect(found.why.length).toBeGreaterThan(0);
  });

  it("an address without its context path: the Jira below it, and says so", async () => {
    const found = await operator(new URL(hall.sandbox.dataCenterUrl).origin);
    expect(found.site.base_url).toBe(hall.sandbox.dataCenterUrl);
    expect(found.why.join(" ")).toContain("context path");
  });

  it("a registered Data Center: its registrations, best flavor first, and only one's own", async () => {
    await register(hall, "datacenter-oauth1", { id: "old-way" });
    await register(hall, "datacenter-oauth2", { id: "new-way" });
    await register(hall, "datacenter-oauth2", { id: "theirs", owner: "someone-else" });
    await register(hall, "datacenter-oauth2", { id: "unfinished", state: "draft" });
    const paused = await register(hall, "datacenter-oauth2", { id: "paused" });
    await hall.vault.registrations.suspend(paused, { code: "operator", at: hall.now(), evidence: {} });
    const found = await operator(hall.sandbox.dataCenterUrl);
    expect(found.registrations.map(({ id }) => id)).toEqual(["new-way", "old-way", "paused"]);
    expect(found.needs_setup).toBe(false);
    const one = await hall.connect.discover({
      owner: OWNER,
      text: hall.sandbox.dataCenterUrl,
      flavor: "datacenter-oauth1",
      trust: "operator",
    });
    expect(one.registrations.map(({ id }) => id)).toEqual(["old-way"]);
  });
});

describe("bad addresses", () => {
  it("a port nobody listens on is told as that", async () => {
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    expect(await codeOf(operator(`http://127.0.0.1:${port}`))).toBe("connection_refused");
  });

  it("a host that is silent is not asked again for each way its address could be meant", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    let asked = 0;
    silent.on("request", () => {
      asked += 1;
    });
    try {
      expect(await codeOf(operator(`http://127.0.0.1:${port}/a/b/c`))).toBe("timed_out");
      expect(asked).toBe(1);
    } finally {
      silent.closeAllConnections();
      await new Promise((resolve) => silent.close(resolve));
    }
  });

  it("a name nobody knows is told as that", async () => {
    expect(await codeOf(operator("https://no-such-host.invalid"))).toBe("dns_failed");
  });

  it("a server that is no Jira is told as that", async () => {
    expect(await codeOf(operator(plainUrl))).toBe("not_a_jira");
  });

  it("https where http is spoken, and the reverse, is told with the remedy", async () => {
    const https = hall.sandbox.dataCenterUrl.replace("http://", "https://");
    const refusal = await refusalOf(operator(https));
    expect(refusal.code).toBe("http_not_https");
    expect(refusal.fix).toMatch(/address|https?/);
  });

  it("a private address typed by an end user is refused, and nothing is asked there", async () => {
    const before = hall.sandbox.control.requests().length;
    for (const text of [
      plainUrl,
      "http://169.254.169.254/latest/meta-data",
      "http://10.0.0.1/jira",
      "http://[::1]:9",
    ]) {
      const work = hall.connect.discover({ owner: OWNER, text, trust: "end-user" });
      expect(await codeOf(work), text).toBe("egress_refused");
    }
    expect(hall.sandbox.control.requests()).toHaveLength(before);
  });

  it("OAuth 1.0a asked for on a Cloud site is explained, and can be forced", async () => {
    const input = { owner: OWNER, text: "acme", trust: "operator", flavor: "datacenter-oauth1" } as const;
    const refusal = await refusalOf(hall.connect.discover(input));
    expect(refusal.code).toBe("oauth1_on_cloud");
    expect((await hall.connect.discover({ ...input, force: true })).flavors).toEqual(["datacenter-oauth1"]);
  });

  it("what is no address at all is a bad request that names the field", async () => {
    for (const text of [
      "",
      "   ",
      "ftp://jira.example.com",
      "https://user:pw@jira.example.com",
      "javascript:alert(1)",
    ]) {
      const refusal = await refusalOf(operator(text));
      expect(refusal.code, text).toBe("bad_request");
      expect(refusal.details.field).toBe("site");
    }
  });
});
