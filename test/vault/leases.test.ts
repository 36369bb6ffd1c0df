import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { LatchkeyError } from "../../src/errors.ts";
import { holderName } from "../../src/vault/holder.ts";
import type { Limits, Step } from "../../src/vault/index.ts";
import { connected, HOUR, makeWorld, random, tokenOf, type World } from "./world.ts";

const SHORT: Limits = { lease_ms: 600, exchange_ms: 500 };
const YEAR = 365 * 24 * HOUR;
/** No process has this id. */
const NOBODY = 2 ** 30;

async function expired(): Promise<{ world: World; id: string; family_id: string }> {
  const world = await makeWorld();
  const { id, family_id } = await connected(world);
  world.clock.now += HOUR + 1;
  return { world, id, family_id };
}

const rowOf = async ({ store }: World, family_id: string) => (await store.families.get("alice", family_id))!;
const exchangeBegan = ({ endpoint }: World, n = 1) =>
  expect.poll(() => endpoint.exchanges.length, { interval: 5 }).toBe(n);

/** The lease is in the name of a process that is somewhere else, or of one of this machine that is not there. */
const leaseTo = async (world: World, family_id: string, whose: "elsewhere" | "nobody") => {
  const name = holderName(random);
  const lease_owner =
    whose === "nobody" ? name.replace(/\.\d+\./, `.${NOBODY}.`) : name.replace(/^\w+/, "elsewhere");
  await world.store.families.update("alice", family_id, { lease_owner, lease_until: world.clock.now + 1 });
};

it("a renewal takes its steps in their order, and none twice", async () => {
  const { world, id } = await expired();
  const steps: Step[] = [];
  const { vault } = await world.another({ onStep: (step) => steps.push(step) });
  await vault.credentialFor("alice", id);
  expect(steps).toEqual(["claim", "intent", "check", "send", "answer", "commit"]);
});

describe("a lease", () => {
  it("of a holder elsewhere is taken over once it was watched for its length, whatever the clock says", async () => {
    const { world, id, family_id } = await expired();
    const { vault } = await world.another({ limits: SHORT });
    await leaseTo(world, family_id, "elsewhere");
    world.clock.now += YEAR;
    const began = performance.now();
    const waiting = vault.credentialFor("alice", id);
    await sleep(SHORT.lease_ms / 2);
    world.clock.now -= 2 * YEAR;
    await waiting;
    expect(performance.now() - began).toBeGreaterThanOrEqual(SHORT.lease_ms);
    expect(world.endpoint.exchanges).toHaveLength(1);
    expect(await rowOf(world, family_id)).toMatchObject({ generation: 2, fence: 1 });
  });

  it("of a process of this machine that is gone is taken over at once", async () => {
    const { world, id, family_id } = await expired();
    await leaseTo(world, family_id, "nobody");
    const began = performance.now();
    await world.vault.credentialFor("alice", id);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(world.endpoint.exchanges).toHaveLength(1);
  });

  it("that is too short for the exchange by the time it comes to sending is taken anew, and nothing was sent", async () => {
    const { world, id, family_id } = await expired();
    const steps: Step[] = [];
    const { vault } = await world.another({
      limits: SHORT,
      onStep(step) {
        steps.push(step);
        // The machine slept: its monotonic clock stood still, and the other went on.
        if (step === "intent" && steps.length === 2) world.clock.now += 10_000;
      },
    });
    await vault.credentialFor("alice", id);
    expect(steps).toEqual([
      ...["claim", "intent", "release"],
      ...["claim", "intent", "check", "send", "answer", "commit"],
    ]);
    expect(await rowOf(world, family_id)).toMatchObject({ generation: 2, fence: 2, intent: null });
  });
});

