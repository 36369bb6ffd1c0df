/**
 * What an export costs: against bare undici on the same pages, against `jira.js` and Debian's `python3-jira` where
 * every page takes 100 ms, and how much memory it takes at two sizes. Run with `node bench/export.ts`; `--issues N`,
 * `--seed N`, `--rounds N`, `--latency MS`.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    issues: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    rounds: { type: "string", default: "3" },
    latency: { type: "string", default: "100" },
  },
});
const MANY = Number(values.issues);
const FEW = Math.round(MANY / 10);
const ROUNDS = Number(values.rounds);

type Ended = {
  readonly rows: number;
  readonly seconds: number;
  readonly rss_mb: number;
  readonly cpu_s: number;
};
const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "latchkey-bench-export-"));
const python = spawnSync("/usr/bin/python3", ["-c", "import jira"]).status === 0;

async function lineOf(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) return line;
  throw new Error("a process of the bench ended and said nothing");
}

const size = { issues: { BIG: MANY, TEN: FEW }, seed: Number(values.seed) };
const site = spawn(
  process.execPath,
  ["--max-old-space-size=6000", here("export/site.ts"), JSON.stringify(size)],
  {
    stdio: ["ignore", "pipe", "inherit"],
  },
);
const { base, origin } = JSON.parse(await lineOf(site)) as { base: string; origin: string };

async function measure(name: string, project: string, format = "jsonl"): Promise<Ended> {
  const told = { name, base, origin, project, format, to: join(folder, `${name}-${project}.${format}`) };
  const command =
    name === "python3-jira"
      ? spawn("/usr/bin/python3", [here("export/iterate.py"), base, project, told.to], {
          stdio: ["ignore", "pipe", "inherit"],
        })
      : spawn(process.execPath, [here("export/contender.ts"), JSON.stringify(told)], {
          stdio: ["ignore", "pipe", "inherit"],
        });
  const ended = JSON.parse(await lineOf(command)) as Ended;
  const expected = project === "BIG" ? MANY : FEW;
  if (ended.rows !== expected) throw new Error(`${name} got ${ended.rows} of ${expected} issues`);
  return ended;
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
const show = (name: string, { seconds, rss_mb, cpu_s }: Ended) =>
  console.log(
    `  ${name.padEnd(28)} ${seconds.toFixed(1).padStart(7)} s  ${cpu_s.toFixed(1).padStart(6)} s of processor  ${rss_mb.toFixed(0).padStart(4)} MB`,
  );
const delay = (ms: number) => fetch(`${origin}/__bench/delay/${ms}`);

try {
  console.log(
    `${MANY} issues of the sandbox, and ${FEW}; answers are kept, so that the sandbox is measured once:`,
  );
  for (const project of ["TEN", "BIG"]) show(`filling, ${project}`, await measure("latchkey", project));

  console.log("\nSame pages, no latency:");
  const rounds: [Ended, Ended][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rounds.push([await measure("latchkey", "BIG"), await measure("undici", "BIG")]);
    show("Latchkey", rounds.at(-1)![0]);
    show("bare undici", rounds.at(-1)![1]);
  }
  const ratio = median(rounds.map(([ours, bare]) => ours.seconds / bare.seconds));
  console.log(`  wall time over bare undici: ${ratio.toFixed(2)} (goal: at most 1.5)`);

  console.log("\nPeak memory:");
  for (const format of ["jsonl", "csv", "parquet"]) {
    const [few, many] = [await measure("latchkey", "TEN", format), await measure("latchkey", "BIG", format)];
    show(`${format}, ${FEW} issues`, few);
    show(`${format}, ${MANY} issues`, many);
  }

  console.log(`\n${values.latency} ms for every page:`);
  await delay(Number(values.latency));
  const ours = await measure("latchkey", "BIG");
  show("Latchkey", ours);
  const peers = ["jira.js", ...(python ? ["python3-jira"] : [])];
  if (!python) console.log("  python3-jira is missing: apt-get install python3-jira");
  for (const name of peers) {
    // Once for the answers to be kept, at no latency.
    await delay(0);
    await measure(name, "BIG");
    await delay(Number(values.latency));
    const theirs = await measure(name, "BIG");
    show(name, theirs);
    console.log(`  times faster than ${name}: ${(theirs.seconds / ours.seconds).toFixed(1)} (goal: 3)`);
  }
} finally {
  site.kill();
  rmSync(folder, { recursive: true, force: true });
}
