/** `http-proxy` with a constant header and a keep-alive agent, as its README has it. */
import { Agent, createServer } from "node:http";
import { createRequire } from "node:module";
import { listening, orders } from "./listening.ts";

const peers = createRequire(new URL("../peers/package.json", import.meta.url));
const { upstream, authorization } = orders();
const proxy = peers("http-proxy").createProxyServer({
  target: upstream,
  agent: new Agent({ keepAlive: true, maxSockets: 128 }),
  headers: { authorization },
});
proxy.on("error", (_error: unknown, _request: unknown, response: { destroy(): void }) => response.destroy());
await listening(createServer((request, response) => proxy.web(request, response)));
