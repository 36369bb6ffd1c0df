/** The proxy: one core, and a skin for each way a request can arrive. */
export type { ProxyFront } from "./front.ts";
export { proxyOnNode } from "./node.ts";
export { proxyOnWeb } from "./web.ts";
