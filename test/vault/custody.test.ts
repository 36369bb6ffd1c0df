import { copyFileSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { OWNER, openHouse } from "../crash/house.ts";
import { createDatabase, postgresUrl } from "../postgres/database.ts";
import { temporaryDirectory } from "../store/temporary.ts";
import { openAt } from "./elsewhere.ts";
import { startHolder } from "./holders.ts";
import { connected, HOUR, makeWorld, tokenOf, type World } from "./world.ts";

const quarantined = expect.objectContaining({ code: "vault_quarantined" });

/** The database file as a copy that an operator makes of it, with what stands in its log. */
function copyTo(world: Pick<World, "path">, directory: string): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, "latchkey.db");
  for (const end of ["", "-wal"]) copyFileSync(world.path + end, path + end);
  return path;
}

describe("a vault", () => {
  it("renews in as many processes as open its own file", async () => {
    const world = await makeWorld();
    const { id } = await connected(world);
    for (let n = 0; n < 3; n++) {
      const { vault } = await world.another();
      expect(await vault.quarantine()).toBeUndefined();
      await vault.refresh("alice", id);
    }
    expect(world.endpoint.exchanges).toHaveLength(3);
  });

  it("is the same one after its directory was moved", async () => {
    const world = await makeWorld();
    const { id } = await connected(world);
    await world.vault.close();
    await world.store.close();
    const path = join(temporaryDirectory(), "moved.db");
    renameSync(world.path, path);
    const { vault } = await openAt(world, `sqlite:${path}`);
    await vault.refresh("alice", id);
    expect(world.endpoint.exchanges).toHaveLength(1);
  });
});

describe("a copied vault", () => {
  it("uses a token that lives, and renews nothing before the operator has confirmed", async () => {
    const world = await makeWorld();
    const { id } = await connected(world);
    const { vault } = await openAt(world, `sqlite:${copyTo(world, temporaryDirectory())}`);
    expect(await vault.quarantine()).toMatchObject({ reason: "copied" });
    expect(tokenOf(await vault.credentialFor("alice", id))).toBe(world.endpoint.current().access_token);
    await expect(vault.refresh("alice", id)).rejects.toEqual(quarantined);
    const { token_id } = await vault.credentialFor("alice", id);
    await expect(vault.rejected("alice", id, token_id)).rejects.toEqual(quarantined);
    world.clock.now += 2 * HOUR;
    await expect(vault.credentialFor("alice", id)).rejects.toEqual(quarantined);
    expect(world.endpoint.exchanges).toEqual([]);
    expect((await vault.connections.get("alice", id)).state).toBe("active");
    await vault.upkeep.confirm();
    await vault.credentialFor("alice", id);
    expect(world.endpoint.exchanges).toHaveLength(1);
    expect(await vault.quarantine()).toBeUndefined();
  });

  it("stays so through restarts and in every process on it, and so does a confirmed one", async () => {
    const world = await makeWorld();
    const { id } = await connected(world);
    const url = `sqlite:${copyTo(world, temporaryDirectory())}`;
    const one = await openAt(world, url);
    const two = await openAt(world, url);
    for (const { vault } of [one, two]) await expect(vault.refresh("alice", id)).rejects.toEqual(quarantined);
    await two.vault.upkeep.confirm();
    await one.vault.refresh("alice", id);
    const three = await openAt(world, url);
    await three.vault.refresh("alice", id);
    expect(world.endpoint.exchanges).toHaveLength(2);
  });

  it("is noticed when an older state was put in the place of the newer one", async () => {
    const world = await makeWorld();
    const { id } = await connected(world);
    const older = copyTo(world, temporaryDirectory());
    await world.vault.refresh("alice", id);
    await world.vault.close();
    await world.store.close();
    // Over the same file: what the file system says of it does not change.
    for (const end of ["", "-wal"]) copyFileSync(older + end, world.path + end);
    const { vault } = await openAt(world, `sqlite:${world.path}`);
    expect(await vault.quarantine()).toMatchObject({ reason: "restored" });
    await expect(vault.refresh("alice", id)).rejects.toEqual(quarantined);
    expect(world.endpoint.exchanges).toHaveLength(1);
  });

  it("can be declared one, where no file system could tell", async () => {
    const world = await makeWorld();
    const { id } = await connected(world);
    await world.vault.upkeep.quarantine();
    await expect(world.vault.refresh("alice", id)).rejects.toEqual(quarantined);
    expect(await (await world.another()).vault.quarantine()).toMatchObject({ reason: "operator" });
  });
});

describe("two processes, one on the original and one on its copy", () => {
  it("the sandbox sees no refresh from the copy before it is confirmed", { timeout: 60_000 }, async () => {
    const house = await openHouse({ flavor: "cloud", connections: 2 });
    onTestFinished(() => house.close());
    const connections = (await house.vault.connections.list(OWNER)).map(({ id }) => id);
    const path = copyTo({ path: join(house.directory, "latchkey.db") }, join(house.directory, "copy"));
    const holding = { ...house, key_files: [house.key_file], owner: OWNER, connections };
    const database_url = `sqlite:${path}`;
    const [original, copy] = await Promise.all([
      startHolder(holding),
      startHolder({ ...holding, database_url }),
    ]);
    await sleep(4_000);
    const [there, here] = await Promise.all([original.stop(), copy.stop()]);
    expect(there.codes).toEqual({});
    expect(Object.keys(here.codes)).toEqual(["vault_quarantined"]);
    // Two tokens were in the copy; every other one went to the original.
    expect(here.tokens).toBeLessThanOrEqual(2);
    const renewals = (await house.store.families.list(OWNER)).reduce(
      (sum, row) => sum + row.generation - 1,
      0,
    );
    const { asked, refused } = house.exchanges();
    expect(refused).toBe(0);
    expect(asked).toBeGreaterThan(1);
    expect(asked).toBe(renewals);
  });
});

const server = await postgresUrl();

describe.skipIf(server === undefined)("on PostgreSQL", () => {
  it("replicas on one database renew; a copy of the database does not", { timeout: 60_000 }, async () => {
    const database = await createDatabase(server ?? "");
    const world = await makeWorld();
    const first = await openAt(world, database.url);
    const { id } = await connected({ ...world, ...first });
    const second = await openAt(world, database.url);
    await first.vault.refresh("alice", id);
    await second.vault.refresh("alice", id);
    for (const { store } of [first, second]) await store.close();
    const admin = await createDatabase(server ?? "");
    const original = new URL(database.url).pathname.slice(1);
    const copied = new URL(database.url);
    copied.pathname = `${copied.pathname}_copy`;
    await admin.run(`create database ${original}_copy template ${original}`);
    const { vault, store } = await openAt(world, copied.href);
    expect(await vault.quarantine()).toMatchObject({ reason: "copied" });
    await expect(vault.refresh("alice", id)).rejects.toEqual(quarantined);
    expect(world.endpoint.exchanges).toHaveLength(2);
    await vault.upkeep.confirm();
    await vault.refresh("alice", id);
    await store.close();
    await admin.run(`drop database ${original}_copy with (force)`);
    await admin.drop();
    await database.drop();
  });
});
