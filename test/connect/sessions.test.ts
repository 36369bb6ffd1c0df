/** Taking up what a connect session brought, from several processes at once; also run on PostgreSQL. */
import { describe, expect, it } from "vitest";
import { type ConnectParts, createConnectSessions } from "../../src/connect/index.ts";
import { expireSessions, hold } from "../../src/connect/session-hold.ts";
import { createLog } from "../../src/log.ts";
import { Secret } from "../../src/secret.ts";
import { connected, HOUR, makeWorld, random, site, type World } from "../vault/world.ts";

const log = createLog({ write: () => {}, level: "error" });
const links = { public_url: "http://localhost:8080", return_origins: ["https://app.example"] };

function partsOf(world: World, over: Pick<World, "vault" | "store"> = world): ConnectParts {
  const { vault, store } = over;
  return { vault, store, log, now: () => world.clock.now, random } as unknown as ConnectParts;
}

/** A session whose dance ended well: its result, and the connection that waits. */
async function waiting(world: World, user = "u-1") {
  const parts = partsOf(world);
  const sessions = createConnectSessions({ ...parts, ...links });
  const made = await sessions.create({ owner: "alice", user, return_url: "https://app.example/back" });
  const opened = await sessions.open(
    new Secret(new URL(made.url.reveal()).searchParams.get("session") ?? ""),
  );
  await sessions.begun(opened, world.clock.now + HOUR);
  const family_id = await familyOf(world);
  const held = await hold(parts, opened.id, { owner: "alice", family_id, site: site("site-2") });
  const result = (await sessions.issue(opened))!.reveal();
  return { sessions, id: opened.id, result, held, family_id };
}

async function familyOf(world: World): Promise<string> {
  await connected(world);
  const { access_token, refresh_token } = world.endpoint.current();
  const tokens = {
    access_token: new Secret(access_token),
    refresh_token: new Secret(refresh_token),
    token_type: "Bearer",
    scope: undefined,
    expires_at: world.clock.now + HOUR,
  };
  const account = { account_id: "acc-2" };
  const about = { owner: "alice", registration_id: "cloud", scope_asked: [], consented_at: world.clock.now };
  return (await world.vault.families.create({ ...about, tokens, account })).id;
}

describe("a result", () => {
  it("is taken up by one of many who hold it, in whatever process, with one event", async () => {
    const world = await makeWorld();
    const { sessions, id, result, held } = await waiting(world);
    const second = await world.another();
    const elsewhere = createConnectSessions({ ...partsOf(world, second), ...links });
    const ask = { owner: "alice", id, result, user: "u-1" };
    const ends = await Promise.allSettled(
      Array.from({ length: 8 }, (_, n) => (n % 2 ? sessions : elsewhere).redeem(ask)),
    );
    const won = ends.filter((end) => end.status === "fulfilled");
    expect(won.map(({ value }) => value.connection.id)).toEqual([held.connection.id]);
    for (const end of ends) {
      if (end.status === "rejected") expect(end.reason).toMatchObject({ code: "connect_session_over" });
    }
    const told = await world.store.events.list("alice", { connection_id: held.connection.id });
    expect(told.map(({ type }) => type)).toEqual(["connection.created"]);
  });

  it("takes up nothing where its connection was removed meanwhile", async () => {
    const world = await makeWorld();
    const { sessions, id, result, held, family_id } = await waiting(world);
    await world.vault.connections.remove("alice", held.connection.id);
    await expect(sessions.redeem({ owner: "alice", id, result, user: "u-1" })).rejects.toMatchObject({
      code: "not_found",
    });
    expect((await world.store.families.get("alice", family_id))?.state).toBe("forgotten");
    expect((await sessions.get("alice", id)).state).toBe("waiting");
  });

  it("of a second dance of the same session is refused, and the first stays", async () => {
    const world = await makeWorld();
    const { id, held } = await waiting(world);
    const family_id = await familyOf(world);
    const again = hold(partsOf(world), id, { owner: "alice", family_id, site: site("site-3") });
    await expect(again).rejects.toMatchObject({ code: "connect_session_over" });
    const states = (await world.vault.connections.list("alice")).filter(({ state }) => state === "pending");
    expect(states.map((one) => one.id)).toEqual([held.connection.id]);
  });

  it("is taken up in the last moment of its time, and is not forgotten afterwards", async () => {
    const world = await makeWorld();
    const { sessions, id, result, held } = await waiting(world);
    world.clock.now += 5 * 60_000 - 1;
    await expireSessions(partsOf(world));
    expect((await sessions.redeem({ owner: "alice", id, result, user: "u-1" })).connection.state).toBe(
      "active",
    );
    world.clock.now += HOUR;
    await expireSessions(partsOf(world));
    expect((await world.vault.connections.get("alice", held.connection.id)).state).toBe("active");
  });
});
