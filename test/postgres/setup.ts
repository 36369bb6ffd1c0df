/**
 * The test run's own PostgreSQL: started when the first test file asks, stopped when the run ends. The run's main
 * process answers on a loopback port where the server is.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { type Server, startServer } from "./server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Port that answers {url} or {absent}. */
    postgresAt: number;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let started: Promise<Server | { readonly absent: string }> | undefined;
  const desk = createServer((_request, response) => {
    started ??= startServer();
    started.then(
      (server) =>
        response.end(JSON.stringify("url" in server ? { url: server.url } : { absent: server.absent })),
      (error: unknown) => {
        response.statusCode = 500;
        response.end(error instanceof Error ? error.message : "unknown");
      },
    );
  });
  await new Promise<void>((resolve) => {
    desk.listen(0, "127.0.0.1", resolve);
  });
  project.provide("postgresAt", (desk.address() as AddressInfo).port);
  return async () => {
    desk.closeAllConnections();
    desk.close();
    const server = await started?.catch(() => undefined);
    if (server && "close" in server) await server.close();
  };
}
