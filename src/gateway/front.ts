/** What answers before the pages do, because it knows no cookie: the proxy, the API and the operator's endpoints. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { below } from "./below.ts";
import { createMachine } from "./machine.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import type { GatewayParts } from "./parts.ts";
import { type ProxyFront, proxyOnNode, proxyOnWeb } from "./proxy/index.ts";
import { psoxyOnWeb } from "./psoxy/index.ts";

export type Front = {
  readonly metrics: Metrics;
  /** `undefined` where the request is for the pages. */
  fetch(request: Request, info: { readonly remote?: string }): Promise<Response | undefined>;
  /** The fast path; `false` where the request is not the proxy's. */
  listener(incoming: IncomingMessage, outgoing: ServerResponse): boolean;
};

/** @param base path the gateway is mounted below; "" at the root */
export function createFront(parts: GatewayParts, base: string): Front {
  const metrics = createMetrics(parts);
  const proxy: ProxyFront = { parts, base, metrics };
  const machine = createMachine(parts, metrics);
  return {
    metrics,
    fetch: async (request, info) =>
      (await proxyOnWeb(proxy, request)) ??
      (await psoxyOnWeb(proxy, request)) ??
      (await machine.fetch(below(base, request), info)),
    listener: (incoming, outgoing) => proxyOnNode(proxy, incoming, outgoing),
  };
}
