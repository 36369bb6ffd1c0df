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

function put(out: object, path: readonly (string | number)[], value: unknown): void {
  let at = out as Record<string | number, unknown>;
  for (const [i, name] of path.entries()) {
    const next = path[i + 1];
    if (next === undefined) at[name] = value;
    else {
      at[name] ??= typeof next === "number" ? [] : {};
      at = at[name] as Record<string | number, unknown>;
    }
  }
}

/** People and texts by recursive expressions, as rule files of JSONPath are mostly written: the rest leaves. */
const RECURSIVE = {
  drop: "description iconUrl name avatarUrls displayName body comment",
  pseudonymize: "key emailAddress",
};

function byRecursion(): Contender {
  const { pseudonym } = createPseudonyms(KEYS);
  const drops = RECURSIVE.drop.split(" ").map((name) => `$..${name}`);
  const hashed = RECURSIVE.pseudonymize.split(" ").map((name) => `$..${name}`);
  return (text) => {
    const body = JSON.parse(text);
    for (const expression of drops) {
      const found: (readonly (string | number)[])[] = [];
      exec(body, expression, (_, path) => found.push(path));
      for (const path of found) change(body, path, undefined);
    }
    for (const expression of hashed) {
      exec(body, expression, (value, path) => {
        if (typeof value === "string") change(body, path, pseudonym("userKey", value));
      });
    }
    return JSON.stringify(body);
  };
}

function change(body: unknown, path: readonly (string | number)[], value: unknown): void {
  let at = body as Record<string | number, unknown> | undefined;
  for (const name of path.slice(0, -1)) at = at?.[name] as typeof at;
  if (at !== undefined && at !== null) at[path.at(-1)!] = value;
}

/** The policy for analysts of a Data Center over the recorded search. */
function againstJsonPath(): string {
  const example = new URL("../examples/policies/analyst-datacenter.yaml", import.meta.url);
  const document = readPolicyText(readFileSync(example, "utf8"), "analyst-datacenter.yaml", [])!
    .document as PolicyDocument;
  const operation = "GET /rest/api/2/search";
  const page: unknown = JSON.parse(readFileSync(new URL("jira-ruby/issue.json", recorded), "utf8"));
  const text = JSON.stringify(page);
  const through = (one: unknown): Contender => {
    const policy = compilePolicy(one, KEYS);
    return (given) => JSON.stringify(policy.answer(operation, 200, JSON.parse(given)));
  };
  const applied = through(document);
  const byPath = asJsonPath(document, operation, page);
  const sizes = [applied(text).length, byPath(text).length];
  if (Math.abs(sizes[0]! - sizes[1]!) > sizes[0]! * 0.2)
    throw new Error(`Not the same rules: ${sizes.join(", ")}`);
  const everything = through({
    latchkey_policy: 1,
    flavor: "datacenter",
    endpoints: [{ path: "/rest/api/2/search", answer: ["**"] }],
  });
  const fields = reportPolicy(compilePolicy(document, KEYS)).filter((line) => line.operation === operation);
  return [
    compared(`the policy for analysts: ${fields.length} fields, each its path`, applied, byPath, text),
    compared("everything but people and texts: 9 recursive paths", everything, byRecursion(), text),
  ].join("\n");
}

/** The last column leaves out what both spend on reading the page and writing what leaves. */
function compared(name: string, applied: Contender, other: Contender, text: string): string {
  const out: unknown = JSON.parse(applied(text));
  const alone: Contender = (page) => {
    JSON.parse(page);
    return JSON.stringify(out);
  };
  const rates = Array.from({ length: ROUNDS }, () => ({
    ours: rate(applied, text),
    theirs: rate(other, text),
    alone: rate(alone, text),
  }));
  const warm = rates.slice(3);
  const ours = median(warm.map((one) => one.ours)).toFixed(0);
  const theirs = median(warm.map((one) => one.theirs)).toFixed(1);
  const times = median(warm.map((one) => one.ours / one.theirs)).toFixed(1);
  const rules = median(
    warm.map((one) => (1 / one.theirs - 1 / one.alone) / (1 / one.ours - 1 / one.alone)),
  ).toFixed(1);
  return `| ${name} | ${ours} | ${theirs} | ${times} | ${rules} |`;
}

console.log(`Node ${process.version}, ${ROUNDS - 3} rounds of ${ROUND_MS} ms after 3 to warm up\n`);
console.log("| page | KB | parse + stringify, MB/s | with the policy, MB/s | ratio |");
console.log("| --- | ---: | ---: | ---: | ---: |");
for (const page of PAGES) console.log(measure(...page));

console.log("\n| rules | compiled, MB/s | as JSONPath, MB/s | times | times, rules alone |");
console.log("| --- | ---: | ---: | ---: | ---: |");
console.log(againstJsonPath());
