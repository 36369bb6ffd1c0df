/** Looking at the whole log, entry by entry, on a view of the database that does not change meanwhile. */
import { readLedger, type Store, snapshot, type UseReads, type UseRow } from "../../store/index.ts";
import { isGone } from "../../vault/index.ts";
import { macOf } from "./entry.ts";
import type { LogKeys } from "./keys.ts";
import { type Fault, type Recorded, readCheckpoints } from "./recorded.ts";

const PAGE = 1_000;

export type Gap = {
  readonly segment: string;
  readonly at: number;
  /** `crash`: its process ended without a word. `dropped`: the database did not take them. */
  readonly code: string;
  /** How many entries are missing, where that is known. */
  readonly times?: number;
};

export type SegmentProof = {
  readonly id: string;
  readonly opened_at: number;
  /** `open`: a process writes to it. `left`: it is not ended, but its process is gone. */
  readonly ended: "closed" | "lost" | "open" | "left";
  /** How many of its entries are proven, from the first one on. */
  readonly entries: number;
};

export type Proof = {
  readonly holds: boolean;
  readonly entries: number;
  /** Entries from before there was a chain. */
  readonly unproven: number;
  readonly checkpoints: number;
  /** Time of the first and the last entry that is proven, milliseconds since the epoch. */
  readonly from?: number;
  readonly to?: number;
  readonly segments: readonly SegmentProof[];
  readonly gaps: readonly Gap[];
  /** The first of each segment, in the order in which segments began. */
  readonly faults: readonly Fault[];
  readonly public_key?: string;
};

export type Asked = {
  readonly against: readonly { readonly statement: string; readonly signature: string }[];
  readonly at: number;
  readonly stale_ms: number;
};

/** Proves what can be proven and names the first entry of each segment that is not as it was written. */
export async function prove(store: Store, keys: LogKeys | undefined, asked: Asked): Promise<Proof> {
  return await snapshot(store, async (db) => {
    const { uses, ledger } = readLedger(db);
    const found: Found = { faults: [], gaps: [], segments: [], entries: 0, times: [] };
    const recorded = await readCheckpoints(ledger, keys, asked.against);
    found.faults.push(...recorded.faults);
    const rows = new Map((await ledger.segmentsForOperator()).map((row) => [row.id, row]));
    for (const [id, said] of recorded.segments) {
      if (said.removed) continue;
      const row = rows.get(id);
      if (!row) found.faults.push({ what: "missing", segment: id, says: "The segment itself is not there." });
      const left = row && (isGone(row.holder) || row.seen_at < asked.at - asked.stale_ms);
      const ended = said.end?.what ?? (left ? "left" : "open");
      // Without a key nothing was ever signed, and there is no segment to come here.
      if (keys) await proveSegment(uses, keys, { id, said, ended, head: row?.head_seq ?? 0 }, found);
    }
    for (const id of rows.keys()) {
      if (!recorded.segments.has(id))
        found.faults.push({ what: "added", segment: id, says: "No checkpoint knows this segment." });
    }
    const unproven = await strangers(uses, recorded, found);
    return {
      holds: found.faults.length === 0,
      entries: found.entries,
      unproven,
      checkpoints: recorded.count,
      ...(found.times.length > 0 && { from: Math.min(...found.times), to: Math.max(...found.times) }),
      segments: found.segments,
      gaps: found.gaps,
      faults: found.faults,
      ...(keys && { public_key: keys.public_key }),
    };
  });
}

type Found = {
  readonly faults: Fault[];
  readonly gaps: Gap[];
  readonly segments: SegmentProof[];
  /** First and last of each segment. */
  readonly times: number[];
  entries: number;
};

type Asking = {
  readonly id: string;
  readonly said: Recorded;
  readonly ended: SegmentProof["ended"];
  /** Where the segment's own row says it ends; of meaning only while it is written to. */
  readonly head: number;
};

