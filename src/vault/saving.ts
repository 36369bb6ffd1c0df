/**
 * Writing down a pair that was received. Once the server has answered, this pair is the only way on, so it is never
 * let go: where the database fails it is kept and written later, and where another holder was faster it is parked.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { isLatchkeyError, LatchkeyError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { FamilyRow, Store } from "../store/index.ts";
import { familyEvents } from "./death.ts";
import { datesOf } from "./lifetimes.ts";
import type { OnStep } from "./rotation.ts";
import { chanceOf, openTokens, type Received, type Sealer, sealTokens, tokenIdOf } from "./tokens.ts";

/** Pauses between the tries before the caller is told; later callers try again. */
const PAUSES_MS = [50, 150, 400] as const;
const BACKGROUND_MS = 1_000;
/** How long closing waits for the database; what is not written then is lost with the process. */
const CLOSING_MS = 5_000;

type Parked = {
  readonly generation: number;
  readonly fence: number;
  readonly at: number;
  readonly sealed: string;
};

type Unsaved = { readonly row: FamilyRow; readonly received: Received };

/** `revived`: the family had been given up meanwhile. `dropped`: it was forgotten, and nobody wants its tokens. */
export type Saved = "committed" | "parked" | "revived" | "dropped";

export type Saving = ReturnType<typeof createSaving>;

/** The parked pair came out of the current one, and nothing newer is here. */
export function isSuccessor(row: FamilyRow): boolean {
  return row.parked !== null && (JSON.parse(row.parked) as Parked).generation === row.generation + 1;
}

/** Each compare-and-set that fails shows a newer row; so many in a row mean that something else is wrong. */
const MAX_TRIES = 20;

export type SavingParts = Sealer & { store: Store; log: Log; now: () => number; onStep: OnStep };

export function createSaving(parts: SavingParts) {
  const { store, log } = parts;
  const unsaved = new Map<string, Unsaved>();
  let waiting = false;

  const write = async ({ row, received }: Unsaved): Promise<Saved> => {
    const change = changeFor(parts, row, received);
    for (let tried = 0; tried < MAX_TRIES; tried++) {
      if (await store.families.updateIf(row.owner, row.id, row, change)) return "committed";
      const current = await store.families.get(row.owner, row.id);
      if (!current || current.sealed_tokens === null) return "dropped";
      // A write whose confirmation was lost has happened all the same.
      if (current.token_id === change.token_id) return "committed";
      if (current.generation === row.generation && current.state !== "active") {
        if (await writeLate(parts, current, change))
          return current.state === "dead" ? "revived" : "committed";
      } else if (await updateAsSeen(store, current, { parked: parkedFor(parts, row, received) })) {
        log.warn("pair_parked", { family_id: row.id, fence: row.fence });
        return "parked";
      }
    }
    throw new LatchkeyError("store_failed", "The family's row changes faster than it can be written.");
  };
  const settle = async (pair: Unsaved): Promise<Saved> => {
    const saved = await write(pair);
    if (unsaved.get(pair.row.id) === pair) unsaved.delete(pair.row.id);
    if (saved !== "dropped") {
      parts.onStep(saved === "parked" ? "park" : "commit", pair.row.id, pair.row.fence);
    }
    return saved;
  };
  /** In case nobody asks for this connection again: what is kept here only is lost with the process. */
  const retryLater = (): void => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      void Promise.allSettled([...unsaved.values()].map(settle)).then(() => {
        if (unsaved.size > 0) retryLater();
      });
    }, BACKGROUND_MS).unref();
  };

  return {
    /** @throws store_failed; the pair is kept then, and written as soon as the database answers */
    async save(row: FamilyRow, received: Received): Promise<Saved> {
      const pair = { row, received };
      unsaved.set(row.id, pair);
      for (let tried = 0; ; tried++) {
        try {
          return await settle(pair);
        } catch (error) {
          const pause = PAUSES_MS[tried];
          if (pause !== undefined) {
            await sleep(pause);
            continue;
          }
          log.error("pair_not_saved", { family_id: row.id, error });
          retryLater();
          throw isLatchkeyError(error)
            ? error
            : new LatchkeyError("store_failed", undefined, { cause: error });
        }
      }
    },
    /** Writes what could not be written before. Answers whether there was something. */
    async again(family_id: string): Promise<boolean> {
      const pair = unsaved.get(family_id);
      if (!pair) return false;
      await settle(pair);
      return true;
    },
    /** Writes what is left, before the process ends. */
    async close(): Promise<void> {
      const until = performance.now() + CLOSING_MS;
      while (unsaved.size > 0 && performance.now() < until) {
        await Promise.allSettled([...unsaved.values()].map(settle));
        if (unsaved.size > 0) await sleep(PAUSES_MS[0]);
      }
      for (const family_id of unsaved.keys()) log.error("pair_lost", { family_id });
      unsaved.clear();
    },
    /** Makes the parked pair the current one, to be tried once. */
    async unpark(row: FamilyRow): Promise<boolean> {
      if (row.parked === null) return false;
      const parked = JSON.parse(row.parked) as Parked;
      const place = { id: row.id, owner: row.owner, generation: parked.generation };
      const tokens = openTokens(parts.keyring, place, parked.sealed, "parked");
      const change = changeFor(parts, row, { tokens, at: parked.at });
      return await store.families.updateIf(row.owner, row.id, row, { ...change, parked: null });
    },
  };
}

type Change = Parameters<Store["families"]["updateIf"]>[3];

/** Writes only while the row is what it was, whatever its state. */
function updateAsSeen(store: Store, seen: FamilyRow, change: Change): Promise<boolean> {
  const { fence, generation, state } = seen;
  return store.families.updateIf(seen.owner, seen.id, { fence, generation, in_state: state }, change);
}

/**
 * A pair for a family that was exported meanwhile, and of which nobody has newer tokens; or that was given up, which
 * this pair proves wrong.
 */
function writeLate(parts: SavingParts, current: FamilyRow, change: Change): Promise<boolean> {
  if (current.state !== "dead") return updateAsSeen(parts.store, current, change);
  return parts.store.transaction(async (tx) => {
    if (!(await updateAsSeen(tx, current, { ...change, state: "active", dead: null }))) return false;
    await familyEvents(tx, parts.random, current, { type: "connection.revived", at: parts.now(), data: {} });
    parts.log.warn("family_revived", { family_id: current.id, fence: current.fence });
    return true;
  });
}

function changeFor(parts: Sealer, row: FamilyRow, received: Received) {
  const { tokens, scope, at } = received;
  const generation = row.generation + 1;
  return {
    sealed_tokens: sealTokens(parts, { id: row.id, owner: row.owner, generation }, tokens),
    token_id: tokenIdOf(tokens),
    generation,
    ...(scope && { scope_granted: JSON.stringify(scope) }),
    ...datesOf(row.flavor, tokens, row.consented_at, at, chanceOf(parts)),
    last_rotated_at: at,
    intent: null,
    lease_owner: null,
    lease_until: null,
    failures: 0,
    last_failure: null,
    cool_until: null,
    updated_at: at,
  };
}

function parkedFor(parts: Sealer, row: FamilyRow, received: Received): string {
  const generation = row.generation + 1;
  const place = { id: row.id, owner: row.owner, generation };
  const sealed = sealTokens(parts, place, received.tokens, "parked");
  const parked: Parked = { generation, fence: row.fence, at: received.at, sealed };
  return JSON.stringify(parked);
}
