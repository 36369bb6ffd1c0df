import { describe, expect, it } from "vitest";
import { Secret } from "../../src/secret.ts";
import { connected, HOUR, makeWorld, site, tokenOf, type World } from "./world.ts";

const notFound = { code: "not_found" };
const dead = { cause: "invalid_grant", evidence: {}, at: 1, next_step: "Connect again." };

async function secondFamily(world: World, owner = "alice") {
  return await world.vault.families.create({
    owner,
    registration_id: "cloud",
    scope_asked: ["read:a"],
    tokens: {
      access_token: new Secret(`second-${world.canary}`),
      refresh_token: new Secret(`second-refresh-${world.canary}`),
      token_type: "Bearer",
      expires_at: world.clock.now + HOUR,
      scope: ["read:a"],
    },
    account: { account_id: "acc-1" },
    consented_at: world.clock.now,
  });
}

describe("a connection", () => {
  it("shows its site, its account, its dates and its state", async () => {
    const world = await makeWorld();
    const connection = await connected(world);
    expect(connection).toMatchObject({
      owner: "alice",
      state: "active",
      flavor: "cloud",
      site: site(),
      account: { account_id: "acc-1", display_name: "Alana" },
      scope_granted: ["read:a"],
      access_expires_at: world.clock.now + HOUR,
      consented_at: world.clock.now,
    });
    expect(connection.id).toMatch(/^con_[0-9A-Za-z]{22}$/);
    expect(JSON.stringify(connection)).not.toContain("canary");
  });

  it("of another owner is absent in every call of the vault", async () => {
    const world = await makeWorld();
    const { id, family_id } = await connected(world);
    const { vault } = world;
    const { token_id } = await vault.credentialFor("alice", id);
    const bobs = await secondFamily(world, "bob");
    const calls: readonly (() => Promise<unknown>)[] = [
      () => vault.connections.get("bob", id),
      () => vault.connections.create({ owner: "bob", family_id, site: site() }),
      () => vault.connections.reattach("bob", id, bobs.id),
      () => vault.connections.reattach("alice", id, bobs.id),
      () => vault.connections.activate("bob", id),
      () => vault.connections.remove("bob", id),
      () => vault.connections.markExported("bob", id),
      () => vault.credentialFor("bob", id),
      () => vault.rejected("bob", id, token_id),
      () => vault.refresh("bob", id),
      () => vault.reveal("bob", id),
      () => vault.families.get("bob", family_id),
      () => vault.families.setAccount("bob", family_id, { account_id: "x" }),
      () => vault.families.kill("bob", family_id, dead),
      () => vault.families.credential("bob", family_id),
    ];
    for (const call of calls) await expect(call(), String(call)).rejects.toMatchObject(notFound);
    await vault.families.forget("bob", family_id);
    expect(await vault.connections.list("bob")).toEqual([]);
    expect(await vault.families.list("bob")).toHaveLength(1);
    expect(await vault.connections.findBySite("bob", "cloud", "site-1", "acc-1")).toBeUndefined();
    expect((await vault.connections.get("alice", id)).state).toBe("active");
    expect(tokenOf(await vault.credentialFor("alice", id))).toBe(world.endpoint.current().access_token);
    expect(world.endpoint.exchanges).toHaveLength(0);
  });

  it("that waits to be redeemed gives no credential, and then does", async () => {
    const world = await makeWorld();
    const { family_id } = await connected(world);
    const { vault } = world;
    const { id, state } = await vault.connections.create({
      owner: "alice",
      family_id,
      site: site("site-2"),
      state: "pending",
    });
    expect(state).toBe("pending");
    await expect(vault.credentialFor("alice", id)).rejects.toMatchObject({ code: "connection_pending" });
    expect((await vault.connections.activate("alice", id)).state).toBe("active");
    await vault.credentialFor("alice", id);
  });

  it("is found by site and account, dead or alive", async () => {
    const world = await makeWorld();
    const { id, family_id } = await connected(world);
    const { connections, families } = world.vault;
    expect((await connections.findBySite("alice", "cloud", "site-1", "acc-1"))?.id).toBe(id);
    expect(await connections.findBySite("alice", "cloud", "site-2", "acc-1")).toBeUndefined();
    expect(await connections.findBySite("alice", "cloud", "site-1", "acc-2")).toBeUndefined();
    await families.kill("alice", family_id, dead);
    expect((await connections.findBySite("alice", "cloud", "site-1", "acc-1"))?.state).toBe("dead");
  });

  it("keeps its id when it is reconnected, and the old family's tokens are wiped", async () => {
    const world = await makeWorld();
    const { id, family_id } = await connected(world);
    const { vault, store } = world;
    await vault.families.kill("alice", family_id, dead);
    const family = await secondFamily(world);
    const again = await vault.connections.reattach("alice", id, family.id, { ...site(), name: "renamed" });
    expect(again).toMatchObject({ id, state: "active", family_id: family.id, site: { name: "renamed" } });
    expect(again.dead).toBeUndefined();
    expect(tokenOf(await vault.credentialFor("alice", id))).toBe(`second-${world.canary}`);
    expect(await store.families.get("alice", family_id)).toMatchObject({
      state: "forgotten",
      sealed_tokens: null,
      account: null,
    });
  });

  it("when removed leaves the family to its other connections, and the last one takes it along", async () => {
    const world = await makeWorld();
    const { id, family_id } = await connected(world);
    const { vault, store } = world;
    const other = await vault.connections.create({ owner: "alice", family_id, site: site("site-2") });
    await vault.connections.remove("alice", id);
    await expect(vault.connections.get("alice", id)).rejects.toMatchObject(notFound);
    await expect(vault.credentialFor("alice", id)).rejects.toMatchObject(notFound);
    await vault.credentialFor("alice", other.id);
    await vault.connections.remove("alice", other.id);
    expect(await store.families.get("alice", family_id)).toMatchObject({
      state: "forgotten",
      sealed_tokens: null,
    });
    await expect(vault.connections.remove("alice", id)).rejects.toMatchObject(notFound);
  });

  it("once exported is neither used nor refreshed here, with all on its family, and can be handed over", async () => {
    const world = await makeWorld();
    const { id, family_id } = await connected(world);
    const { vault } = world;
    const other = await vault.connections.create({ owner: "alice", family_id, site: site("site-2") });
    await vault.connections.markExported("alice", id);
    const { token_id } = await vault.families.get("alice", family_id);
    for (const one of [id, other.id]) {
      expect((await vault.connections.get("alice", one)).state).toBe("exported");
      for (const call of [
        () => vault.credentialFor("alice", one),
        () => vault.rejected("alice", one, token_id),
        () => vault.refresh("alice", one),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: "connection_exported" });
      }
    }
    expect(world.endpoint.exchanges).toHaveLength(0);
    const revealed = await vault.reveal("alice", id);
    if (revealed.kind !== "oauth2") throw new Error("unreachable");
    expect(revealed.refresh_token?.reveal()).toBe(world.endpoint.current().refresh_token);
    expect(revealed.client_secret?.reveal()).toBe(world.endpoint.client_secret);
    expect(revealed.token_endpoint).toBe(`${world.endpoint.url}/oauth/token`);
    expect(JSON.stringify(revealed)).not.toContain(world.canary);
  });

  it("takes a name, and from another of the same owner a name that is taken", async () => {
    const world = await makeWorld();
    const { id, family_id } = await connected(world);
    const { connections } = world.vault;
    const other = await connections.create({ owner: "alice", family_id, site: site("site-2") });
    expect((await connections.rename("alice", id, "work")).name).toBe("work");
    await connections.rename("alice", other.id, "work");
    expect((await connections.get("alice", id)).name).toBeUndefined();
    expect((await connections.get("alice", other.id)).name).toBe("work");
    await expect(connections.rename("bob", id, "work")).rejects.toMatchObject(notFound);
    for (const name of ["", "two words", "-c", "a".repeat(65)]) {
      await expect(connections.rename("alice", id, name), name).rejects.toMatchObject({
        code: "bad_request",
      });
    }
  });

  it("notes its last use, at most once a minute unless the status changes", async () => {
    const world = await makeWorld();
    const { id } = await connected(world);
    const last = async () => {
      const { last_used_at, last_status } = await world.vault.connections.get("alice", id);
      return [last_used_at, last_status];
    };
    const start = world.clock.now;
    world.vault.connections.touch(id, 200);
    await expect.poll(last).toEqual([start, 200]);
    world.clock.now += 59_999;
    world.vault.connections.touch(id, 200);
    world.clock.now += 1;
    world.vault.connections.touch(id, 404);
    await expect.poll(last).toEqual([start + 60_000, 404]);
  });

  it("whose store is gone is touched without an error", async () => {
    const world = await makeWorld();
    const { id } = await connected(world);
    await world.store.close();
    world.vault.connections.touch(id, 200);
    await expect.poll(() => world.lines.some((line) => line.includes("connection_touch_failed"))).toBe(true);
  });
});

