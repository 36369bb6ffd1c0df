/**
 * What the proxy costs: Latchkey with handle, credential and log of use against a bare forwarder in the same Node and
 * against other proxies with a constant header, side by side in one run. Run with `node bench/proxy.ts`; other proxies
 * come with `npm ci --prefix bench/peers`. `--rounds N`, `--seconds N`, `--warm N`, `--only small,oauth1,…`.
 */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Round, round, type Target, WRK } from "./proxy/load.ts";
import { PRIVATE_KEY } from "./proxy/oauth1.ts";
import {
  has,
  OTHER_CORE,
  PROXY_CORE,
  processorTime,
  type Running,
  start,
  startNginx,
} from "./proxy/running.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    seconds: { type: "string", default: "2" },
    warm: { type: "string", default: "6" },
    only: { type: "string", default: "small,medium,large,oauth1" },
  },
});
const ROUNDS = Number(values.rounds);
const SECONDS = Number(values.seconds);
const WARM = Number(values.warm);
const AUTHORIZATION = "Bearer a-token-of-the-bench-0123456789";

/** With the processor time a call took, in microseconds: what else the machine does counts less in it. */
type Measured = Round & { readonly us: number };

type Contender = { readonly name: string; readonly running: Running; readonly goal?: number };

const peers = existsSync(new URL("peers/node_modules/fastify", import.meta.url));
if (!WRK) console.error("wrk is missing: a client in this process asks instead, and is slower.");
if (!peers) console.error("Other proxies are missing: npm ci --prefix bench/peers");
if (!has("nginx")) console.error("nginx is missing.");

const upstream = await start("./upstream.ts", OTHER_CORE);
const told = { upstream: `http://127.0.0.1:${upstream.port}`, authorization: AUTHORIZATION, signs: false };

const plain: Contender[] = [
  { name: "Latchkey", running: await start("./latchkey.ts", PROXY_CORE, told) },
  { name: "bare undici dispatch", running: await start("./undici.ts", PROXY_CORE, told), goal: 0.8 },
];
if (peers) {
  const replyFrom = await start("./reply-from.ts", PROXY_CORE, told);
  const httpProxy = await start("./http-proxy.ts", PROXY_CORE, told);
  plain.push({ name: "@fastify/reply-from", running: replyFrom, goal: 1 });
  plain.push({ name: "http-proxy", running: httpProxy, goal: 1 });
}
if (has("nginx")) plain.push({ name: "nginx proxy_pass", running: await startNginx(told) });
const signing = { ...told, signs: true };
const signs: Contender[] = [
  { name: "Latchkey, OAuth 1.0a", running: await start("./latchkey.ts", PROXY_CORE, signing, PRIVATE_KEY) },
  {
    name: "bare undici dispatch that signs",
    running: await start("./undici.ts", PROXY_CORE, signing, PRIVATE_KEY),
    goal: 0.85,
  },
];

function targetOf({ running }: Contender, size: string): Target {
  return {
    url: `http://127.0.0.1:${running.port}${running.path ?? ""}/rest/api/3/${size}`,
    headers: { authorization: running.key ? `Bearer ${running.key}` : "Bearer of-the-caller" },
  };
}

/** All of them in turn, each round beginning with another, so that what else the machine does meets all alike. */
async function measure(
  title: string,
  contenders: readonly Contender[],
  size: string,
  connections: number,
): Promise<void> {
  const direct: Contender = { name: "no proxy", running: upstream };
  const all = [...contenders, direct];
  const rounds = new Map<string, Measured[]>(all.map(({ name }) => [name, []]));
  // The compiler warms up by what it has seen, not by the time that passed.
  for (const contender of all) await round(targetOf(contender, size), connections, WARM);
  for (let n = 0; n < ROUNDS; n++) {
    for (let i = 0; i < all.length; i++) {
      const contender = all[(i + n) % all.length]!;
      const pid = contender.running.child.pid ?? 0;
      const before = processorTime(pid);
      const done = await round(targetOf(contender, size), connections, SECONDS);
      if (done.failed > 0) throw new Error(`${contender.name}: ${done.failed} calls failed.`);
      const used = (processorTime(pid) ?? Number.NaN) - (before ?? Number.NaN);
      rounds.get(contender.name)!.push({ ...done, us: (used * 1_000) / (done.per_second * SECONDS) });
    }
  }
  print(title, all, rounds);
}

function print(
  title: string,
  all: readonly Contender[],
  rounds: ReadonlyMap<string, readonly Measured[]>,
): void {
  const ours = rounds.get(all[0]!.name)!;
  const bare = rounds.get("no proxy")!;
  const ratios = (theirs: readonly Measured[]) =>
    ours.map((one, n) => one.per_second / theirs[n]!.per_second);
  const added = (theirs: readonly Measured[]) => theirs.map((one, n) => one.p99_ms - bare[n]!.p99_ms);
  console.log(`\n${title}\n`);
  console.log(
    "| proxy | calls/s | p50 ms | p99 ms | added p99 ms | µs of processor a call | Latchkey against it, calls/s | by processor | goal |",
  );
  console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
  for (const { name, goal } of all) {
    const theirs = rounds.get(name)!;
    const of = (pick: (one: Measured) => number) => median(theirs.map(pick));
    const cells = [
      name,
      of((one) => one.per_second).toFixed(0),
      of((one) => one.p50_ms).toFixed(2),
      of((one) => one.p99_ms).toFixed(2),
      theirs === bare ? "" : median(added(theirs)).toFixed(2),
      of((one) => one.us).toFixed(0),
      theirs === ours || theirs === bare ? "" : median(ratios(theirs)).toFixed(2),
      theirs === ours || theirs === bare
        ? ""
        : median(theirs.map((one, n) => one.us / ours[n]!.us)).toFixed(2),
      goal === undefined ? "" : String(goal),
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

try {
  const only = values.only.split(",");
  if (only.includes("small")) await measure("1.6 KB, 32 connections", plain, "small", 32);
  if (only.includes("medium")) await measure("100 KB, 32 connections", plain, "medium", 32);
  if (only.includes("large")) await measure("10 MB, 4 connections", plain, "large", 4);
  if (only.includes("oauth1"))
    await measure("1.6 KB, signed with RSA-SHA1, 32 connections", signs, "small", 32);
  const { child } = plain[0]!.running;
  const proven = new Promise((resolve) => child.once("message", resolve));
  child.send("prove");
  const proof = (await proven) as { holds: boolean; entries: number };
  console.log(
    `\nThe log of use of the first: ${proof.entries} entries, which ${proof.holds ? "hold" : "do not hold"}.`,
  );
} finally {
  for (const { running } of [...plain, ...signs]) await running.stop();
  await upstream.stop();
}
