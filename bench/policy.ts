/**
 * How fast a policy is applied: MB/s of recorded pages through `JSON.parse`, the compiled policy and
 * `JSON.stringify`, against `JSON.parse` and `JSON.stringify` alone, in processor time. Run with `node bench/policy.ts`.
 */
import { readFileSync } from "node:fs";
import { compilePolicy, type Flavor } from "../src/policy/index.ts";

const ROUNDS = 15;
const ROUND_MS = 150;
const recorded = new URL("../test/fixtures/recorded/data/", import.meta.url);

const PAGES: readonly (readonly [name: string, file: string, flavor: Flavor, operation: string])[] = [
  ["search, 11 issues", "jira-ruby/issue.json", "datacenter", "GET /rest/api/2/search"],
  [
    "sprint's issues",
    "go-jira/issues_in_sprint.json",
    "cloud",
    "GET /rest/agile/1.0/sprint/{sprintId}/issue",
  ],
  ["one issue", "jira-ruby/issue/10002.json", "datacenter", "GET /rest/api/2/issue/{issueIdOrKey}"],
  ["projects", "go-jira/all_projects.json", "datacenter", "GET /rest/api/2/project"],
  ["statuses", "go-jira/all_statuses.json", "datacenter", "GET /rest/api/2/status"],
];

type Contender = (text: string) => string;

/** Megabytes in a second of processor time over one round: what else the machine does counts less so. */
function rate(contender: Contender, text: string): number {
  let bytes = 0;
  const before = process.cpuUsage();
  const end = process.hrtime.bigint() + BigInt(ROUND_MS) * 1_000_000n;
  while (process.hrtime.bigint() < end) {
    contender(text);
    bytes += Buffer.byteLength(text);
  }
  const { user, system } = process.cpuUsage(before);
  return bytes / (user + system);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function measure(name: string, file: string, flavor: Flavor, operation: string): string {
  // As it travels: without the blanks the recordings have.
  const text = JSON.stringify(JSON.parse(readFileSync(new URL(file, recorded), "utf8")));
  const [method, path] = operation.split(" ");
  const policy = compilePolicy(
    { latchkey_policy: 1, flavor, endpoints: [{ path, methods: [method], answer: ["**"] }] },
    { tenant: "bench", keys: [{ id: "k1", bytes: new Uint8Array(32).fill(1) }] },
  );
  const alone: Contender = (page) => JSON.stringify(JSON.parse(page));
  const applied: Contender = (page) => JSON.stringify(policy.answer(operation, 200, JSON.parse(page)));
  const rates: { alone: number; applied: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    rates.push({ alone: rate(alone, text), applied: rate(applied, text) });
  }
  // The first rounds warm the compiler up.
  const warm = rates.slice(3);
  const ratio = median(warm.map((one) => one.applied / one.alone));
  const cells = [
    name,
    (text.length / 1000).toFixed(1),
    median(warm.map((one) => one.alone)).toFixed(0),
    median(warm.map((one) => one.applied)).toFixed(0),
    ratio.toFixed(2),
  ];
  return `| ${cells.join(" | ")} |`;
}

console.log(`Node ${process.version}, ${ROUNDS - 3} rounds of ${ROUND_MS} ms after 3 to warm up\n`);
console.log("| page | KB | parse + stringify, MB/s | with the policy, MB/s | ratio |");
console.log("| --- | ---: | ---: | ---: | ---: |");
for (const page of PAGES) console.log(measure(...page));
