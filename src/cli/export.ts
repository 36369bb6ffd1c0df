import { existsSync, statSync } from "node:fs";
import { extname, resolve } from "node:path";
import { LatchkeyError } from "../errors.ts";
import {
  createSweeper,
  type ExportProgress,
  type ExportRequest,
  FORMATS,
  type Format,
  type Kind,
  OPTIONAL_KINDS,
  projectQuestion,
  runExport,
} from "../export/index.ts";
import { type Context, LOCAL, pickConnection } from "./context.ts";
import { progressOf } from "./progress.ts";

/** A line every so often where nobody watches a terminal. */
const LINE_EVERY_MS = 10_000;

/** Exports issues into files; an export that was ended goes on where it was. */
export async function exportIssues(context: Context, jql?: string): Promise<void> {
  const { flags, io, voice } = context;
  const request = requestOf(flags, jql);
  const named = typeof flags.connection === "string" ? flags.connection : undefined;
  const connection = await pickConnection(context, named);
  const { jiraFor, policies, now, log } = await context.parts();
  const jira = await jiraFor(LOCAL, connection.id, { priority: "bulk" });
  const policy =
    typeof flags.policy === "string" ? await policies.compiledFor(flags.policy, connection) : undefined;
  const ended = new AbortController();
  const stop = () =>
    ended.abort(new LatchkeyError("export_stopped", "The export was stopped; what was read is kept."));
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const progress = progressOf(io, voice);
  let said = io.now();
  const onProgress = (told: ExportProgress) => {
    progress.show(lineOf(told));
    if (io.stderr.isTTY === true || voice.wantsJson || io.now() - said < LINE_EVERY_MS) return;
    said = io.now();
    voice.say(lineOf(told));
  };
  try {
    const parts = {
      jira,
      site_url: connection.site.url,
      policy,
      now,
      log,
      signal: ended.signal,
      onProgress,
      sweep: createSweeper(),
    };
    const { manifest, manifest_path, run, resumed } = await runExport(parts, request);
    progress.end();
    if (voice.wantsJson) {
      voice.json({ ...manifest, manifest: manifest_path, run: run.run, resumed });
      return;
    }
    if (resumed) voice.say("Went on with the export that had not ended.");
    for (const { kind, rows, name } of run.files) voice.data(`${kind}\t${rows}\t${name}`);
    for (const [kind, why] of Object.entries(manifest.left_out)) voice.say(`${kind}: ${LEFT_OUT[why]}`);
    voice.say(`Counts and digests are in ${manifest_path}`);
  } finally {
    progress.end();
    process.removeListener("SIGINT", stop);
    process.removeListener("SIGTERM", stop);
  }
}

const LEFT_OUT = {
  asked: "left out, as asked",
  policy: "left out, since the policy has no rule for it",
  refused: "left out at least in part: Jira does not show it to this account",
} as const;

function requestOf(flags: Context["flags"], jql: string | undefined): ExportRequest {
  const projects = Array.isArray(flags.project) ? (flags.project as string[]) : [];
  if ((jql === undefined) === (projects.length === 0)) {
    throw new LatchkeyError("usage", "Say which issues: a JQL question, or --project KEY.", {
      fix: "latchkey export --project JJ --to jj.jsonl, for example.",
    });
  }
  const to = resolve(String(flags.to));
  if (existsSync(to) && statSync(to).isDirectory()) {
    throw new LatchkeyError("usage", "--to names a folder.", { fix: "Name the file of issues: --to FILE." });
  }
  if (flags.since !== undefined && flags.since !== "last") {
    throw new LatchkeyError("usage", "--since takes the word last.", { fix: "Write --since last." });
  }
  return {
    ...{ jql: jql ?? projectQuestion(projects), to, format: formatOf(flags.format, to) },
    without: withoutOf(flags.without),
    ...{ attachments: flags.attachments === true, fresh: flags.fresh === true },
    since: flags.since === "last" ? "last" : undefined,
  };
}

/** What the ending of the file says, where nothing else is said. */
function formatOf(given: unknown, to: string): Format {
  const found = FORMATS.find((format) => format === (given ?? extname(to).slice(1).toLowerCase()));
  if (found) return found;
  if (given === undefined) return "jsonl";
  throw new LatchkeyError("usage", `--format takes one of: ${FORMATS.join(", ")}.`);
}

function withoutOf(given: unknown): readonly Kind[] {
  if (typeof given !== "string") return [];
  return given.split(",").map((word) => {
    const found = OPTIONAL_KINDS.find((kind) => kind === word.trim());
    if (found) return found;
    throw new LatchkeyError("usage", `--without takes any of: ${OPTIONAL_KINDS.join(", ")}.`);
  });
}

/** `1,200 of 100,000 issues, 350 a second, 4 min left, quota 64,000 of 65,000` */
export function lineOf({ phase, issues, expected, per_s, left_s, standing }: ExportProgress): string {
  const number = (value: number) => Math.round(value).toLocaleString("en-US");
  if (phase === "writing") return `Writing the files of ${number(issues)} issues`;
  if (phase === "reconciling") return "Looking for issues that were deleted";
  const share = expected === 0 ? 1 : Math.min(1, issues / expected);
  const bar = `${"━".repeat(Math.round(share * 20))}${"─".repeat(20 - Math.round(share * 20))}`;
  const words = [
    `${bar} ${number(issues)} of ${number(Math.max(issues, expected))} issues`,
    `${number(per_s)} a second`,
    ...(left_s === undefined || left_s === 0 ? [] : [`${durationOf(left_s)} left`]),
    ...standing.quotas
      .filter(({ remaining }) => remaining !== undefined)
      .slice(0, 1)
      .map(({ remaining, limit }) =>
        limit === undefined
          ? `quota ${number(remaining!)}`
          : `quota ${number(remaining!)} of ${number(limit)}`,
      ),
    ...(standing.bucket
      ? [`bucket ${number(standing.bucket.remaining)} of ${number(standing.bucket.limit)}`]
      : []),
    ...standing.closed.slice(0, 1).map(({ retry_after_s }) => `Jira asks to wait ${number(retry_after_s)} s`),
  ];
  return words.join(", ");
}

function durationOf(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5_400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}
