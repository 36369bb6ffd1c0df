import { afterAll, beforeAll, describe } from "vitest";
import { openStore } from "../../src/store/index.ts";
import { createDatabase, postgresUrl, type TestDatabase } from "../postgres/database.ts";
import { temporaryDirectory } from "../store/temporary.ts";
import { onceContract } from "./once.ts";

onceContract("SQLite", async () => `sqlite:${temporaryDirectory()}/latchkey.db`);

const url = await postgresUrl();

describe.skipIf(url === undefined)("with a PostgreSQL server", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase(url ?? "");
    await (await openStore({ url: database.url, now: Date.now })).close();
  });
  afterAll(() => database?.drop());

  onceContract("PostgreSQL", async () => {
    await database.wipe();
    return database.url;
  });
});
