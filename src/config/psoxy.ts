/**
 * The instances that answer in Psoxy's place: `jira.yaml` of the directory is the instance `jira`. Its rules are a file
 * of their own, in Psoxy's form, in a directory below. Read only; `policy/psoxy` judges the rules.
 */
import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isMap, isNode, isScalar, LineCounter, Pair, parseDocument, Scalar, visit } from "yaml";
import { Secret } from "../secret.ts";
import { nameOf, readDirectory } from "./directory-files.ts";
import type { Environment } from "./environment.ts";
import { firstLine, readSecretFile } from "./file.ts";
import { lineOf, type PolicyFile, readPolicyText } from "./policies.ts";

/** A rule file; in YAML the tag of a transform has become its `method`. */
export type PsoxyRuleFile = Omit<PolicyFile, "name"> & {
  /** As it stands on disk, for its checksum. */
  readonly text: string;
};

export const PSOXY_SECRETS = [
  "salt",
  "encryption_key",
  "salt_email_domains",
  "encryption_key_email_domains",
  "salt_ip",
  "encryption_key_ip",
] as const;
export type PsoxySecret = (typeof PSOXY_SECRETS)[number];

export type PsoxyInstanceFile = {
  readonly name: string;
  readonly path: string;
  readonly rules: PsoxyRuleFile;
  /** Ids of the connections it may use. Absent: those of the handle. */
  readonly connections?: readonly string[];
  readonly secrets: { readonly salt: Secret } & Partial<Readonly<Record<PsoxySecret, Secret>>>;
  readonly email_canonicalization: "STRICT" | "IGNORE_DOTS";
  readonly email_domain_handling: "PRESERVE" | "REDACT" | "TOKENIZE" | "ENCRYPT";
  readonly pseudonym_implementation: "v0.4" | "v0.3";
  /** The name of the source: in the health check, and the scope of pseudonyms of v0.3. */
  readonly source: string;
  /** What is hashed behind the salt for `X-Psoxy-PII-Salt-Sha256`, to compare with another deployment. */
  readonly salt_hash_suffix: string;
};

const NAME = /^[a-z0-9][a-z0-9_-]{0,50}$/;
const MAX_INSTANCES = 100;
const MAX_RULE_BYTES = 1_000_000;
const CHOICES = {
  email_canonicalization: ["STRICT", "IGNORE_DOTS"],
  email_domain_handling: ["PRESERVE", "REDACT", "TOKENIZE", "ENCRYPT"],
  pseudonym_implementation: ["v0.4", "v0.3"],
} as const;
const TEXTS = ["rules", "source", "salt_hash_suffix"] as const;
const KEYS: readonly string[] = [
  ...TEXTS,
  "connections",
  ...Object.keys(CHOICES),
  ...PSOXY_SECRETS.flatMap((name) => [name, `${name}_file`, `${name}_env`]),
];

/** Reads every instance of a directory. What is wrong is added to the problems, each with its file. */
export function readPsoxyInstances(
  directory: string,
  env: Environment,
  problems: string[],
): PsoxyInstanceFile[] {
  const read = (path: string) => readInstance(path, env, problems);
  return readDirectory(
    directory,
    { one: "instance", many: "instances", most: MAX_INSTANCES, read },
    problems,
  );
}

function readInstance(path: string, env: Environment, problems: string[]): PsoxyInstanceFile | undefined {
  const name = nameOf(path);
  if (!NAME.test(name)) {
    problems.push(`${path} cannot be the name of an instance: it has a-z, 0-9, - and _`);
    return undefined;
  }
  const text = textOf(path, MAX_RULE_BYTES, problems);
  const read = text === undefined ? undefined : readPolicyText(text, path, problems, name);
  if (!read) return undefined;
  const before = problems.length;
  const values = tableOf(read, problems);
  const secrets = secretsOf(values, path, env, problems);
  const rules =
    typeof values.rules === "string" ? rulesOf(resolve(dirname(path), values.rules), problems) : undefined;
  if (values.rules === undefined) problems.push(`${path}: rules is missing: name the rule file`);
  const { connections } = values;
  if (connections !== undefined && !isTexts(connections))
    problems.push(`${path}: connections must be a list of ids, like con_…`);
  if (problems.length > before || !rules || !secrets.salt) return undefined;
  return {
    name,
    path,
    rules,
    ...(isTexts(connections) ? { connections } : {}),
    secrets: { ...secrets, salt: secrets.salt },
    email_canonicalization: chosen(values, "email_canonicalization"),
    email_domain_handling: chosen(values, "email_domain_handling"),
    pseudonym_implementation: chosen(values, "pseudonym_implementation"),
    source: (values.source as string | undefined) ?? name,
    salt_hash_suffix: (values.salt_hash_suffix as string | undefined) ?? "latchkey",
  };
}

type Table = Readonly<Record<string, unknown>>;

