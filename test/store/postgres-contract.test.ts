import { afterAll, beforeAll, describe } from "vitest";
import { openStore } from "../../src/store/index.ts";
import { createDatabase, postgresUrl, type TestDatabase } from "../postgres/database.ts";
import { storeContract } from "./contract.ts";

const url = await postgresUrl();

describe.skipIf(url === undefined)("with a PostgreSQL server", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase(url ?? "");
  });
  afterAll(() => database?.drop());

  storeContract("PostgreSQL", async () => {
    await database.wipe();
    return await openStore({ url: database.url, now: () => 1_800_000_000_000 });
  });
});
