/** What a push promises, with real processes that are killed and a Jira that fails at random. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { temporaryDirectory } from "../store/temporary.ts";
import { openHouse } from "./house.ts";
import { issuesOf, misbehave } from "./killed.ts";
import { idea } from "./stage.ts";

const COUNT = 500;
/** Where a process is killed: so many issues stand then. */
const KILLS = [90, 210, 340];

it("makes one issue of each of 500 ideas, with one link back and the right text, whatever fails and is killed", async () => {
  const house = await openHouse("cloud", 1, temporaryDirectory());
  onTestFinished(() => house.close());
  const file = join(house.home, "ideas.jsonl");
  const ideas = Array.from({ length: COUNT }, (_, at) =>
    idea(`i${at}`, { description: `Text of **i${at}**` }),
  );
  writeFileSync(file, ideas.map((one) => JSON.stringify(one)).join("\n"));
  await house.control("switches", { index_lag_ms: 300 });
  const over = new AbortController();
  const bad = misbehave(house, over.signal, 8);
  const before = house.issues();
  for (const count of KILLS) {
    const { child, ended } = house.run(["push", file]);
    while (house.issues() - before < count && child.exitCode === null) await sleep(3);
    child.kill("SIGKILL");
    expect((await ended).signal).toBe("SIGKILL");
  }
  const last = await house.run(["push", file, "--json"]).ended;
  over.abort();
  expect(await bad).toBeGreaterThan(20);
  const told = JSON.parse(last.out) as { ideas: number; refused?: number; unchanged: number };
  // What failed for good meanwhile is pushed once more, with nothing in the way.
  const again = await house.run(["push", file, "--json"]).ended;
  expect(JSON.parse(again.out)).toMatchObject({ ideas: COUNT });
  expect(JSON.parse(again.out).refused, again.out.slice(0, 2_000)).toBeUndefined();
  expect(told.unchanged).toBeGreaterThan(KILLS[2]! - 50);

  await house.control("switches", { index_lag_ms: 0 });
  const issues = await issuesOf(house, "cloud");
  expect(issues.map((one) => one.idea).sort()).toEqual(ideas.map(({ id }) => id).sort());
  for (const issue of issues) {
    expect(issue).toMatchObject({
      summary: `Idea ${issue.idea}`,
      description: `Text of ${issue.idea}`,
      links: [`appId=Idea%20board&ideaId=${issue.idea}`],
    });
  }
}, 40_000);

it("makes one issue of each idea where two processes push the same ones at once", async () => {
  const house = await openHouse("datacenter-oauth2", 1, temporaryDirectory());
  onTestFinished(() => house.close());
  const ideas = Array.from({ length: 60 }, (_, at) => idea(`i${at}`));
  const input = JSON.stringify(ideas);
  const over = new AbortController();
  const bad = misbehave(house, over.signal, 8);
  const args = ["push", "-", "--json"];
  const [one, other] = await Promise.all([
    house.run(args, { input }).ended,
    house.run(args, { input }).ended,
  ]);
  over.abort();
  await bad;
  const told = [one, other].map(({ out }) => JSON.parse(out) as { created?: number; refused?: number });
  // Which of the two made an issue is chance; that nobody was refused, and each issue was made once, is not.
  expect(told.map(({ refused }) => refused)).toEqual([undefined, undefined]);
  expect(told.reduce((sum, { created = 0 }) => sum + created, 0)).toBe(ideas.length);
  const issues = await issuesOf(house, "datacenter");
  expect(issues.map((issue) => issue.idea).sort()).toEqual(ideas.map(({ id }) => id).sort());
  expect(issues.every(({ links }) => links.length === 1)).toBe(true);
}, 40_000);
