import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { describe } from "vitest";
import { crashSuite, type Database } from "./scenarios.ts";

/** Another program holds the file's write lock. */
const sqlite: Database = {
  url: undefined,
  async cut(house, ms) {
    const other = new DatabaseSync(house.database_url.replace(/^sqlite:/, ""), { timeout: 2_000 });
    other.exec("begin immediate");
    await sleep(ms);
    other.exec("rollback");
    other.close();
  },
  close: async () => {},
};

describe("processes on one SQLite file", () => crashSuite(async () => sqlite));
