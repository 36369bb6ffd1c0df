import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { isLatchkeyError } from "../../src/errors.ts";
import { openStore } from "../../src/store/index.ts";
import { packaged } from "../postgres/binaries.ts";
import { startServer } from "../postgres/server.ts";

const found = packaged();
if ("absent" in found) console.warn(`Skipped: the tests of a PostgreSQL that is lost. ${found.absent}`);
// Not the server of the test run: others are using that one.
const server = "absent" in found ? undefined : await startServer();

describe.skipIf(server === undefined)("a PostgreSQL server that goes away for a while", () => {
  if (!server || "absent" in server) return;

  it.each(["stop", "kill"] as const)(
    "(%s) fails each call with store_failed, comes back to the same store, and keeps what it had confirmed",
    async (how) => {
      const store = await openStore({ url: server.url, now: () => 0, busy_ms: 1_000 });
      onTestFinished(() => store.close());
      const confirmed: string[] = [];
      const failures: unknown[] = [];
      let going = true;
      const writer = async (name: string) => {
        for (let n = 0; going; n++) {
          const key = `${how}:${name}:${n}`;
          // Both rows or neither: a reader tells by the second.
          const write = store.transaction(async (tx) => {
            await tx.meta.set(`${key}:first`, "x");
            await tx.meta.set(`${key}:second`, "x");
          });
          await write.then(
            () => confirmed.push(key),
            (error: unknown) => failures.push(error),
          );
          await sleep(2);
        }
      };
      const writers = ["a", "b", "c", "d"].map(writer);
      await expect.poll(() => confirmed.length, { timeout: 10_000 }).toBeGreaterThan(40);
      await server[how]();
      await sleep(150);
      const before = confirmed.length;
      expect(failures.length).toBeGreaterThan(0);
      await server.start();
      await expect.poll(() => confirmed.length, { timeout: 10_000 }).toBeGreaterThan(before + 20);
      going = false;
      await Promise.all(writers);
      expect(failures.filter((error) => !isLatchkeyError(error) || error.code !== "store_failed")).toEqual(
        [],
      );
      const rows = new Set((await store.meta.list(`${how}:`)).map((row) => row.key));
      for (const key of confirmed) expect(rows.has(`${key}:second`)).toBe(true);
      for (const key of rows) expect(rows.has(key.replace(/first$/, "second"))).toBe(true);
    },
  );

  it("behind a network that swallows everything fails the call in time, and the next one goes another way", async () => {
    const to = Number(new URL(server.url).port);
    let swallowing = false;
    const sockets = new Set<Socket>();
    const network = createServer((near) => {
      const far = connect(to, "127.0.0.1");
      for (const [from, onto] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(from);
        from.on("error", () => onto.destroy());
        from.on("close", () => onto.destroy());
        from.on("data", (chunk) => swallowing || onto.write(chunk));
      }
    });
    await new Promise<void>((resolve) => network.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      network.close();
    });
    const url = new URL(server.url);
    url.port = String((network.address() as AddressInfo).port);
    const store = await openStore({ url: url.href, now: () => 0, busy_ms: 100 });
    onTestFinished(() => store.close());
    await store.meta.set("way", "there");
    swallowing = true;
    const began = performance.now();
    await expect(store.meta.get("way")).rejects.toMatchObject({ code: "store_failed", retry: "later" });
    expect(performance.now() - began).toBeLessThan(8_000);
    swallowing = false;
    expect(await store.meta.get("way")).toBe("there");
  });

  it("is waited for no longer than the connection may take, where it answers nothing", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      silent.close();
    });
    const { port } = silent.address() as AddressInfo;
    const began = performance.now();
    const opening = openStore({ url: `postgres://u@127.0.0.1:${port}/x?connect_timeout=1`, now: () => 0 });
    await expect(opening).rejects.toMatchObject({ code: "store_failed" });
    expect(performance.now() - began).toBeLessThan(4_000);
  });
});

describe.skipIf(server === undefined)("a PostgreSQL server that is asked for TLS", () => {
  if (!server || "absent" in server) return;
  afterAll(() => server.close());

  const open = async (host: string, parameters: Record<string, string>) => {
    const url = new URL(server.url);
    url.hostname = host;
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    const store = await openStore({ url: url.href, now: () => 0 });
    onTestFinished(() => store.close());
    const { rows } = await sql<{
      ssl: boolean;
    }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(store.kysely);
    return rows[0]?.ssl;
  };
  const sslrootcert = server.certificate;

  it("is spoken to in the clear only where nothing else was asked for", async () => {
    expect(await open("127.0.0.1", {})).toBe(false);
    expect(await open("127.0.0.1", { sslmode: "disable" })).toBe(false);
  });

  it.each([
    ["127.0.0.1", { sslmode: "verify-full", sslrootcert }],
    ["127.0.0.1", { sslmode: "require", sslrootcert }],
    ["localhost", { sslmode: "verify-ca", sslrootcert }],
    ["localhost", { sslmode: "no-verify" }],
  ])("as %s with %j is believed, and spoken to under TLS", async (host, parameters) => {
    expect(await open(host, parameters)).toBe(true);
  });

  it.each([
    ["127.0.0.1", { sslmode: "verify-full" }],
    ["127.0.0.1", { sslmode: "require" }],
    ["127.0.0.1", { sslmode: "verify-ca" }],
    ["localhost", { sslmode: "verify-full", sslrootcert }],
  ])("as %s with %j is not believed, and says so", async (host, parameters) => {
    await expect(open(host, parameters)).rejects.toMatchObject({
      code: "store_failed",
      message: "The certificate of the database server is not believed.",
    });
  });
});
