/** Records, for the operator at the terminal: of every owner, with base strings and archives. */
import { writeFileSync } from "node:fs";
import type { Parts } from "../compose.ts";
import type { DanceView } from "../connect/index.ts";
import { ERRORS, LatchkeyError } from "../errors.ts";
import { type CallView, type Evidence, harOf, type Step } from "../recorder/index.ts";
import type { Context } from "./context.ts";
import { table } from "./io.ts";
import { stoppedAt, traceLines } from "./trace.ts";

type Owned<Record> = Record & { readonly owner: string };

/** `dances list`: dances and failed calls of all owners. */
export async function list(context: Context): Promise<void> {
  const { flags, voice } = context;
  const limit = Number(flags.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw new LatchkeyError("usage", "-n must be a whole number from 1 to 1000.");
  const records = await recordsOf(await context.parts(), limit, flags.failed === true);
  if (voice.wantsJson) return voice.json(records.map(({ steps: _, ...record }) => record));
  if (records.length === 0) voice.say("Nothing is written down yet.");
  else voice.data(table(records.map(line), context.io.stdout));
}

async function recordsOf(parts: Parts, limit: number, failed: boolean) {
  const [dances, calls] = await Promise.all([
    parts.connect.dances.listForOperator(failed ? 1000 : limit),
    parts.recorder.listForOperator(limit),
  ]);
  const wanted = dances.filter(({ outcome }) => !failed || outcome === "failed");
  return [...wanted, ...calls].toSorted((one, other) => one.started_at - other.started_at).slice(-limit);
}

function line(record: Owned<DanceView> | Owned<CallView>): string[] {
  const at = new Date(record.started_at).toISOString();
  const where = record.site_url ?? record.registration_id;
  if ("outcome" in record) {
    return [record.id, at, record.owner, where, record.outcome, record.error_code ?? ""];
  }
  const { id, owner, method, path_template, error_code, status, missed } = record;
  const more = missed > 0 ? ` and ${missed} alike` : "";
  const answer = status === undefined ? "no answer" : `answered ${status}`;
  return [id, at, owner, where, answer, `${error_code}  ${method} ${path_template}${more}`];
}

/** `dances show`: one record, drawn in text, as JSON or as an HTTP archive. */
export async function show(context: Context, named?: string): Promise<void> {
  const { flags, voice } = context;
  const parts = await context.parts();
  const id = named ?? (await recordsOf(parts, 1, false)).at(-1)?.id;
  if (id === undefined) throw new LatchkeyError("not_found", "Nothing is written down yet.");
  const record = id.startsWith("cal_")
    ? await parts.recorder.getForOperator(id)
    : await parts.connect.dances.getForOperator(id);
  if (typeof flags.har === "string") return writeHar(context, flags.har, record);
  if (voice.wantsJson) return voice.json(record);
  for (const one of wordsOf(record)) voice.data(one);
}

type Shown = (DanceView | CallView) & { readonly owner: string; readonly evidence: Evidence };

function writeHar({ voice }: Context, file: string, { id, steps, evidence }: Shown): void {
  const har = harOf(steps, evidence, `${id.startsWith("cal_") ? "Failed call" : "Dance"} ${id}.`);
  if (file === "-") {
    voice.json(har);
    return;
  }
  try {
    writeFileSync(file, `${JSON.stringify(har, null, 2)}\n`, { mode: 0o600 });
  } catch (cause) {
    throw new LatchkeyError("file_unreadable", `--har: ${file} cannot be written.`, { cause });
  }
  voice.say(`${har.log.entries.length} exchanges are in ${file}, secrets masked.`);
}

/** The record in words: what it is, the drawing, what was signed, what Jira said, and what to do. */
function wordsOf(record: Shown): string[] {
  const { id, owner, flavor, steps, evidence, error_code } = record;
  const failed = !("outcome" in record) || record.outcome === "failed";
  const stopped_at = failed ? stoppedAt(steps) : undefined;
  const failure = "outcome" in record ? record.failure : undefined;
  const known = failed && error_code !== undefined ? ERRORS[error_code] : undefined;
  const next = failure?.next ?? (known ? [known.fix] : []);
  const where = record.site_url ?? record.registration_id;
  return [
    `${id}  ${new Date(record.started_at).toISOString()}  ${where}  ${flavor}  owner ${owner}`,
    "",
    ...traceLines({ steps, stopped_at, cause: failure?.happened ?? known?.meaning }),
    ...(error_code !== undefined && failed ? ["", `Code: ${error_code}`] : []),
    ...(evidence.jira ?? []).map((word) => `Jira said: ${word.replace(/[^\x20-\x7e]/g, "?")}`),
    ...next.map((step) => `Next: ${step}`),
    ...signedWords(steps, evidence),
  ];
}

function signedWords(steps: readonly Step[], { exchanges = {} }: Evidence): string[] {
  return steps.flatMap(({ n }) => {
    const texts = exchanges[n];
    if (texts === undefined) return [];
    const theirs =
      texts.theirs === undefined ? [] : [`Jira's base string of step ${n}:`, `  ${texts.theirs}`];
    return ["", `Our base string of step ${n}:`, `  ${texts.ours}`, ...theirs];
  });
}
