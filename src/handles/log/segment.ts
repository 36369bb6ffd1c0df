/** The segment a process writes: opened, continued and ended in transactions of their own. */
import type { KeyObject } from "node:crypto";
import type { Store } from "../../store/index.ts";
import { isGone } from "../../vault/index.ts";
import { type Chained, chain, type Entry } from "./entry.ts";
import type { LogKeys } from "./keys.ts";
import { inTurn, write } from "./ledger.ts";

export type Segment = {
  readonly id: string;
  readonly key: KeyObject;
  readonly opened_at: number;
  /** The last entry that is written. */
  readonly seq: number;
  readonly mac: string;
  /** The last checkpoint of it. */
  readonly marked: { readonly seq: number; readonly at: number };
};

/** Begins a segment; a second call with the same id finds it. */
export async function open(
  store: Store,
  keys: LogKeys,
  begin: { readonly id: string; readonly holder: string; readonly at: number },
): Promise<Segment> {
  const { id, holder, at } = begin;
  const mac = await inTurn(store, async (tx) => {
    const there = await tx.useLedger.findSegment(id);
    if (there) return there.head_mac;
    // The first entry is bound to the checkpoint that opened its segment.
    const head_mac = await write(tx, keys, at, { what: "opened", segment: id });
    const row = { id, holder, opened_at: at, seen_at: at, ended_at: null, head_seq: 0, head_mac };
    await tx.useLedger.insertSegmentForOperator(row);
    return head_mac;
  });
  return { id, key: keys.segment(id), opened_at: at, seq: 0, mac, marked: { seq: 0, at } };
}

export type Continued =
  | { readonly kind: "written"; readonly segment: Segment }
  /** Another process has ended it, or it is not as this process left it. */
  | { readonly kind: "over" };

/**
 * Writes entries behind the segment's end, with a checkpoint where one is due. Handles that were used are touched in
 * the same transaction.
 */
export async function append(
  store: Store,
  keys: LogKeys,
  segment: Segment,
  entries: readonly Entry[],
  due: {
    readonly at: number;
    readonly mark: boolean;
    readonly touched: ReadonlyMap<string, { owner: string; at: number }>;
  },
): Promise<Continued> {
  const rows = chain({ ...segment, segment: segment.id }, entries);
  const last: Pick<Chained, "seq" | "mac"> = rows.at(-1) ?? segment;
  const next = { ...segment, seq: last.seq, mac: last.mac };
  return await inTurn<Continued>(store, async (tx) => {
    const there = await tx.useLedger.findSegment(segment.id);
    if (!there || there.ended_at !== null) return { kind: "over" };
    // The answer to a commit may get lost: then the entries are there already.
    const again = rows.length > 0 && there.head_seq === last.seq && there.head_mac === last.mac;
    if (!again) {
      if (there.head_seq !== segment.seq || there.head_mac !== segment.mac) return { kind: "over" };
      await tx.uses.append(...rows);
    }
    const head = { seen_at: due.at, head_seq: last.seq, head_mac: last.mac };
    await tx.useLedger.updateSegmentForOperator(segment.id, head);
    for (const [id, { owner, at }] of due.touched) await tx.handles.touch(owner, id, at);
    if (!due.mark) return { kind: "written", segment: next };
    await write(tx, keys, due.at, { what: "mark", segment: segment.id, seq: last.seq, mac: last.mac });
    return { kind: "written", segment: { ...next, marked: { seq: last.seq, at: due.at } } };
  });
}

/** Ends a segment with what this process knows of its end, whatever the database says of it. */
export async function close(store: Store, keys: LogKeys, segment: Segment, at: number): Promise<void> {
  const { id, seq, mac } = segment;
  await inTurn(store, async (tx) => {
    const there = await tx.useLedger.findSegment(id);
    const asLeft = there && there.head_seq === seq && there.head_mac === mac;
    if (there && there.ended_at !== null && asLeft) return;
    await write(tx, keys, at, { what: "closed", segment: id, seq, mac });
    await tx.useLedger.updateSegmentForOperator(id, { ended_at: at, seen_at: at });
  });
}

/**
 * Ends the segments of processes that are gone, and of those that were not heard of for so long. Answers how many: in
 * each of them the last entries may be missing.
 */
export async function endLost(
  store: Store,
  keys: LogKeys,
  own: string | undefined,
  when: { readonly at: number; readonly stale_ms: number },
): Promise<number> {
  const { at, stale_ms } = when;
  let found = 0;
  for (const { id, holder, seen_at } of await store.useLedger.openForOperator()) {
    if (id === own || !(isGone(holder) || seen_at < at - stale_ms)) continue;
    const ended = await inTurn(store, async (tx) => {
      const there = await tx.useLedger.findSegment(id);
      if (!there || there.ended_at !== null || there.seen_at !== seen_at) return false;
      await write(tx, keys, at, { what: "lost", segment: id, seq: there.head_seq, mac: there.head_mac });
      return await tx.useLedger.updateSegmentForOperator(id, { ended_at: at });
    });
    if (ended) found++;
  }
  return found;
}
