/** Events on their way to endpoints: written with what they tell of, sent until taken, and verified by others' code. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Webhook } from "standardwebhooks";
import { describe, expect, it, onTestFinished } from "vitest";
import { RETRY_AFTER_MS } from "../../src/events/index.ts";
import { createPulse, outbox } from "../../src/jobs/outbox.ts";
import { openStore } from "../../src/store/index.ts";
import { createTransport } from "../../src/transport.ts";
import { publish } from "../../src/vault/index.ts";
import { newPlace } from "../vault/stores.ts";
import { connected, HOUR, makeWorld, random, START } from "../vault/world.ts";
import { log, runAsJob, runDue, stage, tell, typesOf, webhooksOver } from "./post.ts";
import { type Receiver, startReceiver } from "./receiver.ts";

const MINUTE = 60_000;

describe("an event", () => {
  it("is told with a signature that the standard's own library takes, and with nobody in it but ids", async () => {
    const { world, receiver, secret, run } = await stage();
    const connection = await connected(world);
    await world.vault.families.kill("alice", connection.family_id, {
      cause: "invalid_grant",
      evidence: { said: "something" },
      at: world.clock.now,
      next_step: "Reconnect.",
    });
    await world.vault.connections.remove("alice", connection.id);
    await run();
    expect(typesOf(receiver).sort()).toEqual(["connection.created", "connection.dead", "connection.removed"]);
    for (const { body, headers } of receiver.received) {
      const sent_at = Number(headers["webhook-timestamp"]) * 1000;
      expect(sent_at).toBe(START);
      const witness = new Webhook(secret.reveal());
      const now = Math.floor(Date.now() / 1000);
      const id = String(headers["webhook-id"]);
      // The library holds the time against its own clock, so it is shown the same signature of the present.
      const signature = witness.sign(id, new Date(sent_at), body);
      expect(headers["webhook-signature"]).toBe(signature);
      const fresh = { "webhook-id": id, "webhook-timestamp": String(now) };
      const signed = { ...fresh, "webhook-signature": witness.sign(id, new Date(now * 1000), body) };
      expect(witness.verify(body, signed)).toEqual(JSON.parse(body));
      expect(body).not.toMatch(/Alana|fam_|token|something/);
    }
    const dead = receiver.received.find(({ body }) => body.includes("connection.dead"));
    expect(JSON.parse(dead!.body)).toEqual({
      type: "connection.dead",
      timestamp: new Date(START).toISOString(),
      data: {
        ...{ owner: "alice", connection_id: connection.id, account_id: "acc-1" },
        ...{ cause: "invalid_grant", next_step: "Reconnect." },
      },
    });
  });

  it("is verified as it came, within the library's own time", async () => {
    const { world, receiver, secret, run } = await stage();
    world.clock.now = Date.now();
    await tell(world);
    await run();
    const [{ body, headers }] = receiver.received as [Receiver["received"][number]];
    const witness = new Webhook(secret.reveal());
    expect(witness.verify(body, headers as Record<string, string>)).toMatchObject({
      type: "connection.dead",
    });
    expect(() => witness.verify(`${body} `, headers as Record<string, string>)).toThrow(/signature/);
  });

  it("reaches the endpoints of its owner and the operator's, by type, and nobody else's", async () => {
    const { world, receiver, webhooks, run } = await stage({ types: ["connection.dead"] });
    const [own, other] = [await startReceiver(), await startReceiver()];
    await webhooks.add({ owner: "alice", url: own.url, allowance: true });
    await webhooks.add({ owner: "bob", url: other.url, allowance: true });
    await tell(world, "connection.dead");
    await tell(world, "connection.expiring");
    await run();
    expect(typesOf(receiver)).toEqual(["connection.dead"]);
    expect(typesOf(own).sort()).toEqual(["connection.dead", "connection.expiring"]);
    expect(other.received).toEqual([]);
    expect(own.received.map(({ headers }) => headers["webhook-id"])).toContain(
      receiver.received[0]!.headers["webhook-id"],
    );
  });

  it("is not told where its change was taken back", async () => {
    const { world, receiver, run } = await stage();
    const broken = world.store.transaction(async (tx) => {
      await publish(tx, random, { owner: "alice", type: "connection.dead", at: START, data: {} });
      throw new Error("the change fails after all");
    });
    await expect(broken).rejects.toThrow("after all");
    await run();
    expect(receiver.received).toEqual([]);
  });

  it("outlives a process that is killed between its commit and the first attempt", async () => {
    const place = await newPlace();
    const receiver = await startReceiver();
    const world = await makeWorld();
    const store = await openStore({ url: place.url, now: Date.now });
    onTestFinished(() => store.close());
    world.clock.now = Date.now();
    const webhooks = webhooksOver(world, store, world.vault);
    await webhooks.add({ url: receiver.url, allowance: true });
    const script = fileURLToPath(new URL("./outbox-killed.ts", import.meta.url));
    const child = spawn(process.execPath, [script, place.url], { stdio: "ignore" });
    expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
    world.clock.now = Date.now();
    await runDue(webhooks);
    expect(typesOf(receiver)).toEqual(["connection.removed"]);
  });
});

describe("an attempt", () => {
  it("is made by one of several processes", async () => {
    const { world, receiver, webhooks } = await stage();
    const second = await world.another();
    const other = webhooksOver(world, second.store, second.vault);
    for (let n = 0; n < 20; n++) await tell(world, "connection.dead", { n });
    await Promise.all([runAsJob(webhooks), runAsJob(other)]);
    const ids = receiver.received.map(({ headers }) => headers["webhook-id"]);
    expect(ids).toHaveLength(20);
    expect(new Set(ids).size).toBe(20);
    expect((await webhooks.deliveries(undefined)).every(({ state }) => state === "done")).toBe(true);
  });

  it("that was cut off is made again once its lease is over, under the same id", async () => {
    const { world, receiver, run } = await stage();
    await tell(world);
    const [due] = await world.store.outbox.dueForOperator(world.clock.now, 1);
    await world.store.outbox.claimForOperator(due!.id, world.clock.now, world.clock.now + MINUTE);
    await run();
    expect(receiver.received).toEqual([]);
    world.clock.now += MINUTE;
    await run();
    expect(receiver.received).toHaveLength(1);
  });

  it("that fails is made again by the schedule, with a signature of its time, and in the end becomes a dead letter", async () => {
    const { world, receiver, webhooks, run } = await stage();
    receiver.answers.push(...Array.from({ length: 10 }, () => ({ status: 500 })));
    await tell(world);
    await run();
    for (const [n, delay] of RETRY_AFTER_MS.entries()) {
      const [waiting] = await webhooks.deliveries(undefined, { state: "waiting" });
      expect(waiting).toMatchObject({ attempts: n + 1, last_status: 500, last_error: "not_taken" });
      const wait = waiting!.due_at - world.clock.now;
      expect(wait).toBeGreaterThanOrEqual(delay * 0.89);
      expect(wait).toBeLessThanOrEqual(delay * 1.11);
      world.clock.now = waiting!.due_at - 1;
      await run();
      expect(receiver.received).toHaveLength(n + 1);
      // A short delay may end while its endpoint is still left alone.
      world.clock.now += 5 * MINUTE + 1;
      await run();
      expect(receiver.received).toHaveLength(n + 2);
    }
    const [dead] = await webhooks.deliveries(undefined, { state: "dead" });
    expect(dead).toMatchObject({ attempts: 10, ended_at: world.clock.now });
    expect(world.clock.now - START).toBeGreaterThan(68 * HOUR);
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    expect(new Set(receiver.received.map(({ headers }) => headers["webhook-timestamp"])).size).toBe(10);

    await webhooks.redeliver(undefined, dead!.id);
    await run();
    expect(await webhooks.deliveries(undefined, { state: "done" })).toMatchObject([{ id: dead!.id }]);
  });

  it.each([
    ["seconds", () => "7200"],
    ["a date", (at: number) => new Date(at + 2 * HOUR).toUTCString()],
  ])("waits as long as Retry-After says in %s", async (_what, header) => {
    const { world, receiver, webhooks, run } = await stage();
    receiver.answers.push({ status: 429, headers: { "retry-after": header(world.clock.now) } });
    await tell(world);
    await run();
    const [waiting] = await webhooks.deliveries(undefined);
    expect(waiting?.due_at).toBe(START + 2 * HOUR);
    await tell(world);
    world.clock.now += HOUR;
    await run();
    expect(receiver.received).toHaveLength(1);
    world.clock.now += HOUR;
    await run();
    expect(receiver.received).toHaveLength(3);
  });

  it("follows no redirect", async () => {
    const { world, receiver, webhooks, run } = await stage();
    const other = await startReceiver();
    receiver.answers.push({ status: 307, headers: { location: other.url } });
    await tell(world);
    await run();
    expect(other.received).toEqual([]);
    expect((await webhooks.deliveries(undefined))[0]).toMatchObject({ state: "waiting", last_status: 307 });
  });

  it("is left alone with an endpoint in trouble, while others are told", async () => {
    const { world, receiver, webhooks, run } = await stage();
    const well = await startReceiver();
    await webhooks.add({ url: well.url, allowance: true });
    receiver.answers.push(...Array.from({ length: 5 }, () => ({ status: 503 })));
    for (let n = 0; n < 5; n++) await tell(world);
    await run();
    expect(receiver.received).toHaveLength(1);
    expect(well.received).toHaveLength(5);
  });
});

describe("an endpoint", () => {
  it("that is gone is disabled, and hears again once it is enabled", async () => {
    const { world, receiver, webhooks, endpoint, run } = await stage();
    receiver.answers.push({ status: 410 });
    await tell(world);
    await tell(world);
    await run();
    expect(await webhooks.list(undefined)).toMatchObject([
      { state: "disabled", disabled: { code: "endpoint_gone" } },
    ]);
    const dead = await webhooks.deliveries(undefined, { state: "dead" });
    expect(dead).toHaveLength(2);
    await tell(world);
    expect(await webhooks.deliveries(undefined)).toHaveLength(2);
    await expect(webhooks.redeliver(undefined, dead[0]!.id)).rejects.toMatchObject({ code: "bad_request" });
    await webhooks.enable(undefined, endpoint.id);
    await webhooks.redeliver(undefined, dead[0]!.id);
    await run();
    expect(receiver.received).toHaveLength(2);
  });

  it("is signed with two secrets for a day after the first was replaced", async () => {
    const { world, receiver, webhooks, endpoint, secret, run } = await stage();
    const next = await webhooks.rotate(undefined, endpoint.id);
    expect(next.secret.reveal()).not.toBe(secret.reveal());
    world.clock.now = Date.now();
    const first = await webhooks.rotate(undefined, endpoint.id);
    await tell(world);
    await run();
    const { body, headers } = receiver.received[0]!;
    for (const one of [next.secret, first.secret]) {
      expect(() => new Webhook(one.reveal()).verify(body, headers as Record<string, string>)).not.toThrow();
    }
    expect(String(headers["webhook-signature"]).split(" ")).toHaveLength(2);
    world.clock.now += 25 * HOUR;
    await tell(world);
    await run();
    expect(String(receiver.received[1]!.headers["webhook-signature"]).split(" ")).toHaveLength(1);
  });

  it("keeps its secret sealed, and shows it once", async () => {
    const { world, webhooks, secret } = await stage();
    const [row] = await world.store.endpoints.listForOperator();
    expect(JSON.stringify([row, await webhooks.list(undefined)])).not.toContain(secret.reveal().slice(6));
  });

  it("of an owner is public and https; what resolves to a private address is not dialled", async () => {
    const { world, receiver, webhooks, run } = await stage({ types: ["site.moved"] });
    const owner = "alice";
    for (const url of [
      "https://127.0.0.1/hooks",
      "https://[::1]/hooks",
      "https://localhost/",
      "https://10.0.0.1/",
    ]) {
      await expect(webhooks.add({ owner, url }), url).rejects.toMatchObject({ code: "egress_refused" });
    }
    for (const url of ["http://app.example/hooks", "https://u:p@app.example/", "ftp://app.example/"]) {
      await expect(webhooks.add({ owner, url }), url).rejects.toMatchObject({ code: "bad_request" });
    }
    await expect(webhooks.add({ owner, url: "https://app.example/", types: ["x"] })).rejects.toMatchObject({
      details: { field: "types" },
    });
    const named = receiver.url.replace("http://127.0.0.1", "https://app.example");
    const made = await webhooks.add({ owner, url: named });
    const inward = { url: receiver.url };
    await world.store.endpoints.updateForOperator(made.endpoint.id, inward);
    await tell(world);
    await run();
    expect(receiver.received).toEqual([]);
    expect(await webhooks.deliveries(owner)).toMatchObject([
      { last_error: "egress_refused", state: "waiting" },
    ]);
  });

  it("is its owner's alone", async () => {
    const { world, webhooks, endpoint, run } = await stage({ owner: "alice" });
    await tell(world);
    await run();
    const [delivery] = await webhooks.deliveries("alice");
    for (const call of [
      () => webhooks.remove("bob", endpoint.id),
      () => webhooks.rotate("bob", endpoint.id),
      () => webhooks.enable("bob", endpoint.id),
      () => webhooks.deliveries("bob", { endpoint_id: endpoint.id }),
      () => webhooks.redeliver("bob", delivery!.id),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: "not_found" });
    }
    expect(await webhooks.deliveries("bob")).toEqual([]);
    expect(await webhooks.list("bob")).toEqual([]);
    await webhooks.remove("alice", endpoint.id);
    expect(await webhooks.deliveries(undefined)).toEqual([]);
  });
});

describe("what sends them", () => {
  it("looks every few seconds by itself, and sends nothing from a copied vault", async () => {
    const { world, receiver } = await stage();
    const transport = createTransport({ allowances: () => [], log });
    onTestFinished(() => transport.close());
    const stopped = new AbortController();
    const parts = { ...world, transport, log, random, now: () => world.clock.now };
    const job = outbox(parts as unknown as Parameters<typeof outbox>[0]);
    const pulse = createPulse({ log }, job, stopped.signal, 5);
    await tell(world);
    pulse.start();
    await expect.poll(() => receiver.received.length).toBe(1);
    await world.vault.upkeep.quarantine();
    await tell(world);
    expect(await job.due(10)).toEqual([]);
    stopped.abort();
    await pulse.close();
  });
});
