/** How a process of bench/proxy.ts says where it listens, and how it ends: with the one that started it. */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

export type Listening = { readonly port: number; readonly path?: string; readonly key?: string };

export async function listening(server: Server, more: Omit<Listening, "port"> = {}): Promise<void> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  process.send?.({ port, ...more } satisfies Listening);
  process.on("disconnect", () => process.exit(0));
}

/** What the bench tells a proxy: where to send calls, and with which constant header. */
export type Orders = { readonly upstream: string; readonly authorization: string; readonly signs: boolean };

export const orders = (): Orders => JSON.parse(process.argv[2] ?? "{}") as Orders;
