/**
 * 10,000 ideas pushed into the sandbox by the command line, with random 429, 5xx, cuts and lost answers, a search that
 * lags behind, and three kills of the process; then once more, unchanged. Counts what stands in Jira afterwards. Run
 * with `node bench/push.ts [ideas]`.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openHouse } from "../test/push/house.ts";
import { issuesOf, misbehave } from "../test/push/killed.ts";

const COUNT = Number(process.argv[2] ?? 10_000);
/** Seconds that search lags behind, and the bound Latchkey is told. */
const LAG_MS = 1_000;
const BOUND_S = 3;

const home = mkdtempSync(join(tmpdir(), "latchkey-bench-push-"));
const house = await openHouse("cloud", BOUND_S, home);
try {
  const file = join(home, "ideas.jsonl");
  const ideas = Array.from({ length: COUNT }, (_, at) => ({
    id: `i${at}`,
    title: `Idea i${at}`,
    description: `Text of **i${at}**`,
    url: `https://ideas.example/i${at}`,
    labels: ["from-ideas"],
    project: "JJ",
    issueType: "Task",
  }));
  writeFileSync(file, ideas.map((one) => JSON.stringify(one)).join("\n"));
  await house.control("switches", { index_lag_ms: LAG_MS });
  const over = new AbortController();
  const bad = misbehave(house, over.signal, 40);
  const before = house.issues();
  const began = performance.now();
  for (const share of [0.25, 0.5, 0.75]) {
    const { child, ended } = house.run(["push", file]);
    while (house.issues() - before < COUNT * share && child.exitCode === null) await sleep(5);
    child.kill("SIGKILL");
    await ended;
  }
  await house.run(["push", file]).ended;
  const pushed_s = (performance.now() - began) / 1000;
  over.abort();
  const faults = await bad;
  await house.run(["push", file]).ended;
  const resumed = performance.now();
  const last = JSON.parse((await house.run(["push", file, "--json"]).ended).out) as Record<string, number>;
  const unchanged_s = (performance.now() - resumed) / 1000;
  await house.control("switches", { index_lag_ms: 0 });
  const issues = await issuesOf(house, "cloud");
  const right = issues.filter(
    ({ idea, summary, description }) => summary === `Idea ${idea}` && description === `Text of ${idea}`,
  );
  const linked = issues.filter(
    ({ idea, links }) => links.length === 1 && links[0] === `appId=Idea%20board&ideaId=${idea}`,
  );
  const rows: [string, string | number][] = [
    ["ideas", COUNT],
    ["faults, beside a search that lags by 1 s", faults],
    ["kills of the process", 3],
    ["issues", issues.length],
    ["different ideas among them", new Set(issues.map(({ idea }) => idea)).size],
    ["with exactly one remote link, the right one", linked.length],
    ["with the right text", right.length],
    ["ideas in a second, kills and waits included", (COUNT / pushed_s).toFixed(0)],
    ["the same file once more: unchanged", last.unchanged ?? 0],
    ["the same file once more: ideas in a second, start included", (COUNT / unchanged_s).toFixed(0)],
  ];
  const processor = cpus()[0]?.model.replace(/ \d+-Core.*/, "") ?? "";
  process.stdout.write(
    `Node ${process.version}, ${cpus().length} × ${processor}\n\n| what | measured |\n| --- | ---: |\n`,
  );
  for (const [what, value] of rows) process.stdout.write(`| ${what} | ${value} |\n`);
} finally {
  await house.close();
  rmSync(home, { recursive: true, force: true });
}
