/**
 * The ledger of checkpoints: one numbered line through all segments, in which each checkpoint is signed and holds the
 * hash of the one before it. It says which segments there are, how far each reached, and what was lawfully removed.
 */
import { type CheckpointRow, isUniqueViolation, type Store } from "../../store/index.ts";
import { sha256 } from "./entry.ts";
import type { LogKeys } from "./keys.ts";

export const LEDGER = "latchkey-log-of-use-1";

/**
 * - `began`: the log began; `seq` entries up to id `last_id` are from before it and are proven by nothing.
 * - `opened`: a process began a segment.
 * - `mark`: the segment reached `seq`, whose MAC is `mac`; so do those that follow.
 * - `closed`: and its process ended it.
 * - `lost`: and its process was not heard of again: what it had not written yet is missing.
 * - `removed`: the segment's time was over and its entries were removed.
 * - `trimmed`: the checkpoints below `from` were removed with the segments they speak of.
 */
export type What = "began" | "opened" | "mark" | "closed" | "lost" | "removed" | "trimmed";

export type Statement = {
  readonly log: typeof LEDGER;
  /** Id of the log's key. */
  readonly key: string;
  readonly number: number;
  /** Hash of the checkpoint before it; empty in the first. */
  readonly previous: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly what: What;
  readonly segment?: string;
  readonly seq?: number;
  readonly mac?: string;
  readonly last_id?: number;
  readonly from?: number;
};

export type Said = Pick<Statement, "what" | "segment" | "seq" | "mac" | "last_id" | "from">;

/** So many replicas may write their checkpoints at the same moment. */
const TRIES = 8;

/** A transaction that writes checkpoints: begun again where another process took the number first. */
export async function inTurn<T>(store: Store, work: (tx: Store) => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left--) {
    try {
      return await store.transaction(work);
    } catch (thrown) {
      if (left <= 1 || !isUniqueViolation(thrown)) throw thrown;
    }
  }
}

/** The hash that the next checkpoint holds. */
export function hashOf(row: Pick<CheckpointRow, "statement" | "signature">): string {
  return sha256(row.statement, row.signature);
}

/** Writes the next checkpoint; the caller's transaction makes it one with what it speaks of. Answers its hash. */
export async function write(tx: Store, keys: LogKeys, at: number, said: Said): Promise<string> {
  let last = await tx.useLedger.latestCheckpointForOperator();
  if (!last && said.what !== "began") {
    const { entries, last_id } = await tx.uses.unchainedForOperator();
    await write(tx, keys, at, { what: "began", seq: entries, last_id });
    last = await tx.useLedger.latestCheckpointForOperator();
  }
  const number = (last?.number ?? 0) + 1;
  const body: Statement = {
    log: LEDGER,
    key: keys.id,
    number,
    previous: last ? hashOf(last) : "",
    at,
    ...said,
  };
  const statement = JSON.stringify(body);
  const row = { number, segment: said.segment ?? null, statement, signature: keys.sign(statement) };
  await tx.useLedger.insertCheckpointForOperator(row);
  return hashOf(row);
}

/** What a checkpoint says; undefined where its text is none. */
export function read(row: Pick<CheckpointRow, "statement">): Statement | undefined {
  try {
    const said = JSON.parse(row.statement) as Statement;
    return typeof said === "object" && said !== null && said.log === LEDGER ? said : undefined;
  } catch {
    return undefined;
  }
}
