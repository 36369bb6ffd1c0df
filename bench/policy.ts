/**
 * How fast a policy is applied: MB/s of recorded pages through `JSON.parse`, the compiled policy and
 * `JSON.stringify`, against `JSON.parse` and `JSON.stringify` alone, and against the same rules as JSONPath; in
 * processor time. Run with `node bench/policy.ts`.
 */
import { readFileSync } from "node:fs";
import { exec } from "jsonpath-rfc9535";
import { readPolicyText } from "../src/config/index.ts";
import {
  compilePolicy,
  createPseudonyms,
  type Flavor,
  type PolicyDocument,
  reportPolicy,
} from "../src/policy/index.ts";

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

const KEYS = { tenant: "bench", keys: [{ id: "k1", bytes: new Uint8Array(32).fill(1) }] } as const;

/**
 * The fields that leave by a policy as JSONPath expressions over a page, each with what is done. The library reads
 * an expression anew at every call; it has no way to keep one.
 */
function asJsonPath(document: PolicyDocument, operation: string, page: unknown): Contender {
  const { pseudonym } = createPseudonyms(KEYS);
  const lines = reportPolicy(compilePolicy(document, KEYS)).filter((line) => line.operation === operation);
  const rules = lines.map(({ path, kind, treatment }) => ({
    expression: expressionFor(path.split("."), page),
    treat: (value: unknown): unknown => {
      if (typeof value !== "string") return value;
      if (treatment === "pseudonymize") return pseudonym(kind, value);
      return treatment === "digest"
        ? { length: value.length, words: value.match(/\S+/gu)?.length ?? 0 }
        : value;
    },
  }));
  return (text) => {
    const body = JSON.parse(text);
    const out = {};
    for (const { expression, treat } of rules) {
      exec(body, expression, (value, path) => put(out, path, treat(value)));
    }
    return JSON.stringify(out);
  };
}

/** `issues.fields.status` as `$['issues'][*]['fields']['status']`: lists are where the page has them. */
function expressionFor(names: readonly string[], page: unknown): string {
  let at: unknown = page;
  let expression = "$";
  for (const name of names) {
    expression += `['${name}']`;
    at = (at as Record<string, unknown> | undefined)?.[name];
    if (Array.isArray(at)) {
      expression += "[*]";
      at = at.find((one) => one !== null);
    }
  }
  return expression;
}

const STEP = /\['([^']*)'\]|\[(\d+)\]/g;

function put(out: object, path: string, value: unknown): void {
  let at = out as Record<string, unknown>;
  const steps = [...path.matchAll(STEP)];
  for (const [i, step] of steps.entries()) {
    const name = step[1] ?? step[2]!;
    const next = steps[i + 1];
    if (next === undefined) at[name] = value;
    else {
      at[name] ??= next[1] === undefined ? [] : {};
      at = at[name] as Record<string, unknown>;
    }
  }
}

/** The policy for analysts of a Data Center over the recorded search. */
function againstJsonPath(): string {
  const example = new URL("../examples/policies/analyst-datacenter.yaml", import.meta.url);
  const document = readPolicyText(readFileSync(example, "utf8"), "analyst-datacenter.yaml", [])!
    .document as PolicyDocument;
  const operation = "GET /rest/api/2/search";
  const page: unknown = JSON.parse(readFileSync(new URL("jira-ruby/issue.json", recorded), "utf8"));
  const text = JSON.stringify(page);
  const policy = compilePolicy(document, KEYS);
  const applied: Contender = (one) => JSON.stringify(policy.answer(operation, 200, JSON.parse(one)));
  const byPath = asJsonPath(document, operation, page);
  const sizes = [applied(text).length, byPath(text).length];
  if (Math.abs(sizes[0]! - sizes[1]!) > sizes[0]! * 0.2)
    throw new Error(`Not the same rules: ${sizes.join(", ")}`);
  const rates = Array.from(
    { length: ROUNDS },
    () => [rate(applied, text), rate(byPath, text)] as const,
  ).slice(3);
  const [ours, theirs] = [median(rates.map(([one]) => one)), median(rates.map(([, other]) => other))];
  const times = median(rates.map(([one, other]) => one / other));
  return `| ${lines(document, operation)} | ${ours.toFixed(0)} | ${theirs.toFixed(1)} | ${times.toFixed(1)} |`;
}

function lines(document: PolicyDocument, operation: string): number {
  return reportPolicy(compilePolicy(document, KEYS)).filter((line) => line.operation === operation).length;
}

console.log(`Node ${process.version}, ${ROUNDS - 3} rounds of ${ROUND_MS} ms after 3 to warm up\n`);
console.log("| page | KB | parse + stringify, MB/s | with the policy, MB/s | ratio |");
console.log("| --- | ---: | ---: | ---: | ---: |");
for (const page of PAGES) console.log(measure(...page));

console.log("\n| fields that leave | compiled, MB/s | as JSONPath, MB/s | times |");
console.log("| ---: | ---: | ---: | ---: |");
console.log(againstJsonPath());
