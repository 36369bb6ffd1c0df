/** One request and its answer, as the log and the metrics know it. */
import type { Log } from "../log.ts";
import type { Metrics } from "./metrics.ts";

export type Exchange = {
  /** Made here; an id that a stranger sends is never taken over into the log. */
  readonly request_id: string;
  /** @param route template, never the path that was asked for */
  answered(route: string, method: string, status: number): void;
};

export type ExchangeParts = {
  readonly random: (bytes: number) => Uint8Array;
  readonly now: () => number;
  readonly log: Log;
};

/** @param level of its line in the log; default `info` */
export function beginExchange(
  parts: ExchangeParts,
  metrics: Metrics,
  level: "debug" | "info" = "info",
): Exchange {
  const began = parts.now();
  const request_id = idFrom(parts.random);
  return {
    request_id,
    answered(route, method, status) {
      metrics.answered(route, method, status);
      const line = () => {
        const duration_ms = parts.now() - began;
        return { request_id, route, method: method.slice(0, 20), status, duration_ms };
      };
      if (level === "debug") parts.log.debug("request", line);
      else parts.log.info("request", line());
    },
  };
}

const ID_BYTES = 9;
const IDS_AT_ONCE = 128;
/** Bytes that were drawn together, since each drawing costs more than its bytes; of each source its own. */
const drawn = new WeakMap<ExchangeParts["random"], { bytes: Buffer; used: number }>();

function idFrom(random: ExchangeParts["random"]): string {
  let pool = drawn.get(random);
  if (!pool || pool.used >= pool.bytes.length) {
    pool = { bytes: Buffer.from(random(ID_BYTES * IDS_AT_ONCE)), used: 0 };
    drawn.set(random, pool);
  }
  pool.used += ID_BYTES;
  return pool.bytes.toString("base64url", pool.used - ID_BYTES, pool.used);
}
