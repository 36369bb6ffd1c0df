/** What the signed checkpoints say, read from the first to the last and held to each other. */
import type { CheckpointRow, LedgerReads } from "../../store/index.ts";
import type { LogKeys } from "./keys.ts";
import { hashOf, read, type Statement } from "./ledger.ts";

const PAGE = 1_000;

export type Fault = {
  /** `checkpoint`: the signed ledger itself does not hold. */
  readonly what: "missing" | "altered" | "added" | "checkpoint";
  readonly segment?: string;
  /** The first entry of the segment that is not as it was written. */
  readonly seq?: number;
  /** Its row, where there is one. */
  readonly id?: number;
  /** Number of the checkpoint. */
  readonly checkpoint?: number;
  readonly says: string;
};

/** A segment as its checkpoints have it. */
export type Recorded = {
  /** Hash of the checkpoint that opened it: what its first entry is bound to. */
  readonly opened: string;
  readonly opened_at: number;
  /** MACs by place. */
  readonly marks: Map<number, string>;
  end?: { readonly what: "closed" | "lost"; readonly seq: number; readonly at: number };
  removed: boolean;
};

export type Checkpoints = {
  readonly count: number;
  readonly segments: ReadonlyMap<string, Recorded>;
  /** What there was before the first checkpoint; undefined where that one was removed lawfully. */
  readonly before: { readonly entries: number; readonly last_id: number } | undefined;
  readonly faults: readonly Fault[];
};

type Kept = { readonly statement: string; readonly signature: string };

export async function readCheckpoints(
  ledger: LedgerReads,
  keys: LogKeys | undefined,
  against: readonly Kept[],
): Promise<Checkpoints> {
  const faults: Fault[] = [];
  const segments = new Map<string, Recorded>();
  const bad = (checkpoint: number, says: string) => faults.push({ what: "checkpoint", checkpoint, says });
  const elsewhere = keptElsewhere(keys, against, faults);
  let before: Checkpoints["before"];
  let first: number | undefined;
  let trimmed = 1;
  let last: CheckpointRow | undefined;
  let count = 0;
  for (;;) {
    const page = await ledger.checkpointsForOperator(last?.number ?? 0, PAGE);
    for (const row of page) {
      const said = read(row);
      const why = wrong(row, said, last, keys);
      if (why) bad(row.number, why);
      const kept = elsewhere.get(row.number);
      if (kept && (kept.statement !== row.statement || kept.signature !== row.signature))
        bad(row.number, "It is not the checkpoint that was kept elsewhere.");
      first ??= row.number;
      last = row;
      count++;
      if (!said || why) continue;
      if (said.what === "began") before = { entries: said.seq ?? 0, last_id: said.last_id ?? 0 };
      if (said.what === "trimmed") trimmed = said.from ?? 0;
      note(segments, said, hashOf(row));
    }
    if (page.length < PAGE) break;
  }
  if (first !== undefined && first !== trimmed) bad(first, `The checkpoints from ${trimmed} on are missing.`);
  const highest = Math.max(0, ...elsewhere.keys());
  if (highest > (last?.number ?? 0))
    bad(highest, "A checkpoint that was kept elsewhere is not there: the log was set back.");
  return { count, segments, before, faults };
}

/** Checkpoints that were kept elsewhere, by their number; one that this log's key has not signed is a fault. */
function keptElsewhere(
  keys: LogKeys | undefined,
  against: readonly Kept[],
  faults: Fault[],
): ReadonlyMap<number, Kept> {
  const known = new Map<number, Kept>();
  for (const kept of against) {
    const said = read(kept);
    if (said && keys?.holds(kept.statement, kept.signature)) known.set(said.number, kept);
    else
      faults.push({
        what: "checkpoint",
        ...(said && { checkpoint: said.number }),
        says: "The checkpoint that was kept elsewhere does not bear this log's signature.",
      });
  }
  return known;
}

function wrong(
  row: CheckpointRow,
  said: Statement | undefined,
  last: CheckpointRow | undefined,
  keys: LogKeys | undefined,
): string | undefined {
  if (!said || !keys?.holds(row.statement, row.signature)) return "It does not bear the log's signature.";
  if (said.number !== row.number || (said.segment ?? null) !== row.segment)
    return "It stands in another's place.";
  if (last && row.number !== last.number + 1)
    return `The checkpoints from ${last.number + 1} on are missing.`;
  if (last && said.previous !== hashOf(last)) return "It does not follow the one before it.";
  return undefined;
}

function note(segments: Map<string, Recorded>, said: Statement, hash: string): void {
  const { what, segment, seq = 0, mac = "", at } = said;
  if (segment === undefined) return;
  if (what === "opened") {
    segments.set(segment, { opened: hash, opened_at: at, marks: new Map(), removed: false });
    return;
  }
  const known = segments.get(segment);
  if (!known) return;
  if (what === "removed") known.removed = true;
  // The opening is the head of an empty segment, and no entry has it.
  else if (seq > 0) known.marks.set(seq, mac);
  // What its own process knows of the end outweighs what another found.
  if (what === "closed" || (what === "lost" && !known.end)) known.end = { what, seq, at };
}
