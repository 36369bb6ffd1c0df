import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";

const recorded = readFileSync(new URL("../../src/sandbox/data/JJ-2.json", import.meta.url), "utf8");

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

const sites = () => [
  { base: sandbox.dataCenterUrl, account: "alana:alana" },
  { base: `${sandbox.cloudUrl}/sites/acme`, account: "alana@example.com:sandbox-api-token-alana" },
  { base: `${sandbox.cloudUrl}/sites/globex`, account: "william@example.com:sandbox-api-token-william" },
];
const get = (base: string, account: string, path: string) =>
  fetch(base + path, { headers: { authorization: `Basic ${btoa(account)}` } });

test("JJ-2 is read on every site exactly as the tutorial shows it, its host replaced", async () => {
  for (const { base, account } of sites()) {
    for (const path of ["/rest/api/latest/issue/JJ-2", "/rest/api/2/issue/10300"]) {
      const answer = await get(base, account, path);
      expect(answer.status).toBe(200);
      // On Cloud `latest` is version 3, which has rich text as documents.
      if (base !== sandbox.dataCenterUrl && path.includes("latest")) continue;
      expect(await answer.json()).toEqual(
        JSON.parse(recorded.replaceAll("https://example-dev1.atlassian.net", base)),
      );
    }
  }
});

test("both faces say who they are without a sign-in", async () => {
  for (const { base } of sites()) {
    const answer = await fetch(`${base}/rest/api/2/serverInfo`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ baseUrl: base });
  }
});
