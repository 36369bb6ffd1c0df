import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createLatchkey, type LatchkeyOptions } from "../../src/index.ts";
import type { Job } from "../../src/jobs/job.ts";
import { sharedEngine } from "../../src/jobs/shared-engine.ts";
import { createLog } from "../../src/log.ts";
import { openStore } from "../../src/store/index.ts";
import { newKeyText } from "../../src/vault/index.ts";
import { createDatabase, postgresUrl } from "../postgres/database.ts";
import { startServer } from "../postgres/server.ts";
import { temporaryDirectory } from "../store/temporary.ts";
import { random } from "../vault/world.ts";

const url = await postgresUrl();

async function opened(options: LatchkeyOptions) {
  const latchkey = await createLatchkey({ home: temporaryDirectory(), ...options });
  onTestFinished(() => latchkey.close());
  return latchkey;
}

async function jobNames(databaseUrl: string): Promise<string[]> {
  const store = await openStore({ url: databaseUrl, now: Date.now });
  const rows = await store.jobs.listForOperator();
  await store.close();
  return rows.map(({ name }) => name);
}

describe("the library", () => {
  it("runs the jobs unless it is told not to", async () => {
    const home = temporaryDirectory();
    const databaseUrl = `sqlite:${home}/latchkey.db`;
    await opened({ home, jobs: false });
    expect(await jobNames(databaseUrl)).toEqual([]);
    await opened({ home });
    expect(await jobNames(databaseUrl)).toEqual([
      "exports",
      "follow",
      "inbox",
      "keep_alive",
      "outbox",
      "retention",
      "sites",
      "sweep",
      "warnings",
    ]);
  });

  it.skipIf(url === undefined)(
    "runs them in the engine on PostgreSQL, and leaves nothing when it is closed",
    async () => {
      const database = await createDatabase(url ?? "");
      onTestFinished(() => database.drop());
      vi.stubEnv("LATCHKEY_KEY", newKeyText(random).reveal());
      onTestFinished(() => void vi.unstubAllEnvs());
      const latchkey = await opened({ databaseUrl: database.url });
      const workers = async () => (await database.run("select id from workers")).rows.length;
      for (let waited = 0; (await workers()) === 0 && waited < 5_000; waited += 50) await sleep(50);
      expect(await workers()).toBe(1);
      const { rows } = await database.run(
        "select identifier from latchkey_jobs._private_known_crontabs order by 1",
      );
      expect(rows.map(({ identifier }) => identifier)).toEqual([
        ...["exports", "follow", "inbox", "keep_alive", "outbox", "retention", "sites", "sweep", "warnings"],
      ]);
      await latchkey.close();
      expect(await workers()).toBe(0);
      expect(await jobNames(database.url)).toEqual([]);
    },
    30_000,
  );
});

describe.skipIf(url === undefined || process.env.LATCHKEY_TEST_DATABASE_URL !== undefined)(
  "the shared engine",
  () => {
    it("goes on when the database was away, and was asked to stop meanwhile stops", async () => {
      const server = await startServer();
      if (!("url" in server)) throw new Error("There is a server for the other tests.");
      onTestFinished(() => server.close());
      const store = await openStore({ url: server.url, now: Date.now });
      onTestFinished(() => store.close());
      const ran: string[] = [];
      const job: Job = {
        ...{ name: "sweep", every_s: 3600, concurrency: 1, lease_s: 60, shared: false },
        due: async () => [{ owner: "", id: "all" }],
        run: async ({ id }) => void ran.push(id),
      };
      const log = createLog({ write: () => {} });
      const engine = sharedEngine({ log, database_url: server.url }, [job], {
        beat_ms: 200,
        dead_after_ms: 2_000,
      });
      await engine.start();
      // An engine that never reached its database gives up after ten looks before it is begun anew.
      await sleep(500);
      await server.kill();
      await sleep(1_500);
      await server.start();
      await store.kysely.executeQuery({
        ...store.kysely.selectFrom("meta").selectAll().compile(),
        sql: "select latchkey_jobs.add_job('sweep', '{}'::json)",
        parameters: [],
      });
      for (let waited = 0; ran.length === 0 && waited < 60_000; waited += 100) await sleep(100);
      expect(ran).toEqual(["all"]);
      await server.stop();
      const began = performance.now();
      await engine.close();
      expect(performance.now() - began).toBeLessThan(20_000);
    }, 120_000);
  },
);
