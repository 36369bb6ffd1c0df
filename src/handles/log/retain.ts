/** Removing what is older, or more, than is kept: whole segments, each with a signed word that it was lawful. */
import type { Store, UseSegmentRow } from "../../store/index.ts";
import type { LogKeys } from "./keys.ts";
import { inTurn, read, write } from "./ledger.ts";

/** Removes segments that ended before a moment, and the oldest while more than so many entries are left. */
export async function retain(
  store: Store,
  keys: LogKeys,
  kept: { readonly before: number; readonly rows: number; readonly at: number },
): Promise<number> {
  let removed = await store.uses.purgeForOperator(null, kept.before);
  const segments = await store.useLedger.segmentsForOperator();
  let left = segments.reduce((sum, { head_seq }) => sum + head_seq, 0);
  for (const segment of segments) {
    if (segment.ended_at === null || (segment.ended_at >= kept.before && left <= kept.rows)) continue;
    // Only what was signed makes it lawful: a date in a row can be changed by whoever can write to the database.
    const ended_at = await endedAt(store, keys, segment.id);
    if (ended_at === undefined || (ended_at >= kept.before && left <= kept.rows)) continue;
    left -= segment.head_seq;
    removed += await remove(store, keys, segment, kept.at);
  }
  await trim(store, keys, kept.at);
  return removed;
}

async function endedAt(store: Store, keys: LogKeys, segment: string): Promise<number | undefined> {
  for (const row of await store.useLedger.checkpointsOfForOperator(segment)) {
    const said = read(row);
    if (said?.segment !== segment || !/^(closed|lost)$/.test(said.what)) continue;
    if (keys.holds(row.statement, row.signature)) return said.at;
  }
  return undefined;
}

async function remove(store: Store, keys: LogKeys, segment: UseSegmentRow, at: number): Promise<number> {
  const { id, head_seq, head_mac } = segment;
  return await inTurn(store, async (tx) => {
    await write(tx, keys, at, { what: "removed", segment: id, seq: head_seq, mac: head_mac });
    await tx.useLedger.purgeSegmentForOperator(id);
    return await tx.uses.purgeForOperator(id);
  });
}

/** The ledger begins where the oldest segment does that is still there. */
async function trim(store: Store, keys: LogKeys, at: number): Promise<void> {
  await inTurn(store, async (tx) => {
    const from = await tx.useLedger.firstNeededForOperator();
    const [first] = await tx.useLedger.checkpointsForOperator(0, 1);
    // Entries from before there was a chain are known by the first checkpoint.
    const unchained = (await tx.uses.unchainedForOperator()).entries;
    if (from === undefined || !first || first.number >= from || unchained > 0) return;
    await write(tx, keys, at, { what: "trimmed", from });
    await tx.useLedger.purgeCheckpointsForOperator(from);
  });
}
