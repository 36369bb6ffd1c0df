import { readFileSync } from "node:fs";
import { LatchkeyError } from "../errors.ts";
import type { Checkpoint, Entry, Proof } from "../handles/index.ts";
import type { UseRow } from "../store/index.ts";
import type { Context } from "./context.ts";
import { table } from "./io.ts";

/**
 * `handles log`: what was asked through handles, the newest last; with `--verify` whether all of it is as it was
 * written. Answers 1 where it is not.
 */
export async function log(context: Context): Promise<number | undefined> {
  const { flags, voice } = context;
  const { uses } = await context.parts();
  if (flags.verify === true) return await verify(context, await uses.verify(keptElsewhere(flags.against)));
  if (flags.against !== undefined) throw new LatchkeyError("usage", "--against goes with --verify.");
  if (flags.checkpoint === true) return await checkpoint(context);
  const limit = Number(flags.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100_000)
    throw new LatchkeyError("usage", "-n must be a whole number from 1 to 100000.");
  const rows = (await uses.list(limit)).reverse();
  if (voice.wantsJson) voice.json(rows.map(plain));
  else if (rows.length === 0) voice.say("Nothing was asked through a handle yet.");
  else voice.data(table(rows.map(line), context.io.stdout));
  return undefined;
}

type Shown = Entry & { readonly segment: string | null; readonly seq: number | null };

function plain({ mac: _mac, id: _id, ...shown }: UseRow): Shown {
  return shown;
}

function line(row: UseRow): string[] {
  const at = new Date(row.at).toISOString();
  if (row.kind === "gap") {
    const what =
      row.code === "dropped"
        ? `${row.times} entries are missing: the database did not take them`
        : "a process ended without a word: its last entries may be missing";
    return [at, "gap", what];
  }
  const said = row.kind === "refused" ? `refused: ${row.code}${row.times > 1 ? ` × ${row.times}` : ""}` : "";
  const sent = `${row.bytes_in} in, ${row.bytes_out} out`;
  const which = [row.handle_id || "nobody", row.connection_id || "-"];
  return [at, ...which, row.method || "-", row.path_template || "-", String(row.status), said || sent];
}

async function checkpoint(context: Context): Promise<undefined> {
  const { uses } = await context.parts();
  const newest = await uses.checkpoint();
  if (!newest) throw new LatchkeyError("not_found", "Nothing was asked through a handle yet.");
  context.voice.json(newest);
}

/** Checkpoints of `handles log --checkpoint`, one JSON value behind the other. */
function keptElsewhere(file: unknown): Pick<Checkpoint, "statement" | "signature">[] {
  if (typeof file !== "string") return [];
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw new LatchkeyError("file_unreadable", `--against: ${file} cannot be read.`, { cause });
  }
  try {
    // Printed values follow each other; a brace at the beginning of a line begins the next one.
    return text
      .split(/\n(?=\{)/)
      .filter((part) => part.trim() !== "")
      .map((part) => {
        const { statement, signature } = JSON.parse(part) as Checkpoint;
        if (typeof statement !== "string" || typeof signature !== "string")
          throw new TypeError("no checkpoint");
        return { statement, signature };
      });
  } catch (cause) {
    throw new LatchkeyError("usage", `--against: ${file} holds something else than checkpoints.`, {
      cause,
      fix: "Give a file that `latchkey handles log --checkpoint` was written to.",
    });
  }
}

async function verify({ voice }: Context, proof: Proof): Promise<number | undefined> {
  if (voice.wantsJson) voice.json(proof);
  else for (const one of wordsOf(proof)) voice.data(one);
  return proof.holds ? undefined : 1;
}

/** The proof in words, the verdict first. */
function wordsOf(proof: Proof): string[] {
  const { entries, checkpoints, segments, unproven, faults, gaps } = proof;
  const range =
    proof.from === undefined || proof.to === undefined
      ? ""
      : `, from ${new Date(proof.from).toISOString()} to ${new Date(proof.to).toISOString()}`;
  const proven = `${entries} ${entries === 1 ? "entry" : "entries"} in ${segments.length} ${segments.length === 1 ? "segment" : "segments"} under ${checkpoints} signed checkpoints${range}`;
  return [
    proof.holds ? `The log holds: ${proven}.` : `The log does not hold. Proven: ${proven}.`,
    ...faults.map(
      (fault, at) => `${at === 0 ? "First bad entry" : "Also"}: ${placeOf(fault)}. ${fault.says}`,
    ),
    ...gaps
      .filter(({ code }) => code !== "crash noticed")
      .map(({ segment, at, code, times }) =>
        code === "dropped"
          ? `Gap: ${times} entries are missing at ${new Date(at).toISOString()} in ${segment}; the database did not take them.`
          : `Gap: ${segment} was not ended by its process; what it had not written by ${new Date(at).toISOString()} is missing.`,
      ),
    ...(unproven > 0
      ? [`${unproven} older entries are from before there was a chain and are not proven.`]
      : []),
  ];
}

function placeOf({ what, segment, seq, id, checkpoint: number }: Proof["faults"][number]): string {
  const row = id === undefined ? "" : ` (row ${id})`;
  if (what === "checkpoint") return `checkpoint ${number ?? "given"}`;
  if (seq !== undefined) return `${what}, entry ${seq} of ${segment}${row}`;
  return `${what}, ${segment ?? "outside every segment"}${row}`;
}
