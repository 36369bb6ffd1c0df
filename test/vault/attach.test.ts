import { beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../../src/secret.ts";
import type { EventRow } from "../../src/store/index.ts";
import type { Family, Vault } from "../../src/vault/index.ts";
import { cloudRegistration, connected, HOUR, makeWorld, site, type World } from "./world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
  await world.vault.registrations.add(cloudRegistration(world));
});

/** The family of one consent, as a dance leaves it. */
async function consent(vault: Vault, options: { account_id?: string; owner?: string } = {}): Promise<Family> {
  const { account_id, owner = "alice" } = options;
  return await vault.families.create({
    owner,
    registration_id: "cloud",
    scope_asked: ["read:a"],
    tokens: {
      access_token: new Secret(`a-${Math.random()}`),
      refresh_token: new Secret(`r-${Math.random()}`),
      token_type: "Bearer",
      expires_at: world.clock.now + HOUR,
      scope: ["read:a"],
    },
    ...(account_id !== undefined && { account: { account_id } }),
    consented_at: world.clock.now,
  });
}

async function events(
  type?: string,
): Promise<{ type: string; data: Record<string, unknown>; row: EventRow }[]> {
  const rows = await world.store.events.list("alice");
  return rows
    .filter((row) => type === undefined || row.type === type)
    .map((row) => ({ type: row.type, data: JSON.parse(row.data) as Record<string, unknown>, row }));
}

describe("two first dances of one owner for one site and account", () => {
  it("make one connection, however closely they end", async () => {
    const other = await world.another();
    const vaults = [world.vault, other.vault, world.vault, other.vault];
    const families = await Promise.all(vaults.map((vault) => consent(vault, { account_id: "acc-1" })));
    const ended = await Promise.all(
      vaults.map((vault, at) =>
        vault.connections.attach({ owner: "alice", family_id: families[at]!.id, site: site() }),
      ),
    );
    expect(new Set(ended.map(({ connection }) => connection.id)).size).toBe(1);
    expect(ended.map(({ reconnected }) => reconnected).sort()).toEqual([false, true, true, true]);
    expect(await world.vault.connections.list("alice")).toHaveLength(1);
    expect(await events("connection.created")).toHaveLength(1);
    expect(await events("connection.reconnected")).toHaveLength(3);
    // The family in use lives, those before it are wiped.
    const [connection] = await world.vault.connections.list("alice");
    const states = await world.store.kysely.selectFrom("families").select(["id", "state"]).execute();
    expect(states.filter(({ state }) => state === "active").map(({ id }) => id)).toEqual([
      connection?.family_id,
    ]);
  });

  it("stay apart where the account is not known, or is another one", async () => {
    for (const account_id of [undefined, undefined, "acc-1", "acc-2"]) {
      const family = await consent(world.vault, account_id === undefined ? {} : { account_id });
      await world.vault.connections.attach({ owner: "alice", family_id: family.id, site: site() });
    }
    expect(await world.vault.connections.list("alice")).toHaveLength(4);
  });
});

describe("separate consents", () => {
  it("stay separate families under one grant, and one site goes without the others", async () => {
    const families = [];
    for (const id of ["site-1", "site-2"]) {
      const family = await consent(world.vault, { account_id: "acc-1" });
      families.push(family.id);
      await world.vault.connections.attach({ owner: "alice", family_id: family.id, site: site(id) });
    }
    const [grant, ...others] = await world.vault.families.grants("alice");
    expect(others).toEqual([]);
    expect(grant?.families.map(({ id }) => id).sort()).toEqual([...families].sort());
    const [first, second] = await world.vault.connections.list("alice");
    await world.vault.connections.remove("alice", first!.id);
    expect((await world.vault.connections.get("alice", second!.id)).state).toBe("active");
    expect((await world.vault.credentialFor("alice", second!.id)).kind).toBe("bearer");
    expect((await world.store.families.get("alice", first!.family_id))?.state).toBe("forgotten");
  });

  it("leave the other site of one consent alive when one is disconnected", async () => {
    const first = await connected(world);
    const { family_id } = first;
    const second = await world.vault.connections.create({ owner: "alice", family_id, site: site("site-2") });
    await world.vault.connections.remove("alice", first.id);
    expect((await world.vault.credentialFor("alice", second.id)).kind).toBe("bearer");
    const [removed] = await events("connection.removed");
    expect(removed?.data).toEqual({ family_forgotten: false });
    expect(removed?.row).toMatchObject({ connection_id: first.id, family_id, owner: "alice" });
  });
});

describe("a reconnect", () => {
  it("keeps the id, takes the site's new name, and says both", async () => {
    const { id, family_id } = await connected(world);
    const family = await consent(world.vault, { account_id: "acc-1" });
    const renamed = { ...site(), name: "acme (new)", url: "https://acme-new.example" };
    const { connection, reconnected } = await world.vault.connections.attach({
      owner: "alice",
      family_id: family.id,
      site: renamed,
      reconnect_id: id,
    });
    expect(reconnected).toBe(true);
    expect(connection).toMatchObject({ id, family_id: family.id, site: renamed });
    const [said] = await events("connection.reconnected");
    expect(said?.data).toEqual({
      family_id: family.id,
      earlier_family_id: family_id,
      earlier_state: "active",
    });
    expect((await events("site.renamed"))[0]?.data).toEqual({
      before: { id: "site-1", url: "https://site-1.example", name: "site-1" },
      now: { id: "site-1", url: "https://acme-new.example", name: "acme (new)" },
    });
  });

  it("of another owner's connection finds nothing and writes nothing", async () => {
    const { id } = await connected(world, { owner: "bob" });
    const family = await consent(world.vault, { account_id: "acc-1" });
    const attaching = world.vault.connections.attach({
      owner: "alice",
      family_id: family.id,
      site: site(),
      reconnect_id: id,
    });
    await expect(attaching).rejects.toMatchObject({ code: "not_found" });
    expect(await events()).toEqual([]);
    expect((await world.store.families.get("alice", family.id))?.state).toBe("active");
  });
});
