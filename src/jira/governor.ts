import { LatchkeyError } from "../errors.ts";
import type { HttpHeaders } from "../http.ts";
import type { Log } from "../log.ts";
import { createGates, type GatedCall, type Gates, type Priority } from "./gates.ts";
import { createGaugeExchange, type GaugePort } from "./gauges.ts";
import { readLimits } from "./limits.ts";
import { type Standing, standingOf } from "./standing.ts";

export type GovernedCall = GatedCall & {
  readonly signal?: AbortSignal;
  /** Longest wait for its turn; default 10 000, bulk 120 000. With 0 it goes now or is refused. */
  readonly max_wait_ms?: number;
};

/** A call that may go now. One of the two is called once, whatever comes of it. */
export type Turn = {
  answered(answer: { readonly status: number; readonly headers: HttpHeaders }): void;
  /** No answer came. */
  failed(): void;
};

/** Lets calls go as Jira's limits allow, all callers of a process and, through the store, of all its replicas. */
export type Governor = {
  /**
   * Waits for the call's turn: interactive calls before bulk, each in the order they came.
   * @throws jira_rate_limited with `retry_after_s` where the wait is longer than allowed; nothing was sent
   */
  enter(call: GovernedCall): Promise<Turn>;
  /** The same for a call that may go now and need not hear of others' limits first; else `undefined`. */
  enterAtOnce(call: GovernedCall): Turn | undefined;
  /** What is left at a site. `app`: the registration, whose quota on Cloud its sites share. */
  standing(site: string, app?: string): Standing;
  /** Hands on what others have not been told, and refuses those that still wait. */
  close(): Promise<void>;
};

export type GovernorParts = {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  readonly log?: Log;
  /** What replicas share. Default: nothing is shared. */
  readonly gauges?: GaugePort;
  /** Runs something later; answers how to call it off. Default a timer that keeps no process alive. */
  readonly later?: (ms: number, run: () => void) => () => void;
};

type Waiter = {
  readonly call: GovernedCall;
  readonly deadline: number;
  settle(turn: Turn): void;
  refuse(error: unknown): void;
};

const MAX_WAIT_MS: Readonly<Record<Priority, number>> = { interactive: 10_000, bulk: 120_000 };
/** Waiting at one site; whoever comes beyond that is told to come later. */
const MOST_WAITING = 1_000;
const RETRY_S = 5;

/** @see docs/library.md, Limits */
export function createGovernor(parts: GovernorParts): Governor {
  const { now, later = byTimer } = parts;
  const gates = createGates(() => (parts.random(1)[0] ?? 0) / 255);
  const shared = parts.gauges && createGaugeExchange({ ...parts, port: parts.gauges, gates, later });
  const queues = new Map<string, Waiter[]>();
  const alarms = new Map<string, () => void>();

  function turnOf(call: GovernedCall): Turn {
    let over = false;
    gates.admit(call, now());
    const end = (answer?: { readonly status: number; readonly headers: HttpHeaders }) => {
      if (over) return;
      over = true;
      const at = now();
      const reading = answer && readLimits(call.flavor, answer.status, answer.headers, at);
      const closed = gates.ended(call, reading, at);
      if (closed)
        parts.log?.warn("jira_limit_met", { reach: reading?.closure?.reach, reason: closed.reason });
      if (closed || (reading?.quotas.length ?? 0) > 0) shared?.tell(closed);
      if (queues.size > 0) pumpAll();
    };
    return { answered: end, failed: () => end() };
  }

  function pumpAll(): void {
    for (const site of [...queues.keys()]) pump(site);
  }

  /** Lets go whoever may, interactive first, and sets the alarm for the next time somebody might. */
  function pump(site: string): void {
    alarms.get(site)?.();
    alarms.delete(site);
    const at = now();
    const staying: Waiter[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (const waiter of inOrder(queues.get(site) ?? [])) {
      const verdict = gates.ask(waiter.call, at);
      if (verdict === "pass") waiter.settle(turnOf(waiter.call));
      else if (at >= waiter.deadline || (verdict.until ?? 0) > waiter.deadline) {
        waiter.refuse(tooLong(gates, waiter.call, at));
      } else {
        staying.push(waiter);
        next = Math.min(next, verdict.until ?? waiter.deadline, waiter.deadline);
      }
    }
    if (staying.length === 0) queues.delete(site);
    else {
      queues.set(site, staying);
      alarms.set(
        site,
        later(Math.max(1, next - at), () => pump(site)),
      );
    }
  }

  function wait(call: GovernedCall, max_wait_ms: number): Promise<Turn> {
    return new Promise((settle, refuse) => {
      const queue = queues.get(call.site) ?? [];
      const leave = () => {
        const left = (queues.get(call.site) ?? []).filter((one) => one !== waiter);
        if (left.length > 0) queues.set(call.site, left);
        else queues.delete(call.site);
        refuse(call.signal?.reason);
      };
      const free = () => call.signal?.removeEventListener("abort", leave);
      const waiter: Waiter = {
        call,
        deadline: now() + max_wait_ms,
        settle: (turn) => {
          free();
          settle(turn);
        },
        refuse: (error) => {
          free();
          refuse(error);
        },
      };
      call.signal?.addEventListener("abort", leave, { once: true });
      queues.set(call.site, [...queue, waiter]);
      pump(call.site);
    });
  }

  return {
    enterAtOnce: (call) =>
      shared?.look() === undefined && gates.ask(call, now()) === "pass" ? turnOf(call) : undefined,
    async enter(call) {
      const first = shared?.look();
      if (first) await first;
      if (call.signal?.aborted) throw call.signal.reason;
      const verdict = gates.ask(call, now());
      if (verdict === "pass") return turnOf(call);
      const max_wait_ms = call.max_wait_ms ?? MAX_WAIT_MS[call.priority];
      const full = (queues.get(call.site)?.length ?? 0) >= MOST_WAITING;
      if (full || max_wait_ms <= 0) throw tooLong(gates, call, now());
      return await wait(call, max_wait_ms);
    },
    standing(site, app) {
      const waiting = queues.get(site) ?? [];
      const bulk = waiting.filter(({ call }) => call.priority === "bulk").length;
      return standingOf(gates, {
        site,
        app,
        now: now(),
        waiting: { interactive: waiting.length - bulk, bulk },
      });
    },
    async close() {
      for (const stop of alarms.values()) stop();
      alarms.clear();
      const left = [...queues.values()].flat();
      queues.clear();
      for (const { call, refuse } of left) refuse(tooLong(gates, call, now()));
      await shared?.close();
    },
  };
}

/** Those somebody waits for first; within a rank they stay as they came. */
function inOrder(waiters: readonly Waiter[]): readonly Waiter[] {
  const rank = ({ call }: Waiter) => (call.priority === "interactive" ? 0 : 1);
  return [...waiters].sort((a, b) => rank(a) - rank(b));
}

function tooLong(gates: Gates, call: GovernedCall, now: number): LatchkeyError {
  const verdict = gates.ask(call, now);
  const until = verdict === "pass" ? undefined : verdict.until;
  const reach = verdict === "pass" ? "site" : verdict.reach;
  return new LatchkeyError("jira_rate_limited", "Jira limits the rate of calls, so this one was not sent.", {
    retry_after_s: until === undefined ? RETRY_S : Math.max(1, Math.ceil((until - now) / 1000)),
    details: { sent: false, reach, priority: call.priority },
  });
}

function byTimer(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, Math.min(ms, 2 ** 31 - 1));
  return () => clearTimeout(timer);
}
