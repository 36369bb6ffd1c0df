import { describe, expect, it, onTestFinished } from "vitest";
import type { Job } from "../../src/jobs/job.ts";
import { runPieces } from "../../src/jobs/pieces.ts";
import { crontabOf } from "../../src/jobs/shared-engine.ts";
import { timers } from "../../src/jobs/timers.ts";
import { createLog } from "../../src/log.ts";
import { openStore, type Store } from "../../src/store/index.ts";
import { temporaryDirectory } from "../store/temporary.ts";
import { random } from "../vault/world.ts";

const log = createLog({ write: () => {} });

/** A job whose pieces are done when they were done once, and that counts. */
function counting(pieces: number, change: Partial<Job> = {}) {
  const left = new Set(Array.from({ length: pieces }, (_, n) => `piece-${n}`));
  const ran: string[] = [];
  let at_once = 0;
  let most = 0;
  const job: Job = {
    name: "keep_alive",
    every_s: 300,
    concurrency: 3,
    lease_s: 60,
    shared: true,
    due: async (limit) => [...left].slice(0, limit).map((id) => ({ owner: "alice", id })),
    async run({ id }) {
      most = Math.max(most, ++at_once);
      await new Promise((resolve) => setTimeout(resolve, 2));
      at_once--;
      ran.push(id);
      left.delete(id);
    },
    ...change,
  };
  return { job, ran, left, most: () => most };
}

async function processesOn(job: Job, count: number) {
  const clock = { now: 1_800_000_000_000 };
  const url = `sqlite:${temporaryDirectory()}/latchkey.db`;
  const engines: { engine: ReturnType<typeof timers>; store: Store }[] = [];
  for (let n = 0; n < count; n++) {
    const store = await openStore({ url, now: () => clock.now });
    const engine = timers({ store, log, now: () => clock.now, random }, [job], { tick_ms: 1e9 });
    onTestFinished(() => engine.close().then(() => store.close()));
    await engine.start();
    engines.push({ engine, store });
  }
  return { clock, engines, tick: () => Promise.all(engines.map(({ engine }) => engine.tick())) };
}

describe("several processes on one database", () => {
  it("do each piece once between them, and not again before the job is due again", async () => {
    const { job, ran, left } = counting(250);
    const { clock, tick } = await processesOn(job, 4);
    await tick();
    expect(ran).toHaveLength(250);
    expect(new Set(ran).size).toBe(250);
    left.add("later");
    clock.now += 299_000;
    await tick();
    expect(ran).toHaveLength(250);
    clock.now += 1_000;
    await tick();
    expect(ran).toHaveLength(251);
  });

  it("take over what a stopped one had claimed, once its lease is over, and the stopped one cannot end it", async () => {
    const { job, ran } = counting(3);
    const { clock, engines, tick } = await processesOn(job, 2);
    const { store } = engines[0]!;
    const lease = { lease_owner: "gone", lease_until: clock.now + 60_000, now: clock.now };
    const claimed = await store.jobs.claimForOperator("keep_alive", { ...lease, horizon: clock.now + 1e6 });
    expect(claimed).toBeDefined();
    await tick();
    expect(ran).toEqual([]);
    clock.now += 60_000;
    await tick();
    expect(ran).toHaveLength(3);
    const end = { due_at: 0, ended_at: clock.now, outcome: "{}" };
    expect(await store.jobs.finishForOperator("keep_alive", claimed!.fence, end)).toBe(false);
    const [row] = await store.jobs.listForOperator();
    expect(row).toMatchObject({
      due_at: clock.now + 300_000,
      lease_owner: null,
      outcome: '{"done":3,"failed":0}',
    });
  });

  it("go on after the clock was set back by a year", async () => {
    const { job, ran, left } = counting(1);
    const { clock, tick } = await processesOn(job, 2);
    await tick();
    clock.now -= 365 * 86_400_000;
    left.add("next");
    await tick();
    expect(ran).toEqual(["piece-0", "next"]);
  });

  it("leave the job due when they are closed in the middle, and wait for the piece that runs", async () => {
    const { job, ran } = counting(50, { concurrency: 1 });
    const { clock, engines } = await processesOn(job, 1);
    const { engine, store } = engines[0]!;
    const ticking = engine.tick();
    await new Promise((resolve) => setTimeout(resolve, 30));
    await engine.close();
    const done = ran.length;
    await ticking;
    expect(ran.length).toBe(done);
    expect(done).toBeLessThan(50);
    expect((await store.jobs.listForOperator())[0]).toMatchObject({ due_at: clock.now, lease_owner: null });
  });
});

describe("the pieces of a job", () => {
  it("run a few at once, and one that cannot be done holds up nobody and is tried once", async () => {
    const tried: string[] = [];
    const { job, ran, left, most } = counting(30);
    const failing: Job = {
      ...job,
      due: async (limit) => [{ owner: "alice", id: "bad" }, ...(await job.due(limit))],
      run: async (piece) => {
        tried.push(piece.id);
        if (piece.id === "bad") throw new Error("It cannot be done.");
        await job.run(piece);
      },
    };
    expect(await runPieces(failing, log, new AbortController().signal)).toEqual({ done: 30, failed: 1 });
    expect(tried.filter((id) => id === "bad")).toEqual(["bad"]);
    expect(ran).toHaveLength(30);
    expect(left.size).toBe(0);
    expect(most()).toBe(3);
  });
});

describe("the engine's crontab", () => {
  it("knows minutes and hours", () => {
    expect([10, 60, 300, 600, 1800, 3600, 86_400].map(crontabOf)).toEqual([
      ...["*/1 * * * *", "*/1 * * * *", "*/5 * * * *", "*/10 * * * *", "*/30 * * * *"],
      ...["23 * * * *", "23 * * * *"],
    ]);
  });
});
