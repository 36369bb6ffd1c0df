import type { Log } from "../../log.ts";
import { newId, type Store, type UseRow } from "../../store/index.ts";
import { holderName, type Vault } from "../../vault/index.ts";
import { type Entry, entryOf } from "./entry.ts";
import { findKeys, keysOf, type LogKeys } from "./keys.ts";
import { type Proof, prove } from "./proof.ts";
import { createRefusals, REFUSAL_LIMITS, type Refusal, type RefusalLimits } from "./refusals.ts";
import { retain } from "./retain.ts";
import { append, close, endLost, open, type Segment } from "./segment.ts";

export type LogLimits = {
  /** From an entry until it is written; a crash loses what came in this time. */
  readonly flush_ms: number;
  /** Entries that wait while the database does not take them; of more, the newest are dropped and counted. */
  readonly pending: number;
  /** From one try to the next while the database is away. */
  readonly retry_ms: number;
  /** A checkpoint is written after so many entries, or after so long where there were any. */
  readonly mark_entries: number;
  readonly mark_ms: number;
  /** A segment ends after so many entries, or so long. */
  readonly segment_entries: number;
  readonly segment_ms: number;
  /** How often a process says that it lives, and after how long without a word its segment counts as left. */
  readonly beat_ms: number;
  readonly stale_ms: number;
  readonly refusals: RefusalLimits;
};

export const LIMITS: LogLimits = {
  flush_ms: 80,
  pending: 10_000,
  retry_ms: 1_000,
  mark_entries: 1_000,
  mark_ms: 300_000,
  segment_entries: 20_000,
  segment_ms: 86_400_000,
  beat_ms: 30_000,
  stale_ms: 120_000,
  refusals: REFUSAL_LIMITS,
};

/** In one transaction. */
const BATCH = 500;

export type UseLogParts = {
  readonly store: Store;
  readonly vault: Pick<Vault, "seal" | "open">;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly limits?: Partial<LogLimits>;
};

/** A signed word about the log's state, to be kept elsewhere. */
export type Checkpoint = {
  /** JSON, exactly as it was signed. */
  readonly statement: string;
  /** Ed25519 over the statement's bytes, base64url. */
  readonly signature: string;
  /** PEM, SPKI. */
  readonly public_key: string;
};

export type UseLog = {
  /** Hands an entry over; it is written within `flush_ms`. Nobody waits for the database. */
  used(entry: Entry): void;
  refused(refusal: Refusal): void;
  /** Notes that a handle was used at a moment, with the next batch. */
  touch(handle: { readonly id: string; readonly owner: string }, at: number): void;
  /** Resolves when all that was handed over is written, or the database has refused it once. */
  flush(): Promise<void>;
  /** Newest first, of all owners. */
  list(limit: number): Promise<UseRow[]>;
  /** Removes what is older than a moment, and the oldest while there are more than so many. */
  retain(before: number, rows: number): Promise<void>;
  /** Looks at every entry. @param against checkpoints that were kept elsewhere */
  verify(against?: readonly Pick<Checkpoint, "statement" | "signature">[]): Promise<Proof>;
  /** The newest checkpoint; undefined where nothing was ever logged. */
  checkpoint(): Promise<Checkpoint | undefined>;
  /** Writes what waits and ends this process's segment. Call it before the store is closed. */
  close(): Promise<void>;
};

