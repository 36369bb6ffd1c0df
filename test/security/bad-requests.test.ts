import { expect, it } from "vitest";
import { attack } from "../../bench/bad-requests/attack.ts";
import { shot } from "../../bench/bad-requests/grammar.ts";
import type { Target } from "../../bench/bad-requests/house.ts";
import { isHeld } from "../../bench/bad-requests/jira.ts";

const COUNT = 20_000;

/** Some ten seconds where nothing else runs. */
const PATIENCE_MS = 240_000;

it(
  "twenty thousand bad requests end no process, meet no 5xx, and let nothing through to Jira",
  async () => {
    const { before, after, most_rss_mb, kinds, statuses, wrong } = await attack({ count: COUNT, seed: 4 });
    expect(wrong).toEqual([]);
    expect(Object.values(kinds).reduce((sum, one) => sum + one)).toBe(COUNT);
    expect(Object.values(kinds).every((count) => count > 50)).toBe(true);
    expect(Object.keys(statuses).filter((status) => Number(status) >= 500)).toEqual([]);
    expect(after.rows, "nothing was made and nothing removed").toEqual(before.rows);
    expect(after.heap_mb).toBeLessThan(before.heap_mb + 60);
    expect(most_rss_mb).toBeLessThan(before.rss_mb + 300);
    // Of some ten thousand refusals; what was served is in it one by one.
    expect(after.log_rows - (statuses[200] ?? 0), "refusals do not fill the log of use").toBeLessThan(400);
  },
  PATIENCE_MS,
);

it("the same requests come of the same seed, and others of another", () => {
  const keys = Object.fromEntries(
    ["raw", "narrow", "projects", "policy", "psoxy", "reads", "manages", "revoked", "expired"].map((name) => [
      name,
      `lk_${name.padEnd(43, "A")}`,
    ]),
  ) as Target["keys"];
  const target: Target = { port: 1, connection: "con_1", foreign: "con_2", keys };
  const made = (seed: number) => Array.from({ length: 200 }, (_, n) => shot(seed, n, target).bytes);
  expect(made(1)).toEqual(made(1));
  expect(made(1)).not.toEqual(made(2));
});

it.each([
  ["project in (10000)", true],
  ['("a" = "b") AND project in (10000) ORDER BY "x" desc', true],
  ['("a" = "b\\") OR (c") AND project in (10000)', true],
  ['("a" = "b") OR ("c" = "d") AND project in (10000)', false],
  ['("a" = "b)) AND project in (10000)', false],
  ['"a" = "b" AND project in (10000)', false],
  ['("a" = "b") AND project in (10000) OR x = y', false],
  ['("a" = "b")) AND (project in (10000)', false],
])("the watch over queries knows that %s is held: %s", (jql, held) => {
  expect(isHeld(jql)).toBe(held);
});
