import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDoctor, type Doctor } from "../../src/doctor/index.ts";
import type { GatewayParts } from "../../src/gateway/index.ts";
import { createRecorder } from "../../src/recorder/index.ts";
import type { Browser } from "../connect/browser.ts";
import { type House, newBrowser, openHouse, walk } from "../gateway/house.ts";

let house: House;
let browser: Browser;
let connection_id: string;
let key: string;

beforeAll(async () => {
  // The doctor stands on the house's own parts, which are there once it is open.
  const later: { doctor?: Doctor } = {};
  const doctor: Doctor = {
    examine: (target) => later.doctor!.examine(target),
    last: (owner, operator) => later.doctor!.last(owner, operator),
    explain: (seen) => later.doctor!.explain(seen),
  };
  const parts: Partial<GatewayParts> = { doctor };
  house = await openHouse({ parts });
  const { hall, connect } = house;
  const recorder = createRecorder({ ...hall, random: randomBytes });
  later.doctor = createDoctor({
    ...hall,
    random: randomBytes,
    check: (registration_id) => connect.check({ registration_id }),
    discover: connect.discover,
    latest: recorder.latestTrouble,
    callbackUrl: (id) => `${house.url}/callback/${id}`,
  });
  browser = newBrowser();
  await walk(house, browser, "datacenter-oauth1");
  connection_id = (await hall.vault.connections.list("local"))[0]!.id;
  const limits = { methods: [], path_prefixes: [], policy: "raw", api: "manage" } as const;
  const made = await house.handles.create({ owner: "local", name: "doctor", connection_ids: [], limits });
  key = made.key.reveal();
});
afterAll(() => house.close());

function api(body: unknown): Promise<Response> {
  return fetch(`${house.url}/api/v1/doctor`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

const PROXY = {
  match: { path: "/jira/plugins/servlet/oauth/request-token" },
  rewrite_url: "https://10.0.0.5:8443",
};

describe("the pages", () => {
  it("look at a connection when asked to, and not before", async () => {
    const before = house.hall.sandbox.control.requests().length;
    const page = await browser.open(`${house.url}/connections/${connection_id}/doctor`);
    expect(page.status).toBe(200);
    expect(house.hall.sandbox.control.requests()).toHaveLength(before);
    const done = await browser.submit(page, { button: "Look now" });
    expect(done.title).toContain("Doctor");
    expect(done.text).toContain("Nothing is wrong");
  });

  it("mark the line that fails, with what to do next, and keep what was signed to operators", async () => {
    house.hall.sandbox.control.faults(PROXY);
    const page = await browser.open(`${house.url}/connections/${connection_id}/doctor`);
    const done = await browser.submit(page, { button: "Look now" });
    house.hall.sandbox.control.clearFaults();
    expect(done.text).toContain("A proxy before Jira changes the address");
    expect(done.html).toMatch(/<li class="bad"><p><strong>Base URL and proxy/);
    expect(done.text).toContain("proxyPort=");
    expect(done.text).not.toContain("10.0.0.5");
    expect(done.text).not.toContain("oauth_consumer_key");
  });

  it("show operators both base strings with the difference marked", async () => {
    const admin = newBrowser();
    await admin.submit(await admin.open(await house.gateway.adminAddress()), {
      button: "Open the admin page",
    });
    house.hall.sandbox.control.faults(PROXY);
    const page = await admin.open(`${house.url}/connections/${connection_id}/doctor`);
    const entered = await admin.submit(page, { button: "Look now" });
    house.hall.sandbox.control.clearFaults();
    expect(entered.html).toContain("<mark>");
    expect(entered.text).toContain("10.0.0.5");
  });

  it("explain pasted words without a word of them becoming markup", async () => {
    const page = await browser.open(`${house.url}/doctor`);
    const text = "oauth_problem=nonce_used <script>alert(1)</script>";
    const done = await browser.submit(page, { form: 1, fields: { text } });
    expect(done.text).toContain("Something repeats signed requests");
    expect(done.html).not.toContain("<script>alert");
  });

  it("say that an address is private to somebody who is no operator", async () => {
    const page = await browser.open(`${house.url}/doctor`);
    const done = await browser.submit(page, { form: 0, fields: { site: "http://127.0.0.9/jira" } });
    expect(done.text).toContain("The address is private");
  });

  it("know no connection of others", async () => {
    expect((await browser.open(`${house.url}/connections/con_nobody/doctor`)).status).toBe(404);
  });
});

describe("the API", () => {
  it("says that nothing is wrong, step by step", async () => {
    const answer = await api({ connection_id });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      outcome: "healthy",
      connection_id,
      flavor: "datacenter-oauth1",
    });
  });

  it("names the cause without what is the operator's", async () => {
    house.hall.sandbox.control.faults(PROXY);
    const text = await (await api({ connection_id })).text();
    house.hall.sandbox.control.clearFaults();
    expect(JSON.parse(text)).toMatchObject({
      outcome: "found",
      cause: { code: "signature_invalid", row: "dc-1" },
    });
    expect(text).not.toContain("base_strings");
    expect(text).not.toContain("10.0.0.5");
  });

  it.each([{}, { site: "x", text: "y" }, { other: 1 }])("refuses %j", async (body) => {
    expect((await api(body)).status).toBe(400);
  });

  it("explains what was said", async () => {
    const found = await (await api({ text: "Callback URL mismatch.", flavor: "cloud" })).json();
    expect(found).toMatchObject({ outcome: "found", cause: { row: "cloud-4" } });
  });
});