export function createUseLog(parts: UseLogParts): UseLog {
  const { store, vault, log, now } = parts;
  const limits = { ...LIMITS, ...parts.limits };
  const refusals = createRefusals(now, limits.refusals);
  const writer = createWriter(parts, limits);
  const waiting: Entry[] = [];
  const touched = new Map<string, { owner: string; at: number }>();
  let dropped = 0;
  let failing = false;
  let timer: NodeJS.Timeout | undefined;
  let beat: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();

  const schedule = (ms: number): void => {
    // A program that ends by itself still writes what it did; one that cannot is not kept alive by it.
    timer ??= failing ? setTimeout(flush, ms).unref() : setTimeout(flush, ms);
    beat ??= setInterval(() => void inTurn(pulse), limits.beat_ms).unref();
  };
  const add = (entry: Entry): void => {
    if (waiting.length >= limits.pending) dropped++;
    else waiting.push(entry);
    schedule(failing ? limits.retry_ms : limits.flush_ms);
  };
  /** One transaction after the other. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    last = last.then(work).then(
      () => {
        failing = false;
      },
      (error: unknown) => {
        if (!failing) log.error("use_not_noted", { error, waiting: waiting.length });
        failing = true;
      },
    );
    return last;
  };
  const writeAll = async (): Promise<void> => {
    if (dropped > 0) {
      waiting.push(entryOf("gap", now(), { code: "dropped", times: dropped }));
      dropped = 0;
    }
    // What comes meanwhile has its own time: else a busy proxy would do nothing but commit.
    for (let left = waiting.length; left > 0; left -= BATCH) {
      const batch = waiting.slice(0, Math.min(left, BATCH));
      const touching = new Map(touched);
      await writer.write(batch, touching);
      waiting.splice(0, batch.length);
      for (const [id, { at }] of touching) if (touched.get(id)?.at === at) touched.delete(id);
    }
  };
  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    await inTurn(writeAll);
    if (waiting.length > 0) schedule(failing ? limits.retry_ms : limits.flush_ms);
  }
  const pulse = async (): Promise<void> => {
    waiting.push(...refusals.counted(false));
    const lost = await writer.pulse();
    for (let n = 0; n < lost; n++) waiting.push(entryOf("gap", now(), { code: "crash" }));
    await writeAll();
  };

  return {
    used: add,
    refused(refusal) {
      const entry = refusals.refused(refusal);
      for (const counted of refusals.counted(false)) add(counted);
      if (entry) add(entry);
    },
    touch: ({ id, owner }, at) => void touched.set(id, { owner, at }),
    flush,
    list: (limit) => store.uses.listForOperator(limit),
    async retain(before, rows) {
      await inTurn(pulse);
      const keys = await findKeys(parts);
      if (keys) await retain(store, keys, { before, rows, at: now() });
      else await store.uses.purgeForOperator(null, before);
    },
    async verify(against = []) {
      return await prove(store, await findKeys({ store, vault }), { against, at: now(), ...limits });
    },
    async checkpoint() {
      const keys = await findKeys(parts);
      const row = await store.useLedger.latestCheckpointForOperator();
      if (!keys || !row) return undefined;
      return { statement: row.statement, signature: row.signature, public_key: keys.public_key };
    },
    async close() {
      clearInterval(beat);
      waiting.push(...refusals.counted(true));
      await flush();
      clearTimeout(timer);
      await inTurn(() => writer.close());
    },
  };
}

/** The segment of this process, and the turns it takes on the database. */
function createWriter(parts: UseLogParts, limits: LogLimits) {
  const { store, now, random } = parts;
  const holder = holderName(random);
  let keys: LogKeys | undefined;
  let segment: Segment | undefined;
  /** Named before it is opened, so that a second try opens no second one. */
  let next = newId("seg", random);
  const end = async (at: number): Promise<void> => {
    if (keys && segment) await close(store, keys, segment, at);
    segment = undefined;
  };
  const isOver = (at: number): boolean =>
    segment !== undefined &&
    (segment.seq >= limits.segment_entries || at - segment.opened_at >= limits.segment_ms);
  const begun = async (made: LogKeys, at: number): Promise<Segment> => {
    if (isOver(at)) await end(at);
    if (segment) return segment;
    const opened = await open(store, made, { id: next, holder, at });
    next = newId("seg", random);
    segment = opened;
    return opened;
  };
  const write = async (
    entries: readonly Entry[],
    touched: ReadonlyMap<string, { owner: string; at: number }>,
  ): Promise<void> => {
    const at = now();
    keys ??= await keysOf(parts);
    const from = await begun(keys, at);
    const since = from.seq + entries.length - from.marked.seq;
    const mark = since > 0 && (since >= limits.mark_entries || at - from.marked.at >= limits.mark_ms);
    const done = await append(store, keys, from, entries, { at, mark, touched });
    if (done.kind === "written") {
      segment = done.segment;
      return;
    }
    await end(at);
    await write(entries, touched);
  };
  return {
    write,
    /** Says that this process lives, and ends what others have left. Answers how many of those there were. */
    async pulse(): Promise<number> {
      keys ??= await findKeys(parts);
      if (!keys) return 0;
      if (isOver(now())) await end(now());
      else if (segment) await write([], new Map());
      return await endLost(store, keys, segment?.id, { at: now(), stale_ms: limits.stale_ms });
    },
    close: () => end(now()),
  };
}
