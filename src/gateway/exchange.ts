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

export function beginExchange(parts: ExchangeParts, metrics: Metrics): Exchange {
  const began = parts.now();
  const request_id = Buffer.from(parts.random(9)).toString("base64url");
  return {
    request_id,
    answered(route, method, status) {
      metrics.answered(route, method, status);
      const duration_ms = parts.now() - began;
      parts.log.info("request", { request_id, route, method: method.slice(0, 20), status, duration_ms });
    },
  };
}
