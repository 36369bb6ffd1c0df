import { ERRORS, type ErrorCode } from "../errors.ts";
import type { Bench } from "./bench.ts";
import type { PushOptions, PushResult } from "./model.ts";
import { pushOne } from "./one.ts";

type Placed = { readonly at: number; readonly value: unknown };
export type PlacedResult = PushResult & { readonly at: number };

/** How often an idea is taken up again that failed for a reason that passes. */
const ROUNDS = 4;
/** More than this are not put off; what is put off is kept in memory. */
const MOST_PUT_OFF = 1_000;

/**
 * Many ideas, several at a time. One whose outcome is open is put off, so that nobody waits for search to catch up,
 * and taken up again after the others; one reading then serves all that ask.
 */
export async function* pushMany(
  bench: Bench,
  ideas: Iterable<unknown> | AsyncIterable<unknown>,
  options: PushOptions,
): AsyncGenerator<PlacedResult> {
  let put_off: Placed[] = [];
  const first = placed(ideas);
  for (let round = 1; round <= ROUNDS; round++) {
    const last = round === ROUNDS;
    const again: Placed[] = [];
    const work = round === 1 ? first : put_off;
    if (round > 1 && put_off.length === 0) return;
    for await (const { one, result } of several(bench, work, { ...options, later: round === 1 })) {
      if (!last && passes(result) && again.length < MOST_PUT_OFF) again.push(one);
      else yield { ...result, at: one.at };
    }
    put_off = again;
  }
}

function passes({ error }: PushResult): boolean {
  return error !== undefined && ERRORS[error.code as ErrorCode]?.retry === "later";
}

async function* placed(ideas: Iterable<unknown> | AsyncIterable<unknown>): AsyncGenerator<Placed> {
  let at = 0;
  for await (const value of ideas) yield { at: at++, value };
}

type Done = { readonly one: Placed; readonly result: PushResult };

async function* several(
  bench: Bench,
  work: Iterable<Placed> | AsyncIterable<Placed>,
  options: PushOptions & { readonly later: boolean },
): AsyncGenerator<Done> {
  const running = new Map<number, Promise<Done>>();
  const source = Symbol.asyncIterator in work ? work[Symbol.asyncIterator]() : work[Symbol.iterator]();
  let over = false;
  try {
    for (;;) {
      while (!over && running.size < bench.limits.at_once) {
        options.signal?.throwIfAborted();
        const next = await source.next();
        if (next.done) {
          over = true;
          break;
        }
        const one = next.value;
        const task = pushOne(bench, one.value, options).then((result) => ({ one, result }));
        // A failure is met at its turn; until then nobody is to call it unhandled.
        task.catch(() => {});
        running.set(one.at, task);
      }
      if (running.size === 0) return;
      const done = await Promise.race(running.values());
      running.delete(done.one.at);
      yield done;
    }
  } finally {
    await Promise.allSettled(running.values());
    await source.return?.();
  }
}
