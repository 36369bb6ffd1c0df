/** The policy a command is about: one of those that handles may name, or a file. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { type PolicyFile, readPolicyText, readPsoxyRuleText } from "../config/index.ts";
import { LatchkeyError } from "../errors.ts";
import type { FieldDescription, Mistake } from "../policy/index.ts";
import type { Context } from "./context.ts";
import { LOCAL, pickConnection } from "./context.ts";
import { readText } from "./secret-input.ts";

export type Source = {
  readonly file: PolicyFile;
  /** Whether handles may name it. */
  readonly named: boolean;
  /** Whether it holds rules in Psoxy's form rather than a policy of Latchkey's own. */
  readonly psoxy?: boolean;
};

/** @throws LatchkeyError `not_found` for a name that no policy has, `config_invalid` for a file that cannot be read as one */
export function sourceOf(context: Context, given: string): Source {
  if (isFile(given)) return fileOf(given);
  const known = context.config().policy_files;
  const file = known.find(({ name }) => name === given);
  if (file !== undefined) return { file, named: true };
  const names = known.map(({ name }) => name).join(", ");
  throw new LatchkeyError("not_found", `${JSON.stringify(given)} is no file and no policy.`, {
    fix:
      names === "" ? `Put policies into ${context.config().policies}.` : `Name a file, or one of: ${names}.`,
  });
}

function isFile(given: string): boolean {
  return /[./\\]/.test(given) || (existsSync(given) && statSync(given).isFile());
}

/** What only rules in Psoxy's form have. */
const PSOXY = /^\s*["']?(- )?["']?(pathTemplate|pathRegex|allowAllEndpoints)["']?\s*:/m;

function fileOf(path: string): Source {
  const problems: string[] = [];
  const text = readText(path);
  const psoxy = PSOXY.test(text);
  const file = psoxy ? readPsoxyRuleText(text, path, problems) : readPolicyText(text, path, problems);
  if (file !== undefined) return { file: { name: path, ...file }, named: false, psoxy };
  throw new LatchkeyError("config_invalid", `The policy cannot be read:\n${problems.join("\n")}`, {
    details: { problems },
    fix: "Mend every line listed.",
  });
}

/** `analyst.yaml:12`, and without a line where a place has none. */
export function placeOf({ file }: Source, path: string): { file: string; line?: number } {
  const line = file.lineOf(path);
  return { file: file.path, ...(line === undefined ? {} : { line }) };
}

/** Says every mistake, each with its line and what mends it. */
export function sayMistakes(context: Context, source: Source, mistakes: readonly Mistake[]): void {
  const { voice } = context;
  for (const { path, what, fix } of mistakes) {
    const { file, line } = placeOf(source, path);
    voice.data(`${file}${line === undefined ? "" : `:${line}`}: ${path} ${what}. ${fix}`);
  }
  const count = mistakes.length === 1 ? "one mistake" : `${mistakes.length} mistakes`;
  voice.say(`${source.file.name} has ${count}.`);
}

/** The site's own fields: from a file, from a connection where one is named, else none. */
export async function fieldsFor(context: Context): Promise<readonly FieldDescription[] | undefined> {
  const { flags } = context;
  if (typeof flags.fields === "string") return recorded(flags.fields) as FieldDescription[];
  if (typeof flags.connection !== "string") return undefined;
  const connection = await pickConnection(context, flags.connection);
  const jira = await (await context.parts()).jiraFor(LOCAL, connection.id);
  return (await jira.request({ path: jira.api("/field") })).json() as FieldDescription[];
}

/** The JSON of a file. @throws LatchkeyError `usage` where it is none */
export function recorded(path: string): unknown {
  const text = path === "-" ? readFileSync(0, "utf8") : readText(path);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new LatchkeyError("usage", `${path} is no JSON.`, {
      cause,
      fix: "Give an answer as Jira sent it.",
    });
  }
}
