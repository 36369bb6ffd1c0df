/** Endpoints over the API, for their owner; and on the admin page, for the operator. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createWebhooks, type Webhooks } from "../../src/events/index.ts";
import { publish } from "../../src/vault/index.ts";
import { createBrowser } from "../connect/browser.ts";
import { type House, openHouse } from "./house.ts";

// biome-ignore lint/suspicious/noExplicitAny: JSON is read by path here, and a wrong path fails the test.
type Json = any;
const random = (bytes: number) => new Uint8Array(randomBytes(bytes));

let house: House;
let webhooks: Webhooks;
let key: string;
let foreign: string;

beforeAll(async () => {
  house = await openHouse({ flavors: ["cloud"] });
  webhooks = createWebhooks({ ...house.hall, random });
  const made = (owner: string) =>
    house.handles.create({ owner, name: "b", connection_ids: [], limits: { api: "manage" } });
  key = (await made("local")).key.reveal();
  foreign = (await made("tenant-2")).key.reveal();
});
afterAll(() => house.close());

async function api(method: string, path: string, body?: unknown, bearer = key) {
  const answer = await fetch(`${house.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${bearer}`, ...(body ? { "content-type": "application/json" } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: answer.status, json: (await answer.json()) as Json };
}

const tell = () =>
  house.hall.store.transaction((tx) =>
    publish(tx, random, { owner: "local", type: "connection.dead", at: house.hall.now(), data: {} }),
  );

it("an owner adds, lists, rotates and removes its own endpoints, and sees what was sent to them", async () => {
  const body = { url: "https://app.example.com/hooks", types: ["connection.dead"], description: "ideas" };
  const { status, json: made } = await api("POST", "/webhook-endpoints", body);
  expect({ status, secret: made.secret }).toEqual({
    status: 201,
    secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
  });
  const { json: listed } = await api("GET", "/webhook-endpoints");
  expect(listed.webhook_endpoints).toMatchObject([{ id: made.id, ...body, state: "active" }]);
  expect(JSON.stringify(listed)).not.toContain("whsec_");
  await tell();
  const { json: sent } = await api("GET", `/webhook-deliveries?endpoint_id=${made.id}&state=waiting`);
  expect(sent.webhook_deliveries).toMatchObject([{ type: "connection.dead", attempts: 0, state: "waiting" }]);
  const again = `/webhook-deliveries/${sent.webhook_deliveries[0].id}/redeliver`;
  expect((await api("POST", again)).status).toBe(400);
  for (const [method, path] of [
    ["POST", `/webhook-endpoints/${made.id}/rotate`],
    ["POST", `/webhook-endpoints/${made.id}/enable`],
    ["DELETE", `/webhook-endpoints/${made.id}`],
    ["GET", `/webhook-deliveries?endpoint_id=${made.id}`],
    ["POST", again],
  ] as const) {
    expect((await api(method, path, undefined, foreign)).status, path).toBe(404);
  }
  expect((await api("POST", `/webhook-endpoints/${made.id}/rotate`)).json.secret).not.toBe(made.secret);
  expect((await api("DELETE", `/webhook-endpoints/${made.id}`)).json).toEqual({ id: made.id, removed: true });
  expect((await api("GET", "/webhook-deliveries")).json).toEqual({ webhook_deliveries: [] });
});

it.each([
  ["http", { url: "http://app.example.com/" }, 400],
  ["an address of this machine", { url: "https://127.0.0.1/" }, 403],
  ["no address", {}, 400],
  ["a type that there is not", { url: "https://app.example.com/", types: ["x.y"] }, 400],
])("no endpoint is added over the API with %s", async (_what, body, wanted) => {
  expect((await api("POST", "/webhook-endpoints", body)).status).toBe(wanted);
});

it("the operator sees every endpoint on the admin page, and sends a dead letter again by a button there", async () => {
  const { endpoint } = await webhooks.add({ url: `http://127.0.0.1:9/hooks`, allowance: true });
  await tell();
  await house.hall.store.outbox.giveUpForOperator(endpoint.id, "connection_refused", house.hall.now());
  const [dead] = await webhooks.deliveries(undefined, { state: "dead" });
  const browser = createBrowser();
  const path = `/admin/deliveries/${dead!.id}/redeliver`;
  expect((await browser.open(`${house.url}/admin`)).status).toBe(403);
  const entered = await browser.submit(await browser.open(await house.gateway.adminAddress()));
  expect(entered.text).toContain("127.0.0.1:9/hooks");
  expect(entered.text).toContain("connection_refused");
  const cookie = browser.jar.header({ url: new URL(house.url), method: "POST", crossSite: false }) ?? "";
  const foreignForm = { method: "POST", headers: { cookie, origin: "https://evil.example" } };
  expect((await fetch(`${house.url}${path}`, foreignForm)).status).toBe(403);
  expect(await webhooks.deliveries(undefined, { state: "dead" })).toHaveLength(1);
  const after = await browser.submit(entered, { form: path });
  expect(after.text).toContain("on its way again");
  expect(await webhooks.deliveries(undefined, { state: "waiting" })).toMatchObject([{ id: dead!.id }]);
  const ask = await browser.open(`${house.url}/admin/webhooks/${endpoint.id}/remove`);
  expect((await browser.submit(ask, { form: "/remove" })).text).toContain("is removed");
  expect(await webhooks.list(undefined)).toEqual([]);
});

it("the numbers tell how much waits, since when, and what was given up", async () => {
  await webhooks.add({ url: "http://127.0.0.1:9/hooks", allowance: true });
  await tell();
  house.hall.clock.ahead_ms += 90_000;
  const text = await (await fetch(`${house.url}/metrics`)).text();
  expect(text).toContain('latchkey_outbox_deliveries{state="waiting"} 1');
  expect(text).toContain('latchkey_outbox_deliveries{state="dead"} 0');
  expect(Number(/^latchkey_outbox_oldest_seconds (.+)$/m.exec(text)?.[1])).toBeGreaterThanOrEqual(90);
});
