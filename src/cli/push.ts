import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { LatchkeyError } from "../errors.ts";
import type { ConflictRule, PushOptions, PushResult } from "../push/index.ts";
import { type Context, LOCAL, pickConnection } from "./context.ts";
import { printable } from "./failure.ts";
import { progressOf } from "./progress.ts";
import { ideasIn } from "./push-file.ts";

/** A line every so often where nobody watches a terminal. */
const LINE_EVERY_MS = 10_000;
const RULES = ["report", "ours", "theirs"];

type Row = {
  readonly line: number;
  readonly id: string;
  readonly outcome: PushResult["outcome"];
  readonly issue?: string;
  readonly url?: string;
  readonly error?: PushResult["error"];
  readonly differs?: PushResult["differs"];
  readonly duplicates?: readonly string[];
  readonly calls?: PushResult["calls"];
};

/** `latchkey push FILE|-`: ends with 1 where an idea was refused. */
export async function push(context: Context, file: string): Promise<number> {
  const { flags, io, voice } = context;
  const options = optionsOf(flags);
  const named = typeof flags.connection === "string" ? flags.connection : undefined;
  const connection = await pickConnection(context, named);
  const parts = await context.parts();
  const ended = new AbortController();
  const stop = () => ended.abort(new LatchkeyError("usage", "The push was stopped; run it again to go on."));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const report = typeof flags.report === "string" ? await opened(flags.report) : undefined;
  const progress = progressOf(io, voice);
  const counts: Record<string, number> = {};
  const rows: Row[] = [];
  const lines: number[] = [];
  let done = 0;
  let said = io.now();
  async function* values() {
    for await (const { line, value } of ideasIn(io, file)) {
      lines.push(line);
      yield value;
    }
  }
  try {
    const wish = { ...options, signal: ended.signal };
    for await (const result of parts.push.pushMany(LOCAL, connection.id, values(), wish)) {
      const row = rowOf(result, lines[result.at] ?? 0);
      counts[row.outcome] = (counts[row.outcome] ?? 0) + 1;
      done++;
      if (report && !report.write(`${JSON.stringify(row)}\n`)) await once(report, "drain");
      if (voice.wantsJson) rows.push(row);
      else if (worthALine(row)) {
        progress.end();
        say(context, row);
      }
      progress.show(`${done.toLocaleString("en-US")} ideas: ${inWords(counts)}`);
      if (io.stderr.isTTY === true || voice.wantsJson || io.now() - said < LINE_EVERY_MS) continue;
      said = io.now();
      voice.say(`${done} ideas so far: ${inWords(counts)}`);
    }
  } finally {
    progress.end();
    process.removeListener("SIGINT", stop);
    process.removeListener("SIGTERM", stop);
    if (report) await new Promise((settle) => report.end(settle));
  }
  if (voice.wantsJson) voice.json({ ideas: done, ...counts, results: rows });
  else
    voice.say(
      done === 0
        ? "There was no idea in it."
        : `${done} ${done === 1 ? "idea" : "ideas"}: ${inWords(counts)}.`,
    );
  return (counts.refused ?? 0) > 0 ? 1 : 0;
}

function optionsOf(flags: Context["flags"]): PushOptions {
  const conflict: Record<string, ConflictRule> = {};
  let on_conflict: ConflictRule = "report";
  for (const given of Array.isArray(flags.conflict) ? (flags.conflict as string[]) : []) {
    const [, field, rule = ""] = /^(?:(.+)=)?([^=]+)$/.exec(given) ?? [];
    if (!RULES.includes(rule)) {
      throw new LatchkeyError("usage", `--conflict takes one of ${RULES.join(", ")}, or FIELD=RULE.`, {
        fix: "Write --conflict title=ours, for example.",
      });
    }
    if (field === undefined) on_conflict = rule as ConflictRule;
    else conflict[field] = rule as ConflictRule;
  }
  return { dry_run: flags.dryRun === true, on_conflict, conflict };
}

async function opened(path: string): Promise<WriteStream> {
  const stream = createWriteStream(path);
  try {
    await once(stream, "open");
    return stream;
  } catch (cause) {
    throw new LatchkeyError("file_unreadable", `${path} cannot be written.`, { cause });
  }
}

function rowOf(result: PushResult, line: number): Row {
  const { idea_id, outcome, link, error, differs, calls } = result;
  return {
    ...{ line, id: idea_id, outcome },
    ...(link?.issue_key ? { issue: link.issue_key } : {}),
    ...(link?.issue_url ? { url: link.issue_url } : {}),
    ...(differs ? { differs } : {}),
    ...(link?.duplicates ? { duplicates: link.duplicates } : {}),
    ...(error ? { error } : {}),
    ...(calls ? { calls } : {}),
  };
}

/** What stands as it stood is counted and not told. */
function worthALine({ outcome, differs, duplicates }: Row): boolean {
  return outcome !== "unchanged" || differs !== undefined || duplicates !== undefined;
}

function say({ voice }: Context, row: Row): void {
  const { line, id, outcome, issue, url, error, differs = [], duplicates = [], calls = [] } = row;
  if (outcome === "refused") {
    voice.say(`Line ${line}, ${printable(id)}: ${error?.message ?? "refused"} (${error?.code ?? ""})`);
    for (const { field, problem, allowed } of error?.fields ?? []) {
      const list = allowed && allowed.length > 0 ? ` [${allowed.join(", ")}]` : "";
      voice.say(printable(`  ${field === "" ? "Jira says" : field}: ${problem}${list}`));
    }
    return;
  }
  voice.data([outcome, id, issue ?? "", url ?? ""].map(printable).join("\t"));
  for (const { method, path, json } of calls)
    voice.data(`${method} ${path}\n${JSON.stringify(json, null, 2)}`);
  for (const { field, ours, theirs } of differs) {
    voice.say(
      printable(`  ${field} was edited on both sides. Here: ${shortly(ours)} In Jira: ${shortly(theirs)}`),
    );
  }
  if (duplicates.length > 0) voice.say(printable(`  The same idea stands in ${duplicates.join(", ")} too.`));
}

function shortly(value: unknown): string {
  const text = JSON.stringify(value) ?? "";
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function inWords(counts: Readonly<Record<string, number>>): string {
  const words = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome.replace("_", " ")}`);
  return words.length === 0 ? "none yet" : words.join(", ");
}
