/** `@fastify/reply-from` with a constant header, as its README has it. */
import { createRequire } from "node:module";
import { listening, orders } from "./listening.ts";

const peers = createRequire(new URL("../peers/package.json", import.meta.url));
const { upstream, authorization } = orders();
const fastify = peers("fastify")({ logger: false });
fastify.register(peers("@fastify/reply-from"), { base: upstream, undici: { connections: 128 } });
fastify.all("/*", (request: { url: string }, reply: { from(path: string, options: object): void }) => {
  reply.from(request.url, {
    rewriteRequestHeaders: (_request: unknown, headers: object) => ({ ...headers, authorization }),
  });
});
await fastify.ready();
// Fastify listens by itself; what it listens with is told as the others tell it.
await listening(fastify.server);
