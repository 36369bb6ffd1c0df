import { describe, expect, it } from "vitest";
import { Secret } from "../../src/secret.ts";
import type { AttemptInput } from "../../src/vault/index.ts";
import { connected, HOUR, makeWorld, type World } from "./world.ts";

const MINUTE = 60_000;

async function begun(world: World, change: Partial<AttemptInput> = {}) {
  if (!(await world.vault.registrations.find("cloud"))) await connected(world);
  return await world.vault.attempts.begin({
    owner: "alice",
    registration_id: "cloud",
    flavor: "cloud",
    lookup: `state-${world.canary}`,
    binding: new Secret(`binding-${world.canary}`),
    secrets: { code_verifier: `verifier-${world.canary}` },
    scope: ["read:a"],
    return_to: "/here",
    expires_at: world.clock.now + 10 * MINUTE,
    ...change,
  });
}

describe("an authorization attempt", () => {
  it("is found by its state within its registration, with its secrets, and by no other state", async () => {
    const world = await makeWorld();
    const { id } = await begun(world);
    const { attempts } = world.vault;
    const found = await attempts.findByState("cloud", `state-${world.canary}`);
    expect(found).toMatchObject({ id, owner: "alice", step: "begun", return_to: "/here", scope: ["read:a"] });
    expect(found?.secrets.code_verifier?.reveal()).toBe(`verifier-${world.canary}`);
    expect(JSON.stringify(found)).not.toContain(world.canary);
    expect(await attempts.findByState("cloud", "another")).toBeUndefined();
    expect(await attempts.findByState("other", `state-${world.canary}`)).toBeUndefined();
    expect((await attempts.findByRequestToken("cloud", `state-${world.canary}`))?.id).toBe(id);
  });

  it("is bound to the browser that began it", async () => {
    const world = await makeWorld();
    const attempt = await begun(world);
    const { boundTo } = world.vault.attempts;
    expect(boundTo(attempt, new Secret(`binding-${world.canary}`))).toBe(true);
    expect(boundTo(attempt, new Secret("another browser"))).toBe(false);
    expect(boundTo(attempt, undefined)).toBe(false);
  });

  it("is taken once, by one of many in several processes", async () => {
    const world = await makeWorld();
    const { id } = await begun(world);
    const vaults = [world.vault, (await world.another()).vault];
    const taken = await Promise.all(Array.from({ length: 20 }, (_, n) => vaults[n % 2]!.attempts.take(id)));
    const won = taken.filter((attempt) => attempt !== undefined);
    expect(won).toHaveLength(1);
    expect(won[0]).toMatchObject({ step: "exchanging", used_at: world.clock.now });
    expect(won[0]?.secrets.code_verifier?.reveal()).toBe(`verifier-${world.canary}`);
  });

  it("is not taken after its end, and then gives no secret either", async () => {
    const world = await makeWorld();
    const { id } = await begun(world);
    world.clock.now += 10 * MINUTE;
    expect(await world.vault.attempts.take(id)).toBeUndefined();
    expect((await world.vault.attempts.get("alice", id)).secrets).toEqual({});
    expect(await world.vault.attempts.take("att_absent")).toBeUndefined();
  });

  it("loses its secrets when it is settled, and keeps why it failed", async () => {
    const world = await makeWorld();
    const { id } = await begun(world);
    await world.vault.attempts.take(id);
    await world.vault.attempts.settle(id, { step: "failed", error: { code: "access_denied" } });
    const settled = await world.vault.attempts.get("alice", id);
    expect(settled).toMatchObject({ step: "failed", error: { code: "access_denied" }, secrets: {} });
    expect((await world.store.attempts.get("alice", id))?.sealed_secrets).toBeNull();
    await expect(world.vault.attempts.settle("att_x", { step: "done" })).rejects.toMatchObject({
      code: "not_found",
    });
  });

  it("leaves one choice of a site, to its owner", async () => {
    const world = await makeWorld();
    const { id } = await begun(world);
    const { attempts } = world.vault;
    await attempts.take(id);
    expect(await attempts.takeChoice("alice", id)).toBeUndefined();
    await attempts.settle(id, { step: "choosing" });
    expect(await attempts.takeChoice("bob", id)).toBeUndefined();
    const chosen = await Promise.all([1, 2, 3].map(() => attempts.takeChoice("alice", id)));
    expect(chosen.filter(Boolean)).toHaveLength(1);
  });

  it("of another owner is absent", async () => {
    const world = await makeWorld();
    const { id } = await begun(world);
    await expect(world.vault.attempts.get("bob", id)).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("the sweep", () => {
  it("wipes what expired, forgets families nobody chose a site for, and removes old attempts", async () => {
    const world = await makeWorld();
    const { vault, store, clock } = world;
    const kept = await connected(world);
    const old = await begun(world);
    const choosing = await begun(world, { lookup: "second" });
    const { tokens, ...rest } = familyOf(world);
    const family = await vault.families.create({ ...rest, tokens });
    await vault.attempts.take(choosing.id);
    await vault.attempts.settle(choosing.id, { step: "choosing", family_id: family.id });
    expect(await vault.attempts.sweep()).toBe(0);
    expect((await store.attempts.get("alice", old.id))?.sealed_secrets).not.toBeNull();
    clock.now += 10 * MINUTE;
    expect(await vault.attempts.sweep()).toBe(0);
    expect((await store.attempts.get("alice", old.id))?.sealed_secrets).toBeNull();
    expect(await store.families.get("alice", family.id)).toMatchObject({ state: "forgotten" });
    clock.now += 24 * HOUR;
    expect(await vault.attempts.sweep()).toBe(2);
    expect((await vault.connections.get("alice", kept.id)).state).toBe("active");
  });

  it("forgets a family whose dance broke off before any choice, after a day", async () => {
    const world = await makeWorld();
    await connected(world);
    const family = await world.vault.families.create(familyOf(world));
    await world.vault.attempts.sweep();
    expect((await world.vault.families.get("alice", family.id)).state).toBe("active");
    world.clock.now += 24 * HOUR + 1;
    await world.vault.attempts.sweep();
    await expect(world.vault.families.get("alice", family.id)).rejects.toMatchObject({ code: "not_found" });
  });
});

function familyOf(world: World) {
  return {
    owner: "alice",
    registration_id: "cloud",
    scope_asked: [],
    tokens: {
      access_token: new Secret(`orphan-${world.canary}`),
      token_type: "Bearer",
      expires_at: world.clock.now + HOUR,
      scope: undefined,
    },
    consented_at: world.clock.now,
  };
}