describe("a family", () => {
  it("dies once: a later cause does not overwrite the first", async () => {
    const world = await makeWorld();
    const { id, family_id } = await connected(world);
    await world.vault.families.kill("alice", family_id, dead);
    await world.vault.families.kill("alice", family_id, { ...dead, cause: "other" });
    expect((await world.vault.connections.get("alice", id)).dead?.cause).toBe("invalid_grant");
    expect(await world.store.events.list("alice", { type: "connection.dead" })).toHaveLength(1);
  });

  it("serves its credential before there is a connection, while the site is chosen", async () => {
    const world = await makeWorld();
    await connected(world);
    const { id } = await secondFamily(world);
    expect(tokenOf(await world.vault.families.credential("alice", id))).toBe(`second-${world.canary}`);
  });

  it("stays itself beside another of the same account: a grant groups them and merges nothing", async () => {
    const world = await makeWorld();
    const { family_id } = await connected(world);
    const second = await secondFamily(world);
    const grants = await world.vault.families.grants("alice");
    expect(grants).toMatchObject([{ registration_id: "cloud", account_id: "acc-1" }]);
    expect(grants[0]?.families.map(({ id }) => id).sort()).toEqual([family_id, second.id].sort());
    expect(await world.vault.families.grants("bob")).toEqual([]);
  });

  it("refuses tokens of another protocol than its registration's", async () => {
    const world = await makeWorld();
    await connected(world);
    const wrong = world.vault.families.create({
      owner: "alice",
      registration_id: "cloud",
      scope_asked: [],
      tokens: { oauth_token: new Secret("t"), oauth_token_secret: new Secret("s") },
      consented_at: 0,
    });
    await expect(wrong).rejects.toMatchObject({ code: "bad_request" });
  });
});
