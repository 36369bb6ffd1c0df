import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type RunningSandbox, SandboxRefusal, startSandbox } from "../../src/sandbox/index.ts";
import { rawRequest } from "./raw-http.ts";

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

describe("the two faces", () => {
  test("with port 0 two free ports are taken, Data Center below its context path", () => {
    const cloud = new URL(sandbox.cloudUrl);
    const dataCenter = new URL(sandbox.dataCenterUrl);
    expect(cloud.port).not.toBe(dataCenter.port);
    expect(cloud.pathname).toBe("/");
    expect(dataCenter.pathname).toBe("/jira");
  });

  test("with a port, Data Center takes the next one", async () => {
    const pair = await startOnPair();
    try {
      expect(Number(new URL(pair.dataCenterUrl).port)).toBe(Number(new URL(pair.cloudUrl).port) + 1);
      for (const url of [pair.cloudUrl, pair.dataCenterUrl])
        expect((await fetch(`${url}/`)).status).toBe(200);
    } finally {
      await pair.stop();
    }
  });

  test("answer on both loopback addresses, whichever localhost means", async () => {
    for (const host of ["127.0.0.1", "::1"]) {
      const answer = await rawRequest(
        sandbox.cloudUrl,
        ["GET /__sandbox/state HTTP/1.1", "Host: localhost", "Connection: close"],
        "",
        host,
      );
      // A machine without IPv6 has nothing at the second address.
      if (host === "127.0.0.1" || answer.head !== "") expect(answer.status).toBe(200);
    }
  });

  test("outside the context path there is no Jira; the context path itself leads inside", async () => {
    const origin = new URL(sandbox.dataCenterUrl).origin;
    expect((await fetch(`${origin}/rest/api/2/serverInfo`)).status).toBe(404);
    expect((await fetch(`${origin}/jirafoo`)).status).toBe(404);
    const bare = await fetch(`${origin}/jira`, { redirect: "manual" });
    expect([bare.status, bare.headers.get("location")]).toEqual([302, "/jira/"]);
  });
});

describe("HTTP", () => {
  test("Connection: close is honoured", async () => {
    const answer = await rawRequest(sandbox.cloudUrl, [
      "GET / HTTP/1.1",
      "Host: localhost",
      "Connection: close",
    ]);
    expect(answer.head).toMatch(/^connection: close$/im);
    expect(answer.status).toBe(200);
  });

  test("HEAD has the headers of GET and no body", async () => {
    const get = await fetch(`${sandbox.cloudUrl}/`);
    const head = await fetch(`${sandbox.cloudUrl}/`, { method: "HEAD" });
    expect(head.status).toBe(get.status);
    expect(head.headers.get("content-length")).toBe(get.headers.get("content-length"));
    expect(await head.text()).toBe("");
  });

  test("a method a path does not have is answered with those it has", async () => {
    const answer = await fetch(`${sandbox.cloudUrl}/oauth/token`, { method: "PATCH" });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toContain("POST");
  });

  test("a body of more than 12 MB is refused, whatever its length was said to be", async () => {
    const body = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 13; i++) controller.enqueue(new Uint8Array(1024 * 1024));
        controller.close();
      },
    });
    const answer = await fetch(`${sandbox.cloudUrl}/oauth/token`, {
      method: "POST",
      body,
      duplex: "half",
    } as RequestInit);
    expect(answer.status).toBe(413);
  });
});

describe("what cannot start is refused in one sentence", () => {
  const before = process.env.NODE_ENV;
  afterEach(() => {
    process.env.NODE_ENV = before;
  });

  test("NODE_ENV=production", async () => {
    process.env.NODE_ENV = "production";
    await expect(startSandbox()).rejects.toThrow(/does not start under NODE_ENV=production/);
  });

  test("a port in use, also the second of the pair", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", () => resolve()));
    const { port } = taken.address() as AddressInfo;
    try {
      for (const first of [port, port - 1]) {
        const refusal = await startSandbox({ port: first }).catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(SandboxRefusal);
        expect(refusal).toMatchObject({
          kind: "configuration",
          message: expect.stringContaining("is in use"),
        });
      }
    } finally {
      await new Promise((resolve) => taken.close(resolve));
    }
  });

  test("options that cannot be used", async () => {
    const wrong: Array<[Parameters<typeof startSandbox>[0], RegExp]> = [
      [{ port: 65_535 }, /port/],
      [{ port: 1.5 }, /port/],
      [{ seed: 0.5 }, /seed/],
      [{ autoApprove: "nobody" }, /alana/],
      [{ autoApprove: "alana@nowhere" }, /no Cloud site "nowhere"/],
      [{ switches: { pkce: "maybe" } }, /pkce takes verify/],
      [{ switches: { no_such: "1" } }, /no switch "no_such"/],
      [{ switches: { access_ttl_s: "soon" } }, /number of seconds/],
      [{ issuer: "localhost:8090" }, /issuer/],
      [{ redirectUris: ["/callback"] }, /redirect URI/],
      [{ consumers: [{ key: "k", public_key: "x" }] }, /Consumer k/],
    ];
    for (const [options, words] of wrong) {
      const refusal = await startSandbox(options).catch((error: unknown) => error);
      expect(refusal, JSON.stringify(options)).toBeInstanceOf(SandboxRefusal);
      expect(refusal).toMatchObject({ kind: "usage", message: expect.stringMatching(words) });
    }
  });
});

test("addresses that are given are the addresses that are shown", async () => {
  const other = await startSandbox({
    issuer: "https://cloud.example.test/",
    dataCenterIssuer: "https://jira.example.test/x",
  });
  try {
    expect(other.cloudUrl).toBe("https://cloud.example.test");
    expect(other.dataCenterUrl).toBe("https://jira.example.test/x");
  } finally {
    await other.stop();
  }
});

test("stopping frees the ports at once, also with a caller still connected and one waiting for a delay", async () => {
  const running = await startSandbox();
  running.control.faults({ match: { path: "/slow" }, delay_ms: 60_000, status: 200 });
  const waiting = fetch(`${running.cloudUrl}/slow`).catch(() => undefined);
  await fetch(`${running.dataCenterUrl}/`);
  const began = performance.now();
  await running.stop();
  expect(performance.now() - began).toBeLessThan(2000);
  await waiting;
  await expect(fetch(`${running.cloudUrl}/`)).rejects.toThrow();
});

/** Tries neighbouring free ports until a pair is found: other tests take ports at the same time. */
async function startOnPair(): Promise<RunningSandbox> {
  for (let attempt = 0; ; attempt++) {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", () => resolve()));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    try {
      return await startSandbox({ port });
    } catch (error) {
      if (!(error instanceof SandboxRefusal) || attempt > 20) throw error;
    }
  }
}
