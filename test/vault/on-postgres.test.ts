/** The vault's own tests once more, and those of what is built on its transactions, with their worlds on PostgreSQL. */
import { afterAll, describe } from "vitest";
import { postgresUrl } from "../postgres/database.ts";
import { dropDatabases, useServer } from "./stores.ts";

const server = await postgresUrl();
if (server !== undefined) useServer(server);

describe.skipIf(server === undefined)("on PostgreSQL", async () => {
  afterAll(dropDatabases);
  await import("./rotation.test.ts");
  await import("./attempts.test.ts");
  await import("./connections.test.ts");
  await import("./attach.test.ts");
  await import("./registrations.test.ts");
  await import("../connect/sessions.test.ts");
  await import("../jobs/outbox.test.ts");
  await import("../handles/log.test.ts");
});
