/** The crash suite of one store: what is done to the processes, and what must be true after it. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { leaks, outputsOf, sampleOf } from "./canary.ts";
import { type Crew, gather, type Worker } from "./crew.ts";
import { type Flavor, type House, type HouseOptions, LIMITS, openHouse } from "./house.ts";
import { HOLDS_MS, kill, MOMENTS } from "./kills.ts";
import type { Line } from "./orders.ts";
import { judge, type Verdict } from "./verdict.ts";

/** A store for one run, and the way to cut its users off from it for a while. */
export type Database = {
  readonly url: string | undefined;
  /** Cuts for so long, then lets go. */
  cut(house: House, ms: number): Promise<void>;
  close(): Promise<void>;
};

/** The machine may be busy with other tests; a quiet one needs a tenth of this. */
const LIMIT_MS = 120_000;
/** Where the process is when it is stopped is a matter of milliseconds; a busy machine may miss the moment. */
const TIMED = { timeout: LIMIT_MS, retry: 2 };
type Run = { readonly house: House; readonly crew: Crew };

async function run(
  database: Databases,
  options: Omit<HouseOptions, "database_url">,
  work: (run: Run, database: Database) => Promise<void>,
): Promise<Verdict> {
  const store = await database();
  const house = await openHouse({
    ...options,
    delay_ms: options.delay_ms ?? HOLDS_MS,
    ...(store.url !== undefined && { database_url: store.url }),
  });
  const crew = gather(house);
  try {
    await work({ house, crew }, store);
    await crew.dismiss();
    const verdict = await judge(house, crew);
    expect(leaks(sampleOf(house.tokens()), outputsOf(house, crew))).toEqual([]);
    expect(crew.outputs().at(-1), "what the workers printed").toBe("");
    return verdict;
  } finally {
    await crew.dismiss();
    await house.close();
    await store.close();
  }
}

/** What is true of every run. */
export function expectSound(verdict: Verdict): void {
  const { exchanges, renewals, interrupted, failed, parked, unended } = verdict;
  expect(verdict.unexplained).toEqual([]);
  expect(verdict.shared_fences).toEqual([]);
  expect(verdict.overlaps).toEqual([]);
  expect(unended).toBe(0);
  const counted = JSON.stringify(verdict);
  expect(renewals, counted).toBeGreaterThan(verdict.connections);
  expect(exchanges, counted).toBeLessThanOrEqual(renewals + interrupted + failed + parked);
}

function expectNothingLost(verdict: Verdict): void {
  expectSound(verdict);
  expect(verdict.dead).toEqual({});
  expect(verdict.alive).toBe(verdict.connections);
}

type Databases = () => Promise<Database>;

/** The last ones are mostly waiting, and wait together. */
export function crashSuite(database: Databases): void {
  it(
    "loses nothing on Cloud when processes are killed at each step, at random, and answers get lost",
    () => killedOnCloud(database),
    60_000,
  );
  it(
    "on Data Center loses only what was killed between send and commit, each as lost_answer",
    () => killedOnDataCenter(database),
    60_000,
  );
  it.concurrent.each<Flavor>(["cloud", "datacenter-oauth2"])(
    "survives a process on %s that is stopped past its lease in the middle of an exchange, and goes on",
    TIMED,
    (flavor) => stoppedPastItsLease(database, flavor),
  );
  it.concurrent(
    "survives a process that is stopped just before it sends, and sends when it is too late",
    () => stoppedBeforeSending(database),
    LIMIT_MS,
  );
  it.concurrent("loses nothing while the database is out of reach", () => cutOff(database), LIMIT_MS);
  it.concurrent(
    "loses nothing when clocks jump, of one process or of all",
    () => jumping(database),
    LIMIT_MS,
  );
}

async function killedOnCloud(database: Databases): Promise<void> {
  const verdict = await run(database, { flavor: "cloud", connections: 8 }, async ({ house, crew }) => {
    await underWay(crew, [crew.start(), crew.start()]);
    await kill(crew, [...MOMENTS, "any time", "any time", "any time"], { at_once: 3 });
    const path = house.token_path;
    house.sandbox.control.clearFaults();
    house.sandbox.control.faults({ match: { path, times: 3 }, lose_answer: true });
    await expect.poll(() => house.exchanges().lost, { timeout: 15_000 }).toBe(3);
    await sleep(2_000);
  });
  expectNothingLost(verdict);
  expect(verdict.kills).toBe(MOMENTS.length + 3);
  expect(verdict.refused).toBe(0);
  expect(verdict.interrupted).toBeGreaterThanOrEqual(3);
}

