/**
 * The long crash run: a thousand kills and more on each store, at every step of a renewal and at any moment.
 *
 *   node bench/crash.ts [--kills 1000] [--store sqlite|postgres|both] [--minutes 20]
 *
 * PostgreSQL is a server of its own from a registry package.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { leaks, outputsOf, sampleOf } from "../test/crash/canary.ts";
import { type Crew, gather } from "../test/crash/crew.ts";
import { type Flavor, type House, OWNER, openHouse } from "../test/crash/house.ts";
import { HOLDS_MS, type Kill, kill, MOMENTS } from "../test/crash/kills.ts";
import { judge, type Verdict } from "../test/crash/verdict.ts";
import { benchDatabase, stopServer } from "./database.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "1000" },
    store: { type: "string", default: "both" },
    minutes: { type: "string", default: "20" },
  },
});

type Plan = {
  readonly title: string;
  readonly flavor: Flavor;
  readonly kills: number;
  readonly connections: number;
  readonly switches?: Readonly<Record<string, string>>;
};

const kills = Number(values.kills);
const plans: readonly Plan[] = [
  { title: "Cloud", flavor: "cloud", kills, connections: 12 },
  {
    title: "Cloud, reuse=supersede",
    flavor: "cloud",
    kills: Math.ceil(kills / 10),
    connections: 12,
    switches: { reuse: "supersede" },
  },
  {
    title: "Data Center OAuth 2.0",
    flavor: "datacenter-oauth2",
    kills: Math.ceil(kills / 10),
    connections: 12,
  },
];
/** Killed together at most; with those that live on, two to eight processes. */
const AT_ONCE = 5;
const LIVING = 2;

async function run(plan: Plan, database_url: string | undefined): Promise<[Verdict, number, number]> {
  const began = performance.now();
  const house = await openHouse({
    flavor: plan.flavor,
    connections: plan.connections,
    delay_ms: HOLDS_MS,
    ...(plan.switches && { switches: plan.switches }),
    ...(database_url !== undefined && { database_url }),
  });
  const crew = gather(house, { quiet: true });
  try {
    for (let n = 0; n < LIVING; n++) crew.start();
    const until = began + Number(values.minutes) * 60_000;
    const cycle: readonly Kill[] = [...MOMENTS, "any time", "any time", "any time"];
    const all = Array.from({ length: plan.kills }, (_, n) => cycle[n % cycle.length] as Kill);
    let over = false;
    const replacing = replace(house, crew, plan, () => over);
    await kill(crew, all, { at_once: AT_ONCE, over: () => performance.now() > until });
    over = true;
    await replacing;
    await crew.dismiss();
    const verdict = await judge(house, crew);
    const found = leaks(sampleOf(house.tokens()), outputsOf(house, crew)).length;
    return [verdict, found, (performance.now() - began) / 1000];
  } finally {
    await crew.dismiss();
    await house.close();
  }
}

/** On Data Center connections die; new ones keep the number up. */
async function replace(house: House, crew: Crew, plan: Plan, over: () => boolean): Promise<void> {
  while (!over()) {
    await sleep(1_000);
    const dead = new Set(crew.lines().flatMap((line) => (line.step === "dead" ? [line.connection_id] : [])));
    const all = await house.vault.connections.list(OWNER);
    for (let n = all.length - dead.size; n < plan.connections; n++) await house.connect();
  }
}

function report(store: string, plan: Plan, [verdict, found, seconds]: [Verdict, number, number]): string {
  const {
    connections,
    alive,
    dead,
    kills: killed,
    exchanges,
    renewals,
    interrupted,
    failed,
    parked,
  } = verdict;
  const sound =
    verdict.unexplained.length + verdict.shared_fences.length + verdict.overlaps.length + verdict.unended;
  const deaths = Object.entries(dead).map(([cause, count]) => `${count} ${cause}`);
  return `| ${[
    store,
    plan.title,
    killed,
    connections,
    alive,
    deaths.join(", ") || "0",
    exchanges,
    renewals,
    interrupted,
    failed,
    parked,
    sound,
    found,
    `${Math.round(seconds)} s`,
  ].join(" | ")} |`;
}

console.log(
  "| store | dialect | kills | connections | alive | dead | exchanges | renewals | interrupted | failed | parked | violations | leaks | time |",
);
console.log(
  "| --- | --- | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
);
const stores = values.store === "both" ? ["sqlite", "postgres"] : [values.store];
for (const store of stores) {
  for (const plan of plans) {
    const database = await benchDatabase(store);
    try {
      console.log(report(store, plan, await run(plan, database.url)));
    } finally {
      await database.drop();
    }
  }
}
await stopServer();
