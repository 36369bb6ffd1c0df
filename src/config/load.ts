import { existsSync } from "node:fs";
import { join } from "node:path";
import { LatchkeyError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { split } from "./database.ts";
import { type Environment, outputOf, personalHome } from "./environment.ts";
import { type ConfigFile, readConfigFile, readSecretFile } from "./file.ts";
import {
  environmentName,
  flagName,
  mayComeFromElsewhere,
  OPTIONS,
  type OptionName,
  type OptionRow,
} from "./options.ts";
import { type PolicyFile, readPolicies } from "./policies.ts";
import { type PsoxyInstanceFile, readPsoxyInstances } from "./psoxy.ts";
import { type Reach, readReach } from "./reach.ts";
import { nearest, parseValue } from "./values.ts";

export type Source = "default" | "file" | "environment" | "flag";

export type Config = {
  readonly home: string;
  /** `sqlite:<path>` or `postgres://…`, with stars in place of a password: to be shown, see `databaseUrl`. */
  readonly database_url: string;
  readonly database_password: Secret | undefined;
  /** Absent: the embedded default, a key file in the home directory, is used or made. */
  readonly key: Secret | undefined;
  readonly old_keys: readonly Secret[];
  readonly host: string;
  readonly port: number;
  readonly public_url: string;
  readonly application: string;
  readonly owner_header: string | undefined;
  readonly trusted_proxies: readonly string[];
  readonly return_origins: readonly string[];
  /** The directory the policies were read from. */
  readonly policies: string;
  /** What stood there. */
  readonly policy_files: readonly PolicyFile[];
  /** The directory the Psoxy instances were read from. */
  readonly psoxy: string;
  /** What stood there. */
  readonly psoxy_instances: readonly PsoxyInstanceFile[];
  readonly max_filtered_bytes: number;
  /** How long the search of a Jira may lag behind what was written, seconds. */
  readonly push_index_lag_s: number;
  readonly log_level: "debug" | "info" | "warn" | "error";
  /** How single sites are reached: CA bundle, client certificate, HTTP proxy. */
  readonly reach: readonly Reach[];
  /** Where each value came from, for `latchkey config`. */
  readonly sources: Readonly<Record<OptionName, Source>>;
  readonly file: string | undefined;
};

type Raw = { readonly value: unknown; readonly source: Source; readonly label: string };

/**
 * Puts the configuration together: defaults, then the file, then the environment, then flags; the later wins.
 * All problems are collected and thrown as one `config_invalid`, each with the name it stands under.
 *
 * @param input.flags Values of flags by option name, as the command line parsed them.
 */
export function loadConfig(input: {
  readonly env: Environment;
  readonly flags?: Readonly<Record<string, unknown>>;
  /** Used instead of `~/.latchkey` where nothing says otherwise; the demo keeps its own directory. */
  readonly default_home?: string;
}): Config {
  const problems: string[] = [];
  const flags = input.flags ?? {};
  const home = homeOf(input.env, flags, input.default_home, problems);
  const file = readConfigFile(home, problems);
  refuseUnknown(file, input.env, problems);
  const sources = {} as Record<OptionName, Source>;
  const values: Partial<Record<OptionName, unknown>> = {};
  for (const row of OPTIONS) {
    const raw = rawValue(row, file, input.env, flags, problems);
    sources[row.name] = raw?.source ?? "default";
    if (!raw) continue;
    const parsed = parseValue(row, raw.value);
    if ("problem" in parsed) problems.push(`${raw.label} ${parsed.problem}`);
    else values[row.name] = parsed.value;
  }
  const policies = (values.policies as string | undefined) ?? join(home, "policies");
  if (sources.policies !== "default" && !existsSync(policies))
    problems.push(`${policies} is not there, where policies should be`);
  const policy_files = readPolicies(policies, problems);
  const psoxy = (values.psoxy as string | undefined) ?? join(home, "psoxy");
  if (sources.psoxy !== "default" && !existsSync(psoxy))
    problems.push(`${psoxy} is not there, where Psoxy instances should be`);
  const psoxy_instances = readPsoxyInstances(psoxy, input.env, problems);
  const label = flags.reach === undefined ? (file.path ?? "the file") : "the options";
  const reach = readReach(flags.reach ?? file.values.reach, home, label, problems);
  const known = { home, sources, file: file.path, policies, policy_files, psoxy, psoxy_instances, reach };
  const config = assemble(values, known);
  checkTogether(config, problems);
  if (problems.length > 0) throw invalid(problems);
  return config;
}

function invalid(problems: readonly string[]): LatchkeyError {
  const list = problems.map((problem) => `  - ${problem}`).join("\n");
  const count = problems.length === 1 ? "one mistake" : `${problems.length} mistakes`;
  return new LatchkeyError("config_invalid", `The configuration has ${count}:\n${list}`, {
    details: { problems },
  });
}

function homeOf(
  env: Environment,
  flags: Readonly<Record<string, unknown>>,
  fallback: string | undefined,
  problems: string[],
): string {
  const asked = flags.home ?? env.LATCHKEY_HOME;
  if (asked === undefined) return fallback ?? join(personalHome(env), ".latchkey");
  const parsed = parseValue(OPTIONS[0], asked);
  if ("value" in parsed) return String(parsed.value);
  problems.push(`${flags.home === undefined ? "LATCHKEY_HOME" : "--home"} ${parsed.problem}`);
  return fallback ?? join(personalHome(env), ".latchkey");
}

function rawValue(
  row: OptionRow,
  file: ConfigFile,
  env: Environment,
  flags: Readonly<Record<string, unknown>>,
  problems: string[],
): Raw | undefined {
  const flag = flagName(row);
  if (flag && flags[row.name] !== undefined) return { value: flags[row.name], source: "flag", label: flag };
  const name = environmentName(row.name);
  const ways = [name, ...(mayComeFromElsewhere(row) ? [`${name}_FILE`, `${name}_COMMAND`] : [])];
  const given = ways.filter((way) => env[way] !== undefined);
  if (given.length > 1) problems.push(`${given.join(" and ")} are both set: keep one`);
  const first = given[0];
  if (first) {
    const value = fromEnvironment(first, name, env, problems);
    return value === undefined ? undefined : { value, source: "environment", label: first };
  }
  const stored = file.values[row.name];
  if (stored === undefined) return undefined;
  return { value: stored, source: "file", label: `${row.name} in ${file.path}` };
}

function fromEnvironment(
  way: string,
  name: string,
  env: Environment,
  problems: string[],
): string | undefined {
  const text = env[way]!;
  if (way === name) return text;
  const read = way.endsWith("_FILE") ? readSecretFile(text) : outputOf(text, env);
  if ("text" in read) return read.text;
  problems.push(`${way} ${read.problem}`);
  return undefined;
}

function refuseUnknown(file: ConfigFile, env: Environment, problems: string[]): void {
  const names = OPTIONS.map((row) => row.name as string);
  for (const key of Object.keys(file.values)) {
    if (key === "reach" || names.includes(key)) continue;
    const meant = nearest(key, names);
    problems.push(`${key} in ${file.path} is not an option${meant ? `; ${meant} is` : ""}`);
  }
  const known = OPTIONS.flatMap((row) => {
    const name = environmentName(row.name);
    return mayComeFromElsewhere(row) ? [name, `${name}_FILE`, `${name}_COMMAND`] : [name];
  });
  for (const key of Object.keys(env)) {
    if (!key.startsWith("LATCHKEY_") || known.includes(key) || TEST_VARIABLES.has(key)) continue;
    const meant = nearest(key, known);
    problems.push(`${key} is not an option${meant ? `; ${meant} is` : ""}`);
  }
}

/** Variables of the test suite: not options of the product, and no mistake either. */
const TEST_VARIABLES = new Set(["LATCHKEY_SPECS_DIR", "LATCHKEY_TEST_DATABASE_URL"]);

function assemble(
  values: Partial<Record<OptionName, unknown>>,
  known: Pick<
    Config,
    "home" | "file" | "policies" | "policy_files" | "psoxy" | "psoxy_instances" | "reach"
  > & {
    readonly sources: Record<OptionName, Source>;
  },
): Config {
  const port = (values.port as number | undefined) ?? 8080;
  const old = (values.old_keys as string | undefined)?.split(/\s+/).filter(Boolean) ?? [];
  const database = split(
    (values.database_url as string | undefined) ?? `sqlite:${join(known.home, "latchkey.db")}`,
  );
  return {
    database_url: database.shown,
    database_password: database.password,
    key: values.key === undefined ? undefined : new Secret(values.key as string),
    old_keys: old.map((text) => new Secret(text)),
    host: (values.host as string | undefined) ?? "127.0.0.1",
    port,
    public_url: (values.public_url as string | undefined) ?? `http://localhost:${port}`,
    application: (values.application as string | undefined) ?? "Latchkey",
    owner_header: values.owner_header as string | undefined,
    trusted_proxies: (values.trusted_proxies as string[] | undefined) ?? [],
    return_origins: (values.return_origins as string[] | undefined) ?? [],
    push_index_lag_s: (values.push_index_lag_s as number | undefined) ?? 30,
    max_filtered_bytes: (values.max_filtered_bytes as number | undefined) ?? 10_000_000,
    log_level: (values.log_level as Config["log_level"] | undefined) ?? "info",
    ...known,
  };
}

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/;

function checkTogether(config: Config, problems: string[]): void {
  if (config.owner_header && config.trusted_proxies.length === 0) {
    problems.push("owner_header is set but trusted_proxies is not: nobody's header would be believed");
  }
  for (const origin of config.return_origins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      problems.push(
        `return_origins must hold origins like https://app.example.com, not ${JSON.stringify(origin)}`,
      );
    }
  }
}

/** Whether the gateway would listen beyond this machine. */
export function isPublicBind(config: Config): boolean {
  return !LOOPBACK.test(config.host);
}

/** @throws LatchkeyError `public_bind_refused` where a public address has no sign-in method. */
export function requireSignInForPublicBind(config: Config): void {
  if (!isPublicBind(config) || config.owner_header) return;
  throw new LatchkeyError(
    "public_bind_refused",
    `Listening on ${config.host} would let everyone who reaches it act as the owner.`,
  );
}