async function killedOnDataCenter(database: Databases): Promise<void> {
  const verdict = await run(database, { flavor: "datacenter-oauth2", connections: 10 }, async ({ crew }) => {
    await underWay(crew, [crew.start()]);
    await kill(crew, MOMENTS, { at_once: 3 });
    await sleep(LIMITS.lease_ms);
  });
  expectSound(verdict);
  const { lost_answer = 0, ...other } = verdict.dead;
  expect(other).toEqual({});
  expect(lost_answer).toBeGreaterThan(0);
  expect(lost_answer).toBeLessThanOrEqual(verdict.interrupted);
  expect(verdict.alive + lost_answer).toBe(verdict.connections);
}

/** On Data Center the one that takes over finds the token spent, and the one that wakes proves that nothing is lost. */
async function stoppedPastItsLease(database: Databases, flavor: Flavor): Promise<void> {
  const options = { flavor, connections: 1 } as const;
  const verdict = await run(database, options, async ({ house, crew }) => {
    const { control } = house.sandbox;
    control.clearFaults();
    control.faults({ match: { path: house.token_path, times: 1 }, delay_ms: 2_000 });
    const slow = crew.start({ stop: { step: "send", nth: 1, after_ms: 800 } });
    await reached(crew, slow, "send");
    const next = crew.start();
    await reached(crew, next, flavor === "cloud" ? "commit" : "dead");
    slow.child.kill("SIGCONT");
    await reached(crew, slow, flavor === "cloud" ? "park" : "commit");
    await sleep(1_500);
  });
  expect(flavor === "cloud" ? verdict.parked : verdict.revived).toBeGreaterThan(0);
  expectNothingLost(verdict);
}

/** It was about to send when it was stopped, and sends a token that another holder has spent meanwhile. */
async function stoppedBeforeSending(database: Databases): Promise<void> {
  const options = { flavor: "datacenter-oauth2", connections: 1 } as const;
  const verdict = await run(database, options, async ({ crew }) => {
    const slow = crew.start({ stop: { step: "send", nth: 1 } });
    await reached(crew, slow, "send");
    const next = crew.start();
    await reached(crew, next, "commit");
    slow.child.kill("SIGCONT");
    await reached(crew, slow, "fail");
    await reached(crew, slow, "commit");
  });
  expect(verdict.refused).toBeGreaterThan(0);
  expectNothingLost(verdict);
}

async function cutOff(database: Databases): Promise<void> {
  const options = { flavor: "cloud", connections: 6 } as const;
  const verdict = await run(database, options, async ({ house, crew }, store) => {
    const workers = [crew.start({ busy_ms: 400 }), crew.start({ busy_ms: 400 })];
    await underWay(crew, workers);
    await store.cut(house, 3_000);
    await sleep(2_500);
  });
  expectNothingLost(verdict);
}

async function jumping(database: Databases): Promise<void> {
  const verdict = await run(database, { flavor: "cloud", connections: 6 }, async ({ crew }) => {
    const workers = [crew.start(), crew.start(), crew.start()];
    await underWay(crew, workers);
    for (const hours of [1, -1, 24 * 100, -24, 0]) {
      for (const [n, worker] of workers.entries()) {
        if (hours === 0 || n !== 1) crew.tell(worker, { clock_ms: hours * 3_600_000 });
      }
      await sleep(1_200);
    }
  });
  expectNothingLost(verdict);
}

async function underWay(crew: Crew, workers: readonly Worker[]): Promise<void> {
  for (const worker of workers) await reached(crew, worker, "commit");
}

async function reached(crew: Crew, worker: Worker, step: Line["step"]): Promise<void> {
  const there = () => crew.lines().some((line) => line.worker === worker.name && line.step === step);
  await expect.poll(there, { timeout: 40_000, interval: 50 }).toBe(true);
}
