// Boards that are open in some browser: they are told when something has changed.
import type { ServerResponse } from "node:http";

export function createLive() {
  const open = new Map<string, Set<ServerResponse>>();
  return {
    /** Keeps the answer open, and says a word on it for every change. */
    join(customer: string, response: ServerResponse): void {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      response.write(": hello\n\n");
      const all = open.get(customer) ?? new Set();
      open.set(customer, all.add(response));
      response.on("close", () => {
        all.delete(response);
        if (all.size === 0) open.delete(customer);
      });
    },
    changed(customer: string): void {
      for (const response of open.get(customer) ?? []) response.write("data: changed\n\n");
    },
    /** Customers who have a board open now. */
    watching: (): readonly string[] => [...open.keys()],
    close(): void {
      for (const all of open.values()) for (const response of all) response.end();
    },
  };
}
