import { describe } from "vitest";
import { createDatabase, postgresUrl } from "../postgres/database.ts";
import { crashSuite, type Database } from "./scenarios.ts";
import { severable } from "./severable.ts";

const server = await postgresUrl();

/** Every connection of the workers and of the driver goes through a line that can be cut. */
async function postgres(): Promise<Database> {
  const database = await createDatabase(server!);
  const line = await severable(new URL(database.url));
  const url = new URL(database.url);
  url.hostname = "127.0.0.1";
  url.port = String(line.port);
  return {
    url: url.href,
    cut: (_house, ms) => line.cut(ms),
    async close() {
      await line.close();
      await database.drop();
    },
  };
}

describe.skipIf(server === undefined)("processes on one PostgreSQL database", () => crashSuite(postgres));
