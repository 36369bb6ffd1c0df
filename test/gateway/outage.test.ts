import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compose, gatewayPartsOf, type Parts } from "../../src/compose.ts";
import { loadConfig } from "../../src/config/index.ts";
import { createGateway } from "../../src/gateway/index.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { Secret } from "../../src/secret.ts";
import { newKeyText } from "../../src/vault/index.ts";
import { createBrowser } from "../connect/browser.ts";
import { createDatabase, postgresUrl, type TestDatabase } from "../postgres/database.ts";

const server = await postgresUrl();

describe.skipIf(server === undefined)("a gateway whose database is away", () => {
  let database: TestDatabase;
  let jira: RunningSandbox;
  let parts: Parts;
  let http: Server;
  let call: (path?: string) => Promise<Response>;

  beforeAll(async () => {
    database = await createDatabase(server!);
    jira = await startSandbox({ autoApprove: "alana" });
    http = createServer();
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const address = `http://localhost:${(http.address() as AddressInfo).port}`;
    const env = {
      LATCHKEY_HOME: mkdtempSync(join(tmpdir(), "latchkey-outage-")),
      LATCHKEY_DATABASE_URL: database.url,
      LATCHKEY_KEY: newKeyText(randomBytes).reveal(),
      LATCHKEY_PUBLIC_URL: address,
    };
    parts = await compose(loadConfig({ env }));
    http.on("request", createGateway(gatewayPartsOf(parts)).listener);
    jira.control.register({ redirect_uris: [`${address}/callback/dc2`] });
    await parts.vault.registrations.add({
      id: "dc2",
      flavor: "datacenter-oauth2",
      site_base_url: jira.dataCenterUrl,
      client_id: "sandbox-dc-app",
      client_secret: new Secret("sandbox-dc-secret"),
      redirect_uri: `${address}/callback/dc2`,
      scope: ["WRITE"],
      allowance: true,
    });
    const browser = createBrowser();
    const page = await browser.open(`${address}/connect`);
    const form = page.forms.findIndex((one) => one.fields.some(([, value]) => value === "dc2"));
    await browser.submit(page, { form });
    const [connection] = await parts.vault.connections.list("local");
    const { key } = await parts.handles.create({
      owner: "local",
      name: "outage",
      connection_ids: [connection!.id],
      limits: { methods: ["GET"], path_prefixes: ["/rest/api/"], policy: "raw" },
    });
    call = (path = "/rest/api/2/issue/JJ-2") =>
      fetch(`${address}/jira/${connection!.id}${path}`, {
        headers: { authorization: `Bearer ${key.reveal()}` },
      });
  }, 120_000);

  afterAll(async () => {
    http.closeAllConnections();
    http.close();
    await parts.close();
    await jira.stop();
    await database.drop();
  });

  it("serves calls with unexpired tokens on, and everything again when the database is back", async () => {
    expect((await call()).status).toBe(200);
    const back = await database.lose();
    const during = await call();
    expect(during.status).toBe(200);
    expect(await during.json()).toMatchObject({ key: "JJ-2" });
    await back();
    await expect.poll(async () => (await call("/rest/api/2/myself")).status, { timeout: 20_000 }).toBe(200);
  }, 60_000);

  it("says so where it cannot: an unknown key is not let in by a guess", async () => {
    const back = await database.lose();
    const { headers } = new Request("http://x/", {
      headers: { authorization: `Bearer lk_${"x".repeat(43)}` },
    });
    const answer = await fetch((await call()).url, { headers });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: "store_failed" });
    await back();
  }, 60_000);
});
