import { afterAll, describe, expect, it } from "vitest";
import { postgresUrl } from "../postgres/database.ts";
import { dropDatabases, useServer } from "./stores.ts";
import { connected, HOUR, makeWorld, tokenOf, type World } from "./world.ts";

const server = await postgresUrl();
if (server !== undefined) useServer(server);

const credential = async ({ vault }: World, id: string) => tokenOf(await vault.credentialFor("alice", id));
const away = { code: "store_failed", retry: "later" };

describe.skipIf(server === undefined)("while the database is away", () => {
  afterAll(dropDatabases);

  it("a token that has not expired serves on, also in its last minute, and one that has waits", async () => {
    const world = await makeWorld();
    const { id } = await connected(world);
    const first = await credential(world, id);
    const back = await world.lose();
    expect(await credential(world, id)).toBe(first);
    world.clock.now += HOUR - 30_000;
    expect(await credential(world, id)).toBe(first);
    world.clock.now += 30_000;
    await expect(world.vault.credentialFor("alice", id)).rejects.toMatchObject(away);
    expect(world.endpoint.exchanges).toHaveLength(0);
    await back();
    expect(await credential(world, id)).toBe(world.endpoint.current().access_token);
    expect(world.endpoint.exchanges).toHaveLength(1);
    expect(world.lines.some((line) => line.includes("served_without_database"))).toBe(true);
  });

  it("a pair that was received is kept, and written when the database is back", async () => {
    const world = await makeWorld();
    const { id, family_id } = await connected(world);
    world.clock.now += HOUR;
    world.endpoint.delay_ms = 300;
    const waiting = world.vault.credentialFor("alice", id);
    await expect.poll(() => world.endpoint.exchanges.length, { interval: 5 }).toBe(1);
    const back = await world.lose();
    await expect(waiting).rejects.toMatchObject(away);
    await back();
    await expect
      .poll(async () => (await world.store.families.get("alice", family_id))?.generation, { timeout: 8_000 })
      .toBe(2);
    expect(await credential(world, id)).toBe(world.endpoint.current().access_token);
    expect(world.endpoint.exchanges).toHaveLength(1);
  });

  it("nothing is served that this process did not read before, or that it saw removed", async () => {
    const world = await makeWorld();
    const { id } = await connected(world);
    const removed = await connected(world);
    await credential(world, removed.id);
    await world.vault.connections.remove("alice", removed.id);
    await expect(world.vault.credentialFor("alice", removed.id)).rejects.toMatchObject({ code: "not_found" });
    const back = await world.lose();
    for (const one of [id, removed.id]) {
      await expect(world.vault.credentialFor("alice", one)).rejects.toMatchObject(away);
    }
    await back();
    await credential(world, id);
    const backAgain = await world.lose();
    await expect(world.vault.credentialFor("bob", id)).rejects.toMatchObject(away);
    await backAgain();
  });
});
