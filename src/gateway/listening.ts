import type { ServerOptions } from "node:http";

/**
 * How the gateway's server bounds those who take their time: a head within 15 s, a request within 5 min, looked
 * after every 2 s. Node's default would look only every 30 s.
 */
export const LISTENING: Readonly<ServerOptions> = {
  headersTimeout: 15_000,
  requestTimeout: 300_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 64 * 1024,
};