function tableOf({ document, path, lineOf }: PolicyFile, problems: string[]): Table {
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    problems.push(`${path} must hold names and values`);
    return {};
  }
  const table = document as Table;
  for (const [name, value] of Object.entries(table)) {
    const at = `${path}:${lineOf(name) ?? 1}`;
    const choices: readonly unknown[] | undefined = Object.hasOwn(CHOICES, name)
      ? CHOICES[name as keyof typeof CHOICES]
      : undefined;
    if (!KEYS.includes(name))
      problems.push(`${at}: ${name} is not known here; write one of ${KEYS.join(", ")}`);
    else if (choices && !choices.includes(value))
      problems.push(`${at}: ${name} must be one of ${choices.join(", ")}`);
    else if (!choices && name !== "connections" && typeof value !== "string")
      problems.push(`${at}: ${name} must be a text`);
  }
  return table;
}

function chosen<K extends keyof typeof CHOICES>(values: Table, name: K): (typeof CHOICES)[K][number] {
  return (values[name] as (typeof CHOICES)[K][number] | undefined) ?? CHOICES[name][0];
}

/** Each secret from a file, from the environment, or, in a file that its owner alone can read, from the file itself. */
function secretsOf(values: Table, path: string, env: Environment, problems: string[]) {
  const secrets: Partial<Record<PsoxySecret, Secret>> = {};
  for (const name of PSOXY_SECRETS) {
    const given = [name, `${name}_file`, `${name}_env`].filter((one) => typeof values[one] === "string");
    if (given.length > 1) problems.push(`${path}: ${given.join(" and ")} are both set: keep one`);
    const way = given[0];
    if (way === undefined) continue;
    const text = secretText(way, values[way] as string, path, env, problems);
    if (text === "") problems.push(`${path}: ${way} is empty`);
    else if (text !== undefined) secrets[name] = new Secret(text);
  }
  const ways = ["salt", "salt_file", "salt_env"];
  if (!ways.some((way) => values[way] !== undefined))
    problems.push(`${path}: salt_file is missing: name the file that holds the salt`);
  return secrets;
}

function secretText(way: string, value: string, path: string, env: Environment, problems: string[]) {
  if (way.endsWith("_env")) {
    const text = env[value];
    if (text === undefined) problems.push(`${path}: ${way} names ${value}, which is not in the environment`);
    return text;
  }
  if (!way.endsWith("_file")) {
    if ((statSync(path).mode & 0o077) === 0) return value;
    problems.push(`${path} holds ${way} and can be read by others: make it 0600, or use ${way}_file`);
    return undefined;
  }
  const read = readSecretFile(resolve(dirname(path), value));
  if ("text" in read) return read.text.replace(/\r?\n$/, "");
  problems.push(`${path}: ${way} ${read.problem}`);
  return undefined;
}

function rulesOf(path: string, problems: string[]): PsoxyRuleFile | undefined {
  const text = textOf(path, MAX_RULE_BYTES, problems);
  return text === undefined ? undefined : readPsoxyRuleText(text, path, problems);
}

/**
 * Reads a rule file: YAML in which a transform is a tag, `!<redact>`, or JSON in which it stands under `method`. Every
 * mistake of form is added to the problems with its line.
 */
export function readPsoxyRuleText(text: string, path: string, problems: string[]): PsoxyRuleFile | undefined {
  try {
    const lines = new LineCounter();
    const parsed = parseDocument(text, {
      lineCounter: lines,
      schema: "core",
      prettyErrors: false,
      uniqueKeys: true,
    });
    // Tags are how this form names its transforms.
    const mistakes = [
      ...parsed.errors,
      ...parsed.warnings.filter(({ code }) => code !== "TAG_RESOLVE_FAILED"),
    ];
    for (const mistake of mistakes) {
      problems.push(`${path}:${lines.linePos(mistake.pos[0]).line}: ${mistake.message}`);
    }
    if (mistakes.length > 0) return undefined;
    const before = problems.length;
    visit(parsed, {
      Node(_, node) {
        const tag = "tag" in node && typeof node.tag === "string" ? node.tag : undefined;
        if (tag === undefined || tag.startsWith("tag:yaml.org,")) return;
        const name = tag.replace(/^!/, "");
        if (isMap(node)) node.items.unshift(new Pair(new Scalar("method"), new Scalar(name)));
        else if (isScalar(node) || isNode(node))
          problems.push(
            `${path}:${lines.linePos(node.range?.[0] ?? 0).line}: the tag ${name} stands before no transform`,
          );
      },
    });
    if (problems.length > before) return undefined;
    const document: unknown = parsed.toJS({ maxAliasCount: 200 });
    return { path, text, document, lineOf: (place) => lineOf(parsed, lines, place) };
  } catch (error) {
    const why = error instanceof RangeError ? "it is nested too deeply" : firstLine(error);
    problems.push(`${path} holds no rules: ${why}`);
    return undefined;
  }
}

function textOf(path: string, max: number, problems: string[]): string | undefined {
  try {
    if (statSync(path).size <= max) return readFileSync(path, "utf8");
    problems.push(`${path} is larger than ${max} bytes`);
  } catch (error) {
    problems.push(`${path} cannot be read: ${firstLine(error)}`);
  }
  return undefined;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