async function proveSegment(uses: UseReads, keys: LogKeys, asking: Asking, found: Found): Promise<void> {
  const { id, said, ended } = asking;
  const key = keys.segment(id);
  let { opened: mac } = said;
  let seq = 0;
  let last_id = 0;
  let fault: Fault | undefined;
  let to: number | undefined;
  read: for (;;) {
    const page = await uses.pageForOperator(id, seq, PAGE);
    for (const row of page) {
      fault = faultOf(row, { key, mac, seq, last_id, said });
      if (fault) break read;
      if (seq === 0) found.times.push(row.at);
      mac = row.mac ?? "";
      seq = row.seq ?? 0;
      last_id = row.id;
      to = row.at;
      if (row.kind === "gap") found.gaps.push(gapOf(row));
    }
    if (page.length < PAGE) break;
  }
  fault ??= endOf(asking, seq);
  if (fault) found.faults.push(fault);
  if (to !== undefined) found.times.push(to);
  found.entries += seq;
  found.segments.push({ id, opened_at: said.opened_at, ended, entries: seq });
  if (ended === "lost" || ended === "left")
    found.gaps.push({ segment: id, at: said.end?.at ?? to ?? said.opened_at, code: "crash" });
}

function gapOf(row: UseRow): Gap {
  // A crash is told by the segment it happened to; here is only when it was noticed.
  return {
    segment: row.segment ?? "",
    at: row.at,
    code: row.code === "crash" ? "crash noticed" : (row.code ?? ""),
    ...(row.code === "dropped" && { times: row.times }),
  };
}

type Walk = {
  readonly key: ReturnType<LogKeys["segment"]>;
  readonly mac: string;
  readonly seq: number;
  readonly last_id: number;
  readonly said: Recorded;
};

/** What is wrong with the next entry; undefined where it is the one that was written there. */
function faultOf(row: UseRow, { key, mac, seq, last_id, said }: Walk): Fault | undefined {
  const segment = row.segment ?? "";
  const expected = seq + 1;
  if (row.seq !== expected) return missing(segment, expected, (row.seq ?? 0) - 1);
  const here = { segment, seq: expected, id: row.id };
  if (said.end && expected > said.end.seq)
    return { what: "added", ...here, says: "It stands behind the end that was signed." };
  if (macOf(key, mac, row) !== row.mac)
    return { what: "altered", ...here, says: "It was changed, added, or put in another's place." };
  const mark = said.marks.get(expected);
  if (mark !== undefined && mark !== row.mac)
    return { what: "altered", ...here, says: "It is not the entry that a checkpoint has signed." };
  if (row.id <= last_id) return { what: "altered", ...here, says: "It was put before an earlier entry." };
  return undefined;
}

/** Whether the segment reaches as far as was signed, or as its own row says. */
function endOf({ id, said, head }: Asking, seq: number): Fault | undefined {
  const reached = Math.max(said.end?.seq ?? head, ...said.marks.keys());
  return seq < reached ? missing(id, seq + 1, reached) : undefined;
}

function missing(segment: string, from: number, to: number): Fault {
  const which = to > from ? `Entries ${from} to ${to} are` : `Entry ${from} is`;
  return { what: "missing", segment, seq: from, says: `${which} missing.` };
}

/** Entries of segments nobody began. Answers how many are from before there was a chain. */
async function strangers(
  uses: UseReads,
  recorded: Awaited<ReturnType<typeof readCheckpoints>>,
  found: Found,
): Promise<number> {
  let unproven = 0;
  for (const { segment, entries, last_id } of await uses.segmentsForOperator()) {
    if (segment === null) {
      unproven = entries;
      const { before } = recorded;
      if (recorded.count > 0 && (!before || last_id > before.last_id || entries > before.entries))
        found.faults.push({ what: "added", id: last_id, says: "It belongs to no segment." });
    } else if (recorded.segments.get(segment)?.removed ?? true) {
      const says = recorded.segments.has(segment)
        ? "Its segment was removed."
        : "No checkpoint knows its segment.";
      found.faults.push({ what: "added", segment, id: last_id, says });
    }
  }
  return unproven;
}
