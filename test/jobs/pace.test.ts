import { describe, expect, it, onTestFinished } from "vitest";
import { LatchkeyError } from "../../src/errors.ts";
import { createJobs } from "../../src/jobs/index.ts";
import { createPace } from "../../src/jobs/pace.ts";
import { createLog } from "../../src/log.ts";
import { createTransport } from "../../src/transport.ts";
import { connected, HOUR, makeWorld, random, type World } from "../vault/world.ts";

const DAY = 24 * HOUR;

function jobsOver(world: World) {
  const log = createLog({ write: (line) => world.lines.push(line) });
  const transport = createTransport({ allowances: () => [], log });
  const jobs = createJobs({
    ...{ vault: world.vault, store: world.store, transport, log, random },
    now: () => world.clock.now,
    connect: { sweep: async () => 0 },
    uses: { retain: async () => {} },
    jiraFor: () => Promise.reject(new Error("no job here asks Jira")),
    database_url: "",
  });
  onTestFinished(() => Promise.all([jobs.close(), transport.close()]).then(() => {}));
  return jobs;
}

const FAMILIES = 60;
/** Families of many owners under one registration, all of them due. */
async function manyDue(): Promise<World> {
  const world = await makeWorld();
  world.endpoint.rotates = false;
  for (let n = 0; n < FAMILIES; n++) await connected(world, { owner: `owner-${n}` });
  world.clock.now += 8 * DAY;
  return world;
}

describe("an endpoint in trouble", () => {
  it("is left alone after a few failures, by all families of the registration, and asked again later", async () => {
    const world = await manyDue();
    const jobs = jobsOver(world);
    const down = { status: 503, body: { error: "temporarily_unavailable" } };
    world.endpoint.faults.push(...Array(FAMILIES).fill(down));
    const first = await jobs.runNow("keep_alive");
    expect(world.endpoint.exchanges.length).toBeLessThan(10);
    expect(first.failed).toBe(world.endpoint.exchanges.length);
    const before = world.endpoint.exchanges.length;
    await jobs.runNow("keep_alive");
    expect(world.endpoint.exchanges.length).toBe(before);

    world.endpoint.faults.length = 0;
    world.clock.now += 2 * HOUR;
    expect(await jobs.runNow("keep_alive")).toEqual({ done: FAMILIES, failed: 0 });
    expect(world.endpoint.exchanges.length).toBe(before + FAMILIES);
    expect(await jobs.runNow("keep_alive")).toEqual({ done: 0, failed: 0 });
  });

  it("that names a time to wait is not asked before it", async () => {
    const world = await manyDue();
    const jobs = jobsOver(world);
    const limited = {
      status: 429,
      body: { error: "temporarily_unavailable" },
      headers: { "retry-after": "1800" },
    };
    world.endpoint.faults.push(limited, limited, limited, limited);
    await jobs.runNow("keep_alive");
    const before = world.endpoint.exchanges.length;
    expect(before).toBeLessThanOrEqual(4);
    world.clock.now += 1_700_000;
    await jobs.runNow("keep_alive");
    expect(world.endpoint.exchanges.length).toBe(before);
    world.clock.now += 200_000;
    await jobs.runNow("keep_alive");
    expect(world.endpoint.exchanges.length).toBeGreaterThan(before + 50);
  });

  it("that takes our secret for wrong is asked once, and no family dies of it", async () => {
    const world = await manyDue();
    const jobs = jobsOver(world);
    world.endpoint.client_secret = "another";
    await jobs.runNow("keep_alive");
    expect(world.endpoint.exchanges.length).toBeLessThanOrEqual(4);
    world.endpoint.client_secret = `secret-${world.canary}`;
    world.clock.now += 2 * HOUR;
    for (let run = 0; run < 3; run++) {
      await jobs.runNow("keep_alive");
      world.clock.now += HOUR;
    }
    const rows = await world.store.families.listForOperator();
    expect(rows.filter(({ state }) => state === "active")).toHaveLength(FAMILIES);
    expect(rows.filter(({ generation }) => generation > 1)).toHaveLength(FAMILIES);
  });
});

describe("the pace", () => {
  it("forgives two failures, then pauses twice as long each time up to ten minutes, and forgets at a success", () => {
    const clock = { now: 0 };
    const pace = createPace({ now: () => clock.now, random: () => new Uint8Array([255]) });
    const failure = new LatchkeyError("server_error");
    const pauses: number[] = [];
    for (let n = 0; n < 10; n++) {
      pace.failed("a", failure);
      const from = clock.now;
      while (pace.paused().includes("a")) clock.now += 1000;
      pauses.push((clock.now - from) / 1000);
    }
    expect(pauses).toEqual([0, 0, 30, 60, 120, 240, 480, 600, 600, 600]);
    expect(pace.paused()).toEqual([]);
    pace.went("a");
    pace.failed("a", failure);
    expect(pace.paused()).toEqual([]);
  });
});
