import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A line to a server that can be cut: what was open breaks, what comes is turned away until it is whole again. */
export async function severable(target: URL) {
  const sockets = new Set<Socket>();
  let severed = false;
  const server = createServer((near) => {
    if (severed) return void near.destroy();
    const far = connect(Number(target.port || 5432), target.hostname.replace(/^\[(.*)\]$/, "$1"));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.setNoDelay(true);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const breakAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    async cut(ms: number): Promise<void> {
      severed = true;
      breakAll();
      await sleep(ms);
      severed = false;
    },
    async close(): Promise<void> {
      breakAll();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
