/**
 * What a renewal costs those who wait for it, and how fast many are done.
 *
 *   node bench/refresh.ts [--store sqlite|postgres] [--families 10000] [--rounds 7]
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isLatchkeyError } from "../src/errors.ts";
import { type House, OWNER, openHouse } from "../test/crash/house.ts";
import { monotonic } from "../test/crash/orders.ts";
import { benchDatabase, stopServer } from "./database.ts";
import type { Order, Report, Start } from "./refresh-worker.ts";

const { values } = parseArgs({
  options: {
    store: { type: "string", default: "sqlite" },
    families: { type: "string", default: "10000" },
    rounds: { type: "string", default: "7" },
  },
});

const PROGRAM = fileURLToPath(new URL("./refresh-worker.ts", import.meta.url));
const PROCESSES = 4;
const CALLERS = 1_000;
const LATENCY_MS = 300;
const HOUR_MS = 3_600_000;
const AT_ONCE = 64;

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

async function ask(workers: readonly ChildProcess[], order: Order): Promise<Report[]> {
  const answers = workers.map(async (worker) => (await once(worker, "message"))[0] as Report);
  for (const worker of workers) worker.send(order);
  return await Promise.all(answers);
}

/** Many callers in several processes meet one token: alive, then over. */
async function oneToken(house: House, rounds: number): Promise<void> {
  const connection = await house.connect();
  house.exchanges();
  const { database_url, key_file, allow } = house;
  const start: Start = { database_url, key_file, allow };
  const workers = Array.from({ length: PROCESSES }, () => fork(PROGRAM, [JSON.stringify(start)]));
  await Promise.all(workers.map((worker) => once(worker, "message")));
  house.sandbox.control.faults({ match: { path: house.token_path }, delay_ms: LATENCY_MS });
  const order = { owner: OWNER, connection_id: connection.id, callers: CALLERS };
  const added: number[] = [];
  const rows: string[] = [];
  let clock_ms = 0;
  // The first round warms up and is not counted.
  for (let round = 0; round <= rounds; round++) {
    const alive = await ask(workers, { ...order, clock_ms, at: monotonic() + 200 });
    clock_ms += HOUR_MS + 60_000;
    const before = house.exchanges().asked;
    const over = await ask(workers, { ...order, clock_ms, at: monotonic() + 200 });
    const exchanges = house.exchanges().asked - before;
    const usual = median(alive.flatMap(({ waits }) => waits));
    const waited = median(over.flatMap(({ waits }) => waits));
    const tokens = new Set(over.flatMap((report) => report.tokens)).size;
    if (round === 0) continue;
    added.push(waited - usual);
    rows.push(
      `| ${round} | ${exchanges} | ${tokens} | ${usual.toFixed(0)} | ${waited.toFixed(0)} | ${((waited - usual) / LATENCY_MS).toFixed(3)} |`,
    );
  }
  for (const worker of workers) worker.disconnect();
  house.sandbox.control.clearFaults();
  console.log(
    `\n${PROCESSES} processes x ${CALLERS} callers, endpoint latency ${LATENCY_MS} ms, ${values.store}\n`,
  );
  console.log(
    "| round | exchanges | tokens served | median wait, token alive, ms | token over, ms | added / latency |",
  );
  console.log("| ---: | ---: | ---: | ---: | ---: | ---: |");
  console.log(rows.join("\n"));
  console.log(`\nmedian added wait / latency: ${(median(added) / LATENCY_MS).toFixed(3)} (goal 1.1)`);
}

async function inParallel<T>(
  items: readonly T[],
  at_once: number,
  work: (item: T) => Promise<void>,
): Promise<number> {
  const left = [...items];
  const began = performance.now();
  const one = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: at_once }, one));
  return (performance.now() - began) / 1000;
}

/** All of them over at once, and some of the answers a 429: how fast they are renewed, against the bare endpoint. */
async function manyFamilies(house: House, families: number): Promise<void> {
  const ids: string[] = [];
  await inParallel(
    Array.from({ length: families }, (_, n) => n),
    32,
    async () => {
      ids.push((await house.connect()).id);
    },
  );
  const slow = { match: { path: house.token_path }, delay_ms: LATENCY_MS };
  house.sandbox.control.faults(slow);
  const bare = await bareEndpoint(house, Math.min(families, 2_000));
  await sleep(500);
  const before = house.exchanges().asked;
  const limited = Math.ceil(families / 20);
  const faults = {
    match: { path: house.token_path, times: limited },
    status: 429,
    headers: { "retry-after": "1" },
  };
  house.sandbox.control.clearFaults();
  house.sandbox.control.faults([faults, slow]);
  const later: Promise<void>[] = [];
  const renew = async (id: string): Promise<void> => {
    try {
      await house.vault.refresh(OWNER, id);
    } catch (error) {
      if (!isLatchkeyError(error) || error.retry === "never" || error.code === "connection_dead") throw error;
      // Its place is free for another one meanwhile.
      later.push(sleep((error.retry_after_s ?? 1) * 1000).then(() => renew(id)));
    }
  };
  const began = performance.now();
  await inParallel(ids, AT_ONCE, renew);
  for (let waiting = later.shift(); waiting; waiting = later.shift()) await waiting;
  const seconds = (performance.now() - began) / 1000;
  const exchanges = house.exchanges().asked - before;
  const rows = await house.store.families.listForOperator();
  const renewed = rows.filter(({ state, generation }) => state === "active" && generation === 2).length;
  const pace = families / seconds;
  console.log(
    `\n${families} families over at once, ${AT_ONCE} asked for at a time, endpoint latency ${LATENCY_MS} ms, ${limited} answers are 429 with Retry-After 1, ${values.store}\n`,
  );
  console.log(
    "| renewed | dead | exchanges | families per second | bare endpoint, refreshes per second | ratio |",
  );
  console.log("| ---: | ---: | ---: | ---: | ---: | ---: |");
  console.log(
    `| ${renewed} | ${rows.filter(({ state }) => state === "dead").length} | ${exchanges} | ${pace.toFixed(0)} | ${bare.toFixed(0)} | ${(pace / bare).toFixed(2)} |`,
  );
}

/** The same endpoint asked by a loop that keeps nothing: what it allows. */
async function bareEndpoint(house: House, refreshes: number): Promise<number> {
  const url = `${house.sandbox.cloudUrl}${house.token_path}`;
  const client = { client_id: "sandbox-cloud-app", client_secret: "sandbox-cloud-secret" };
  // Within its reuse window one token may be shown again and again.
  const { refresh_token } = await house.consent();
  const body = JSON.stringify({ grant_type: "refresh_token", ...client, refresh_token });
  const seconds = await inParallel(
    Array.from({ length: refreshes }, (_, n) => n),
    AT_ONCE,
    async () => {
      const answer = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      await answer.arrayBuffer();
      if (answer.status !== 200)
        throw new Error(`the bare endpoint: ${house.sandbox.control.requests().at(-1)?.reason}`);
    },
  );
  return refreshes / seconds;
}

const database = await benchDatabase(values.store);
const house = await openHouse({
  flavor: "cloud",
  connections: 0,
  remembers: false,
  // The sandbox is slow with so many tokens: a short limit would cut its answers off.
  limits: { lease_ms: 20_000, exchange_ms: 15_000 },
  switches: { access_ttl_s: "3600" },
  ...(database.url !== undefined && { database_url: database.url }),
});
try {
  if (Number(values.rounds) > 0) await oneToken(house, Number(values.rounds));
  if (Number(values.families) > 0) await manyFamilies(house, Number(values.families));
} finally {
  await house.close();
  await database.drop();
  await stopServer();
}
