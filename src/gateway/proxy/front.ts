import { beginExchange, type Exchange } from "../exchange.ts";
import type { Metrics } from "../metrics.ts";
import type { GatewayParts } from "../parts.ts";
import { asLatchkeyError, type Problem, problemHeaders, toProblem } from "../problem.ts";

/** What both skins of the proxy share. */
export type ProxyFront = {
  readonly parts: GatewayParts;
  /** Path the gateway is mounted below; "" at the root. */
  readonly base: string;
  readonly metrics: Metrics;
};

/** The route as the log and the metrics name it. */
const ROUTE = "/jira/{connection_id}/{path}";

export type ProxyExchange = Pick<Exchange, "request_id"> & {
  /** The whole answer has left, or was given up. */
  over(status: number): void;
};

export function beginProxyExchange(front: ProxyFront, method: string): ProxyExchange {
  const { parts, metrics } = front;
  const began = parts.now();
  // What went through the proxy stands in the log of use; a line for each call would cost more than the call.
  const exchange = beginExchange(parts, metrics, "debug");
  return {
    request_id: exchange.request_id,
    over(status) {
      metrics.proxied(status, Math.max(0, parts.now() - began) / 1000);
      exchange.answered(ROUTE, method, status);
    },
  };
}

/** A refusal as it leaves, and as the log keeps it. */
export function refusalOf(
  front: ProxyFront,
  request_id: string,
  error: unknown,
): { readonly problem: Problem; readonly headers: Record<string, string> } {
  const problem = toProblem(error, request_id, "holder");
  front.parts.log[problem.status >= 500 ? "warn" : "info"]("proxy_refused", {
    request_id,
    code: problem.code,
    ...(problem.status >= 500 ? { error: asLatchkeyError(error) } : {}),
  });
  return { problem, headers: { ...problemHeaders(problem, error), "x-request-id": request_id } };
}
