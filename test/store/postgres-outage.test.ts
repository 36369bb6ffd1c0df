import { setTimeout as sleep } from "node:timers/promises";
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
  afterAll(() => server.close());

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

  it("is waited for no longer than the connection may take, where it answers nothing", async () => {
    const { createServer } = await import("node:net");
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      silent.close();
    });
    const address = silent.address();
    const port = address && typeof address === "object" ? address.port : 0;
    const began = performance.now();
    const opening = openStore({ url: `postgres://u@127.0.0.1:${port}/x?connect_timeout=1`, now: () => 0 });
    await expect(opening).rejects.toMatchObject({ code: "store_failed" });
    expect(performance.now() - began).toBeLessThan(4_000);
  });
});
