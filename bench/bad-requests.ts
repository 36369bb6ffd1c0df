/**
 * A million requests that should never have been sent, at a gateway in a process of its own: it must live, answer none
 * of them with a 5xx, let none through to Jira, and hold no more at the end than at the beginning. The same requests
 * come of the same seed: `node bench/bad-requests.ts --count N --seed N --at-once N`.
 */
import { parseArgs } from "node:util";
import { attack } from "./bad-requests/attack.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    "at-once": { type: "string", default: "32" },
  },
});
const began = Date.now();
const outcome = await attack({
  count: Number(values.count),
  seed: Number(values.seed),
  at_once: Number(values["at-once"]),
  progress: (done) => console.error(`${done} after ${Math.round((Date.now() - began) / 1000)} s`),
});
const { count, seconds, kinds, statuses, arrived, before, most_rss_mb, after, wrong } = outcome;
const table = (title: string, of: Readonly<Record<string, number>>) =>
  console.log(
    [
      `\n| ${title} | requests |`,
      "| --- | ---: |",
      ...Object.entries(of).map((row) => `| ${row.join(" | ")} |`),
    ].join("\n"),
  );

console.log(
  `${count} bad requests of seed ${values.seed} in ${Math.round(seconds)} s, ${Math.round(count / seconds)} a second`,
);
table("kind", kinds);
table("answered with (0: the connection was cut)", statuses);
console.log(`\n| of the process | after the first 500 | at the end |\n| --- | ---: | ---: |`);
console.log(`| heap, MB | ${before.heap_mb} | ${after.heap_mb} |`);
console.log(`| resident, MB | ${before.rss_mb} | ${after.rss_mb} (at most ${most_rss_mb}) |`);
console.log(`| entries in the log of use | ${before.log_rows} | ${after.log_rows} |`);
console.log(
  `| rows of connections, handles, … | ${JSON.stringify(before.rows)} | ${JSON.stringify(after.rows)} |`,
);
console.log(`\n${arrived} reached Jira, all of them harmless but for what follows.`);
console.log(wrong.length === 0 ? "Nothing went wrong." : wrong.join("\n"));
process.exit(wrong.length === 0 ? 0 : 1);