describe("while another process renews", () => {
  it("a token that has not expired is served at once", async () => {
    const world = await makeWorld();
    const { id } = await connected(world);
    const { vault } = await world.another();
    const before = world.endpoint.current().access_token;
    world.clock.now += HOUR - 30_000;
    world.endpoint.delay_ms = 1_000;
    const renewing = world.vault.credentialFor("alice", id);
    await exchangeBegan(world);
    const began = performance.now();
    expect(tokenOf(await vault.credentialFor("alice", id))).toBe(before);
    expect(performance.now() - began).toBeLessThan(500);
    expect(tokenOf(await renewing)).toBe(world.endpoint.current().access_token);
    await vault.close();
    expect(world.endpoint.exchanges).toHaveLength(1);
  });

  it("and fails, those who waited leave the endpoint alone and are told the same", async () => {
    const { world, id } = await expired();
    const { vault } = await world.another();
    world.endpoint.delay_ms = 300;
    world.endpoint.faults.push({ status: 503, body: {}, headers: { "retry-after": "60" } });
    const first = world.vault.credentialFor("alice", id);
    await exchangeBegan(world);
    const outcomes = await Promise.allSettled([first, vault.credentialFor("alice", id)]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "temporarily_unavailable" } });
    }
    expect(world.endpoint.exchanges).toHaveLength(1);
  });

  it("and finds the client refused, those who waited do not ask again", async () => {
    const { world, id } = await expired();
    const { vault } = await world.another();
    world.endpoint.delay_ms = 300;
    world.endpoint.client_secret = "changed";
    const first = world.vault.credentialFor("alice", id);
    await exchangeBegan(world);
    const outcomes = await Promise.allSettled([first, vault.credentialFor("alice", id)]);
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "registration_suspended" } });
    }
    expect(world.endpoint.exchanges).toHaveLength(1);
  });
});

it("a cool-down ends when the clock is set back, which would have made it endless", async () => {
  const { world, id } = await expired();
  world.clock.now += YEAR / 12;
  world.endpoint.faults.push({ status: 503, body: {} });
  await expect(world.vault.credentialFor("alice", id)).rejects.toBeInstanceOf(LatchkeyError);
  world.clock.now -= YEAR / 24;
  await world.vault.credentialFor("alice", id);
  expect(world.endpoint.exchanges).toHaveLength(2);
});

describe("a pair that comes too late", () => {
  /** The first process has sent, and is taken for gone; the second comes after it. */
  const overtaken = async (change: (world: World) => void) => {
    const { world, id, family_id } = await expired();
    const { vault } = await world.another();
    world.endpoint.delay_ms = 500;
    const late = world.vault.credentialFor("alice", id);
    await exchangeBegan(world);
    await leaseTo(world, family_id, "nobody");
    change(world);
    return { world, family_id, late, next: vault.credentialFor("alice", id) };
  };

  it("follows the pair that was spent, and is adopted without another exchange where nobody was faster", async () => {
    const { world, late, next, family_id } = await overtaken(({ endpoint }) => {
      endpoint.delay_ms = 0;
      endpoint.faults.push({ status: 503, body: {} });
    });
    await expect(next).rejects.toMatchObject({ code: "temporarily_unavailable" });
    expect(tokenOf(await late)).toBe(world.endpoint.current().access_token);
    expect(await rowOf(world, family_id)).toMatchObject({ state: "active", generation: 2, parked: null });
    expect(world.endpoint.exchanges).toHaveLength(2);
  });

  it("brings a family back that was given up because the token had been spent", async () => {
    const { world, late, next, family_id } = await overtaken(({ endpoint }) => {
      endpoint.delay_ms = 0;
      endpoint.faults.push({ status: 403, body: { error: "unauthorized_client" } });
    });
    await expect(next).rejects.toMatchObject({ code: "connection_dead" });
    expect((await rowOf(world, family_id)).state).toBe("dead");
    expect(tokenOf(await late)).toBe(world.endpoint.current().access_token);
    expect(await rowOf(world, family_id)).toMatchObject({ state: "active", dead: null, generation: 2 });
    const types = (await world.store.events.list("alice")).map(({ type }) => type);
    expect(types).toContain("connection.revived");
  });

  it("is what is handed over, where the connection was exported meanwhile", async () => {
    const world = await makeWorld();
    const { id } = await connected(world);
    world.clock.now += HOUR + 1;
    world.endpoint.delay_ms = 400;
    const late = world.vault.credentialFor("alice", id).catch(() => {});
    await exchangeBegan(world);
    await world.vault.connections.markExported("alice", id);
    const revealed = await world.vault.reveal("alice", id);
    await late;
    expect(revealed.kind === "oauth2" && revealed.refresh_token?.reveal()).toBe(
      world.endpoint.current().refresh_token,
    );
  });
});
