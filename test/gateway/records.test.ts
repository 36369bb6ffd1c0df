import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { stoppedAt, traceLines } from "../../src/cli/trace.ts";
import { createRecorder } from "../../src/recorder/index.ts";
import type { Connection } from "../../src/vault/index.ts";
import type { Browser } from "../connect/browser.ts";
import { faultsOfHar } from "./har-form.ts";
import { type House, IDS, newBrowser, openHouse, walk } from "./house.ts";

let house: House;
let admin: Browser;
let one: Connection;
let cloud: Connection;
let key: string;
const CANARY = "canary-Zx81/+q9 é";

beforeAll(async () => {
  house = await openHouse();
  await walk(house, newBrowser(), "datacenter-oauth1");
  await walk(house, newBrowser(), "cloud");
  const all = await house.hall.vault.connections.list("local");
  one = all.find(({ flavor }) => flavor === "datacenter-oauth1")!;
  cloud = all.find(({ flavor }) => flavor === "cloud")!;
  const made = await house.handles.create({
    owner: "local",
    name: "records",
    connection_ids: [one.id, cloud.id],
    limits: { methods: ["GET", "POST"], path_prefixes: ["/"], policy: "raw", api: "read" },
  });
  key = made.key.reveal();
  admin = newBrowser();
  await admin.submit(await admin.open(await house.gateway.adminAddress()), { button: "Open the admin page" });
});
afterAll(() => house.close());
beforeEach(async () => {
  house.hall.sandbox.control.clearFaults();
  await house.recorder.flush();
  await house.hall.store.kysely.deleteFrom("calls").execute();
});

const authorization = () => ({ authorization: `Bearer ${key}` });
const ask = (id: string, path: string, init: RequestInit = {}) =>
  fetch(`${house.url}/jira/${id}${path}`, { ...init, headers: { ...authorization(), ...init.headers } });
const api = async (path: string) =>
  (await (await fetch(`${house.url}/api/v1${path}`, { headers: authorization() })).json()) as {
    calls: { id: string; error_code: string; missed: number }[];
  };

/** Another address than the one that was signed reaches Jira, as behind a proxy that is not set up. */
async function refusedSignature(): Promise<string> {
  house.hall.sandbox.control.faults([{ match: { path: "*/issue/*" }, rewrite_url: "https://other.example" }]);
  const answer = await ask(one.id, `/rest/api/2/issue/JJ-2?fields=${encodeURIComponent(CANARY)}`, {
    headers: { "x-note": CANARY },
  });
  expect(answer.status).toBeGreaterThanOrEqual(400);
  await house.recorder.flush();
  return (await house.recorder.list("local"))[0]!.id;
}

/** Every form in which a secret could stand in a text. */
function formsOf(secret: string): string[] {
  const once = encodeURIComponent(secret);
  const bytes = Buffer.from(secret);
  return [secret, once, encodeURIComponent(once), bytes.toString("base64"), bytes.toString("base64url")];
}

