import type { Log } from "../log.ts";
import type { Closed, Gates } from "./gates.ts";
import type { Quota } from "./limits.ts";

/** One thing that replicas tell each other about a site's limits. */
export type Gauge = {
  /** What it is about, see `keyOf`. */
  readonly bucket: string;
  readonly kind: "closed" | "quotas";
  /** Until when it says something, milliseconds since the epoch. */
  readonly until: number;
  readonly reason: string | undefined;
  readonly quotas: readonly Quota[];
};

/** Where replicas leave word for each other; the store, in `compose.ts`. */
export type GaugePort = {
  /** All that still says something. */
  read(): Promise<readonly Gauge[]>;
  write(gauges: readonly Gauge[]): Promise<void>;
};

export type GaugeExchange = {
  /** Reads what others say if that is some time ago. A promise only during the first time, when it is worth a wait. */
  look(): Promise<void> | undefined;
  /** Something was learned: a closure is told at once, quotas from time to time. */
  tell(closed: Closed | undefined): void;
  close(): Promise<void>;
};

type ExchangeParts = {
  readonly port: GaugePort;
  readonly gates: Gates;
  readonly now: () => number;
  readonly later: (ms: number, run: () => void) => () => void;
  readonly log?: Log;
};

const READ_MS = 1_000;
/** Closures of the same moment go in one write. */
const GATHER_MS = 25;
const QUOTA_MS = 5_000;

/**
 * Shares limits through a port. Never in the way of a call: reads are at most one a second and nobody but the very
 * first caller waits for one; writes happen when something closed. A port that fails leaves each replica to itself.
 */
export function createGaugeExchange(parts: ExchangeParts): GaugeExchange {
  const { port, gates, now, later } = parts;
  const untold = new Map<string, Gauge>();
  let read_at = Number.NEGATIVE_INFINITY;
  let quotas_at = Number.NEGATIVE_INFINITY;
  /** While what others say is read for the first time. */
  let first: Promise<void> | undefined;
  let call_off: (() => void) | undefined;
  let writing: Promise<void> = Promise.resolve();

  const failed = (error: unknown) => parts.log?.warn("limits_not_shared", { error });

  async function read(): Promise<void> {
    const at = now();
    for (const { bucket, kind, until, reason, quotas } of await port.read()) {
      if (kind === "closed" && until > at) gates.close({ key: bucket, until, reason });
      for (const quota of quotas) gates.learn(bucket, quota, at);
    }
  }

  function write(): void {
    call_off = undefined;
    const gauges = [...untold.values()];
    untold.clear();
    if (gauges.length > 0) writing = writing.then(() => port.write(gauges)).catch(failed);
  }

  return {
    look() {
      const at = now();
      if (at - read_at < READ_MS) return first;
      const isFirst = read_at === Number.NEGATIVE_INFINITY;
      read_at = at;
      const reading = read()
        .catch(failed)
        .finally(() => {
          first = undefined;
        });
      if (isFirst) first = reading;
      return first;
    },
    tell(closed) {
      const at = now();
      if (closed) {
        const { key: bucket, until, reason } = closed;
        untold.set(`closed ${bucket}`, { bucket, kind: "closed", until, reason, quotas: [] });
      }
      if (at - quotas_at >= QUOTA_MS) {
        quotas_at = at;
        for (const gauge of quotaGauges(gates, at)) untold.set(`quotas ${gauge.bucket}`, gauge);
      }
      if (untold.size > 0) call_off ??= later(GATHER_MS, write);
    },
    async close() {
      call_off?.();
      write();
      await writing;
    },
  };
}

/** Only what bounds a time: the size of a quota alone is no news. */
function quotaGauges(gates: Gates, now: number): Gauge[] {
  return [...gates.quotasNow(now)].flatMap(([bucket, all]) => {
    const quotas = all.filter(
      ({ remaining, resets_at }) => remaining !== undefined && resets_at !== undefined,
    );
    const until = Math.max(0, ...quotas.map(({ resets_at }) => resets_at!));
    return quotas.length === 0 ? [] : [{ bucket, kind: "quotas" as const, until, reason: undefined, quotas }];
  });
}
