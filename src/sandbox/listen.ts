/** Listens on loopback, on both address families where the machine has both. */
import type { Server as HttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { SandboxRefusal } from "./refusal.ts";

export type Listening = {
  readonly port: number;
  /** Frees the port and closes every connection. */
  close(): Promise<void>;
};

/**
 * Opens a port on `127.0.0.1` and, where there is one, on `::1`: what is called `localhost` may be either. With
 * port 0 a port is chosen that is free on both.
 *
 * @throws SandboxRefusal when the port is taken or not allowed
 */
export async function listen(http: HttpServer, port: number): Promise<Listening> {
  for (let attempt = 1; ; attempt++) {
    await open(http, port, "127.0.0.1");
    const chosen = (http.address() as AddressInfo).port;
    const second = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      http.emit("connection", socket),
    );
    try {
      await open(second, chosen, "::1");
    } catch (error) {
      if (error instanceof SandboxRefusal) {
        await shut(http);
        if (port === 0 && attempt < 10) continue;
        throw error;
      }
      // No IPv6 here: 127.0.0.1 alone will do.
    }
    return {
      port: chosen,
      close: async () => {
        const closed = [shut(http), second.listening ? shut(second) : undefined];
        http.closeAllConnections();
        await Promise.all(closed);
      },
    };
  }
}

function open(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      const taken = error.code === "EADDRINUSE";
      if (!taken && error.code !== "EACCES") return reject(error);
      const why = taken ? "is in use by another program" : "may not be opened by this user";
      reject(
        new SandboxRefusal(
          "configuration",
          `Port ${port} ${why}; choose another with --port, or --port 0 for two free ones.`,
          error,
        ),
      );
    };
    server.once("error", fail);
    server.listen(port, host, () => {
      server.off("error", fail);
      resolve();
    });
  });
}

function shut(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
