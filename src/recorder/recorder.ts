import { LatchkeyError } from "../errors.ts";
import { type CallRow, newId } from "../store/index.ts";
import { maskedCall } from "./call.ts";
import type { Place, Recorder, RecorderParts } from "./contract.ts";
import { createPace, type Kind, LIMITS } from "./pace.ts";
import type { Evidence } from "./step.ts";
import { callView, troubleOfCall, troubleOfDance } from "./views.ts";

/** In one statement. */
const BATCH = 100;

/** Where the sealed part of a record stands. */
export function evidencePlace(table: "calls" | "dances", row: string, owner: string): Place {
  return { table, column: "sealed_evidence", row, owner, generation: 0 };
}

/** The sealed part of a record. @throws vault_unreadable */
export function evidenceOf(
  vault: Pick<RecorderParts["vault"], "open">,
  table: "calls" | "dances",
  { id, owner, sealed_evidence }: Pick<CallRow, "id" | "owner" | "sealed_evidence">,
): Evidence {
  if (sealed_evidence === null) return {};
  return JSON.parse(vault.open(evidencePlace(table, id, owner), sealed_evidence).reveal()) as Evidence;
}

/** The records of calls that failed: taken without waiting, masked, bounded in number, written a moment later. */
export function createRecorder(parts: RecorderParts): Recorder {
  const { store, vault, log, now, random } = parts;
  const limits = { ...LIMITS, ...parts.limits };
  const pace = createPace(limits, now);
  let waiting: CallRow[] = [];
  const counted = new Set<Kind>();
  let timer: NodeJS.Timeout | undefined;
  let failing = false;
  let last: Promise<void> = Promise.resolve();

  /** What cannot be written is given up: a record is worth less than the memory it would wait in. */
  async function write(): Promise<void> {
    const rows = waiting;
    const kinds = [...counted];
    waiting = [];
    counted.clear();
    try {
      for (let at = 0; at < rows.length; at += BATCH) await store.calls.insert(rows.slice(at, at + BATCH));
      for (const kind of kinds) {
        const { missed, row } = kind;
        kind.missed = 0;
        if (row !== undefined && missed > 0) await store.calls.missedForOperator(row, missed);
      }
      failing = false;
    } catch (error) {
      if (!failing) log.warn("calls_not_recorded", { error, calls: rows.length });
      failing = true;
    }
  }
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    last = last.then(write);
    return last;
  };
  return {
    failed(of, call) {
      try {
        const { kind, keep } = pace.take(`${of.connection.id} ${call.error_code}`);
        // A timer that would keep a finished command alive is none: closing writes what waits.
        timer ??= setTimeout(flush, limits.flush_ms).unref();
        if (!keep || waiting.length >= limits.pending) {
          kind.missed++;
          counted.add(kind);
          return;
        }
        const { row, evidence } = maskedCall(of, call, now());
        const id = newId("cal", random);
        kind.row = id;
        waiting.push({
          ...{ ...row, id },
          sealed_evidence:
            Object.keys(evidence).length === 0
              ? null
              : vault.seal(evidencePlace("calls", id, of.connection.owner), JSON.stringify(evidence)),
        });
      } catch (error) {
        log.error("calls_not_recorded", { error });
      }
    },
    async get(owner, id) {
      const row = await store.calls.get(owner, id);
      if (row === undefined) throw new LatchkeyError("not_found");
      return callView(row);
    },
    list: async (owner, filter) => (await store.calls.list(owner, filter)).map(callView),
    async getForOperator(id) {
      const row = await store.calls.getForOperator(id);
      if (row === undefined) throw new LatchkeyError("not_found");
      return { ...callView(row), owner: row.owner, evidence: evidenceOf(vault, "calls", row) };
    },
    listForOperator: async (limit) =>
      (await store.calls.listForOperator(limit)).map((row) => ({ ...callView(row), owner: row.owner })),
    async latestTrouble(owner, operator = false) {
      const [dance, call] = await Promise.all([store.dances.latestFailed(owner), store.calls.latest(owner)]);
      if (call && call.started_at >= (dance?.started_at ?? 0)) {
        return troubleOfCall(call, operator ? evidenceOf(vault, "calls", call) : undefined);
      }
      return dance && troubleOfDance(dance, operator ? evidenceOf(vault, "dances", dance) : undefined);
    },
    flush,
    close: flush,
  };
}