describe("a call whose signature Jira refuses", () => {
  it("is drawn with the failing arrow marked and the cause beside it, and listed on the connection's page", async () => {
    const id = await refusedSignature();
    const browser = newBrowser();
    const connection = await browser.open(`${house.url}/connections/${one.id}`);
    expect(connection.text).toContain("Calls that failed");
    const page = await browser.open(`${house.url}/calls/${id}`);
    expect(page.html).toMatch(/class="arrow bad"[\s\S]*class="cause"[\s\S]*class="worse"/);
    expect(page.html).toMatch(/aria-label="Sequence of the call\.[^"]*it stopped here[^"]*Cause: /);
    expect(page.text).toContain("GET /rest/api/2/issue/{id}");
    expect(page.text).toContain("signature_invalid");
    expect(page.text).toContain("Jira refused the signature.");
    expect(page.text).not.toContain("For operators");
  });

  it("tells operators what was signed on both sides, tokens masked, and keeps that sealed", async () => {
    const id = await refusedSignature();
    const { evidence } = await house.recorder.getForOperator(id);
    const { ours, theirs } = evidence.exchanges!["2"]!;
    expect(ours).toContain(encodeURIComponent(encodeURIComponent("fields=").slice(0, 6)));
    expect(ours).toContain("oauth_token%3D%2A%2A%2A");
    expect(theirs).toContain(encodeURIComponent("https://other.example"));
    const row = await house.hall.store.calls.getForOperator(id);
    expect(row?.sealed_evidence).toMatch(/^lkv1\./);
    expect(JSON.stringify({ ...row, sealed_evidence: "" })).not.toContain("GET%26");
    const page = await admin.open(`${house.url}/admin/calls/${id}`);
    expect(page.text).toContain("As Jira worked it out");
    expect((await admin.open(`${house.url}/admin/records`)).html).toContain(`/admin/calls/${id}`);
  });

  it("shows no secret and no value of the caller in any form of output", async () => {
    const id = await refusedSignature();
    const tokens = await house.hall.vault.reveal("local", one.id);
    if (tokens.kind !== "oauth1") throw new Error(tokens.kind);
    const sent = [tokens.oauth_token.reveal(), tokens.oauth_token_secret.reveal(), key];
    const files = await readdir(house.hall.folder);
    const owners = await Promise.all([
      ...[`/calls/${id}`, "/calls", `/connections/${one.id}`].map(
        async (path) => (await newBrowser().open(house.url + path)).html,
      ),
      api(`/calls/${id}`).then((json) => JSON.stringify(json)),
      ...files.map((name) => readFile(join(house.hall.folder, name), "latin1")),
    ]);
    const operators = await Promise.all(
      ["", ".json", ".har"].map(
        async (form) => (await admin.open(`${house.url}/admin/calls/${id}${form}`)).html,
      ),
    );
    const trace = traceLines({ steps: (await house.recorder.get("local", id)).steps }).join("\n");
    expect(operators.every((text) => text.includes("oauth_token"))).toBe(true);
    for (const [outputs, secrets] of [
      [
        [...owners, trace],
        [...sent, CANARY],
      ],
      [operators, sent],
    ] as const) {
      for (const secret of secrets) {
        for (const form of formsOf(secret)) {
          for (const output of outputs) expect(output.includes(form), form.slice(0, 8)).toBe(false);
        }
      }
    }
  });

  it("is an archive that tools of HAR 1.2 read, and that nobody but operators gets", async () => {
    const id = await refusedSignature();
    const page = await admin.open(`${house.url}/admin/calls/${id}.har`);
    const har = JSON.parse(page.html) as { log: { entries: { request: object; _base_string?: string }[] } };
    expect(faultsOfHar(har)).toEqual([]);
    expect(har.log.entries).toHaveLength(1);
    expect(har.log.entries[0]).toMatchObject({
      request: { method: "GET", headers: [{ name: "authorization" }] },
      response: { status: 401 },
      _signature: "refused",
    });
    expect(page.headers["content-disposition"]).toContain(".har");
    for (const path of [`/admin/calls/${id}.har`, `/admin/calls/${id}`, "/admin/records"]) {
      expect((await newBrowser().open(house.url + path)).status).toBe(404);
    }
    expect(faultsOfHar({ log: { version: "1.2", entries: [{}] } }).length).toBeGreaterThan(5);
  });

  it("is the last trouble of its owner, and nobody else's", async () => {
    const id = await refusedSignature();
    const trouble = await house.recorder.latestTrouble("local", true);
    expect(trouble).toMatchObject({ kind: "call", id, jira_word: "signature_invalid", status: 401 });
    expect(trouble?.base_strings?.theirs).toContain("other.example");
    expect((await house.recorder.latestTrouble("local"))?.base_strings).toBeUndefined();
    expect(await house.recorder.latestTrouble("bob")).toBeUndefined();
    await expect(house.recorder.get("bob", id)).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("a call that is sent again", () => {
  it("is recorded with every try, the waits between them, and Jira's words for operators alone", async () => {
    const body = JSON.stringify({ errorMessages: ["the index is being rebuilt"] });
    house.hall.sandbox.control.faults([
      { match: { path: "*/myself" }, status: 503, body, headers: { "content-type": "application/json" } },
    ]);
    const browser = newBrowser();
    const page = await browser.open(`${house.url}/connections/${cloud.id}`);
    await browser.submit(page, { button: "Test now" });
    await house.recorder.flush();
    const [call] = await house.recorder.list("local");
    expect(call).toMatchObject({ error_code: "jira_failed", status: 503, tries: 4 });
    expect(call?.handle_id).toBeUndefined();
    expect(call?.steps.filter(({ wait_ms }) => wait_ms !== undefined)).toHaveLength(3);
    const shown = await browser.open(`${house.url}/calls/${call!.id}`);
    expect(shown.text).toContain("The call failed after 4 tries");
    expect(shown.text).not.toContain("the index is being rebuilt");
    const operators = await admin.open(`${house.url}/admin/calls/${call!.id}`);
    expect(operators.text).toContain("the index is being rebuilt");
    const lines = traceLines({
      steps: call!.steps,
      stopped_at: stoppedAt(call!.steps),
      cause: "Jira failed.",
    });
    expect(lines.filter((line) => line.includes("here it stopped: Jira failed."))).toHaveLength(1);
    expect(lines.filter((line) => line.includes("503 after"))).toHaveLength(4);
  });

  it("leaves nothing where it went well in the end, or at once", async () => {
    house.hall.sandbox.control.faults([{ match: { path: "*/myself", times: 2 }, status: 503, body: "" }]);
    const browser = newBrowser();
    await browser.submit(await browser.open(`${house.url}/connections/${cloud.id}`), { button: "Test now" });
    expect((await ask(cloud.id, "/rest/api/3/myself")).status).toBe(200);
    await house.recorder.flush();
    expect(await house.recorder.list("local")).toEqual([]);
  });
});

describe("a storm", () => {
  it("is kept as its beginning, and counted; another kind of failure still finds room", async () => {
    const alike = { match: { path: "*/issue/*" }, status: 500, body: CANARY };
    house.hall.sandbox.control.faults([alike]);
    for (let n = 0; n < 12; n++) await ask(cloud.id, `/rest/api/3/issue/JJ-${n}`);
    house.hall.sandbox.control.clearFaults();
    house.hall.sandbox.control.faults([{ match: { path: "*/issue/*" }, status: 409, body: "{}" }]);
    await ask(cloud.id, "/rest/api/3/issue/JJ-2", { method: "POST", body: CANARY });
    await house.recorder.flush();
    const { calls } = await api(`/calls?connection_id=${cloud.id}`);
    const failed = calls.filter(({ error_code }) => error_code === "jira_failed");
    // One of the kind may have been kept by the test before.
    expect(failed.length).toBeLessThanOrEqual(5);
    expect(failed.length + failed.reduce((sum, { missed }) => sum + missed, 0)).toBe(12);
    expect(calls.filter(({ error_code }) => error_code === "jira_conflict")).toHaveLength(1);
    expect(
      JSON.stringify(await house.hall.store.kysely.selectFrom("calls").selectAll().execute()),
    ).not.toContain("canary");
  });

  it("holds no more than its bounds whatever comes, and gives up what the database does not take", async () => {
    const limits = { alike: 3, all: 10, all_every_ms: 1e9, pending: 4, flush_ms: 1e9 };
    const recorder = createRecorder({ ...house.hall, random: randomBytes, limits });
    const call = {
      ...{ method: "GET", url: `${cloud.site.api_base_url}/rest/api/3/x`, began_at: 1, tries: [] },
      ...{ api_base_url: cloud.site.api_base_url, error_code: "jira_failed" as const },
    };
    for (let n = 0; n < 100; n++) {
      const connection = { ...cloud, id: `con_${n % 20}` };
      recorder.failed({ connection }, call);
    }
    await recorder.close();
    const rows = await house.hall.store.calls.listForOperator();
    expect(rows.map(({ error_code }) => error_code)).toEqual(Array(4).fill("jira_failed"));
  });
});

describe("a dance of OAuth 1.0a", () => {
  it("keeps its parameters masked, what became of each signature, and what was signed for operators", async () => {
    const dance = (await house.connect.dances.list("local", 50)).find(
      ({ registration_id }) => registration_id === IDS["datacenter-oauth1"],
    )!;
    const signed = dance.steps.filter(({ oauth1 }) => oauth1);
    expect(signed.length).toBeGreaterThanOrEqual(2);
    for (const { oauth1 } of signed) {
      expect(oauth1?.signature).toBe("accepted");
      expect(oauth1?.parameters).toMatchObject({
        oauth_signature: "***",
        oauth_signature_method: "RSA-SHA1",
      });
      expect(["***", undefined]).toContain(oauth1?.parameters.oauth_verifier);
    }
    const own = await newBrowser().open(`${house.url}/dances/${dance.id}`);
    expect(own.text).toContain("Jira accepted the signature.");
    expect(own.text).not.toContain("What was signed");
    const page = await admin.open(`${house.url}/admin/dances/${dance.id}`);
    expect(page.text).toContain("What was signed in step");
    const har = JSON.parse((await admin.open(`${house.url}/admin/dances/${dance.id}.har`)).html) as unknown;
    expect(faultsOfHar(har)).toEqual([]);
    const shown = await fetch(`${house.url}/api/v1/dances/${dance.id}`, { headers: authorization() });
    expect(JSON.stringify(await shown.json())).not.toContain("GET&");
  });
});
