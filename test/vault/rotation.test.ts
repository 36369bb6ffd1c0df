import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { LatchkeyError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import { holderName } from "../../src/vault/holder.ts";
import type { Dead } from "../../src/vault/index.ts";
import { connected, HOUR, makeWorld, random, START, tokenOf, type World } from "./world.ts";

const invalid = {
  status: 403,
  body: { error: "unauthorized_client", error_description: "refresh_token is invalid" },
};
const DAY = 24 * HOUR;

async function expired(flavor?: "datacenter-oauth2"): Promise<{ world: World; id: string }> {
  const world = await makeWorld();
  const registration =
    flavor && ({ id: "dc", flavor, site_base_url: world.endpoint.url, auth_url: undefined } as const);
  const { id } = await connected(world, registration ? { registration } : {});
  world.clock.now += HOUR + 1;
  return { world, id };
}

const credential = async ({ vault }: World, id: string) => tokenOf(await vault.credentialFor("alice", id));
const thrownBy = async (call: Promise<unknown>): Promise<LatchkeyError> => {
  const thrown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(LatchkeyError);
  return thrown as LatchkeyError;
};
const deadOf = (error: LatchkeyError): Dead => {
  expect(error.code).toBe("connection_dead");
  return error.details.dead as Dead;
};
const rowOf = async ({ store, vault }: World, id: string) => {
  const { family_id } = await vault.connections.get("alice", id);
  return (await store.families.get("alice", family_id))!;
};

/** No process has this id. */
const NOBODY = 2 ** 30;
/** The lease is held by a process of this machine that is not there. */
const takenForGone = async ({ store, vault }: World, id: string) => {
  const { family_id } = await vault.connections.get("alice", id);
  const lease_owner = holderName(random).replace(/\.\d+\./, `.${NOBODY}.`);
  await store.families.update("alice", family_id, { lease_owner });
};

describe("a token that has not expired", () => {
  it("is served without any exchange, until a minute before its end", async () => {
    const world = await makeWorld();
    const { id } = await connected(world);
    const first = world.endpoint.current().access_token;
    expect(await credential(world, id)).toBe(first);
    world.clock.now = START + HOUR - 60_001;
    expect(await credential(world, id)).toBe(first);
    expect(world.endpoint.exchanges).toHaveLength(0);
    world.clock.now = START + HOUR - 60_000;
    expect(await credential(world, id)).toBe(world.endpoint.current().access_token);
    expect(world.endpoint.exchanges).toHaveLength(1);
  });

  it("that lives only ten seconds is not renewed on every call", async () => {
    const { world, id } = await expired();
    world.endpoint.expires_in = 10;
    await credential(world, id);
    world.clock.now += 8_000;
    await credential(world, id);
    expect(world.endpoint.exchanges).toHaveLength(1);
    world.clock.now += 1_500;
    await credential(world, id);
    expect(world.endpoint.exchanges).toHaveLength(2);
  });
});

describe("many callers with one expired token", () => {
  it("cause one exchange in one process, and all get its token", async () => {
    const { world, id } = await expired();
    world.endpoint.delay_ms = 50;
    const tokens = await Promise.all(Array.from({ length: 50 }, () => credential(world, id)));
    expect(world.endpoint.exchanges).toHaveLength(1);
    expect(new Set(tokens)).toEqual(new Set([world.endpoint.current().access_token]));
  });

  it("cause one exchange in several vaults on one store", async () => {
    const { world, id } = await expired();
    world.endpoint.delay_ms = 100;
    const vaults = [
      world.vault,
      ...(await Promise.all([1, 2, 3].map(() => world.another()))).map(({ vault }) => vault),
    ];
    const tokens = await Promise.all(
      vaults.flatMap((vault) => [1, 2, 3].map(async () => tokenOf(await vault.credentialFor("alice", id)))),
    );
    expect(world.endpoint.exchanges).toHaveLength(1);
    expect(new Set(tokens)).toEqual(new Set([world.endpoint.current().access_token]));
  });
});

describe("a renewal", () => {
  it("commits both tokens, which a restarted process then serves and spends", async () => {
    const { world, id } = await expired();
    await credential(world, id);
    await world.store.close();
    const { vault } = await world.another();
    expect(tokenOf(await vault.credentialFor("alice", id))).toBe(world.endpoint.current().access_token);
    world.clock.now += HOUR;
    expect(tokenOf(await vault.credentialFor("alice", id))).toBe(world.endpoint.current().access_token);
    expect(world.endpoint.exchanges.map(({ refresh_token }) => refresh_token.slice(0, 9))).toEqual([
      "refresh-1",
      "refresh-2",
    ]);
  });

  it("leaves no lease and no intent behind, and moves the idle end but not the absolute one", async () => {
    const { world, id } = await expired();
    const before = await world.vault.connections.get("alice", id);
    await credential(world, id);
    expect(await rowOf(world, id)).toMatchObject({
      lease_owner: null,
      lease_until: null,
      intent: null,
      fence: 1,
    });
    const after = await world.vault.connections.get("alice", id);
    expect(after.idle_expires_at).toBe(world.clock.now + 90 * DAY);
    expect(after.absolute_expires_at).toBe(before.absolute_expires_at);
    expect(after.absolute_expires_at).toBe(START + 365 * DAY);
  });

  it("whose answer leaves the refresh token out keeps the old one", async () => {
    const { world, id } = await expired();
    world.endpoint.rotates = false;
    await credential(world, id);
    world.clock.now += 2 * HOUR;
    await credential(world, id);
    expect(world.endpoint.exchanges.map(({ refresh_token }) => refresh_token.slice(0, 9))).toEqual([
      "refresh-1",
      "refresh-1",
    ]);
  });

  it("on Data Center sends the redirect URI of the consent, each time", async () => {
    const world = await makeWorld();
    const registration = {
      id: "dc",
      flavor: "datacenter-oauth2",
      site_base_url: world.endpoint.url,
    } as const;
    const { id } = await connected(world, { registration, redirect_uri: "http://localhost:8085/callback" });
    for (let n = 0; n < 2; n++) await world.vault.refresh("alice", id);
    expect(world.endpoint.exchanges.map(({ redirect_uri }) => redirect_uri)).toEqual(
      Array(2).fill("http://localhost:8085/callback"),
    );
  });

  it("can be asked for at any time", async () => {
    const world = await makeWorld();
    const { id } = await connected(world);
    const family = await world.vault.refresh("alice", id);
    expect(family.generation).toBe(2);
    expect(world.endpoint.exchanges).toHaveLength(1);
  });
});

describe("a 401", () => {
  it("that names an older token gets the current one without an exchange", async () => {
    const { world, id } = await expired();
    const old = await rowOf(world, id);
    await credential(world, id);
    const given = await world.vault.rejected("alice", id, old.token_id);
    expect(tokenOf(given)).toBe(world.endpoint.current().access_token);
    expect(world.endpoint.exchanges).toHaveLength(1);
  });

  it("that names the current token renews it, once for five of them", async () => {
    const world = await makeWorld();
    const { id } = await connected(world);
    const { token_id } = await world.vault.credentialFor("alice", id);
    world.endpoint.delay_ms = 30;
    const given = await Promise.all(
      Array.from({ length: 5 }, () => world.vault.rejected("alice", id, token_id)),
    );
    expect(world.endpoint.exchanges).toHaveLength(1);
    for (const one of given) expect(tokenOf(one)).toBe(world.endpoint.current().access_token);
  });

  it("for a token issued a moment ago because of a 401 does not renew again", async () => {
    const world = await makeWorld();
    const { id } = await connected(world);
    const { token_id } = await world.vault.credentialFor("alice", id);
    const next = await world.vault.rejected("alice", id, token_id);
    const error = await thrownBy(world.vault.rejected("alice", id, next.token_id));
    expect(error.code).toBe("jira_unauthorized");
    expect(world.endpoint.exchanges).toHaveLength(1);
    world.clock.now += 10_000;
    await world.vault.rejected("alice", id, next.token_id);
    expect(world.endpoint.exchanges).toHaveLength(2);
  });
});

describe("a wrong client secret", () => {
  const wrong = async () => {
    const { world, id } = await expired();
    const { endpoint } = world;
    const right = endpoint.client_secret;
    endpoint.client_secret = "changed in the console";
    return { world, id, right };
  };

  it("suspends the registration, says why, and kills nothing", async () => {
    const { world, id } = await wrong();
    const error = await thrownBy(world.vault.credentialFor("alice", id));
    expect(error).toMatchObject({ code: "registration_suspended", details: { code: "invalid_client" } });
    const registration = await world.vault.registrations.get("cloud");
    expect(registration).toMatchObject({ state: "suspended", suspended: { code: "invalid_client" } });
    expect((await world.vault.connections.get("alice", id)).state).toBe("active");
    await thrownBy(world.vault.credentialFor("alice", id));
    expect(world.endpoint.exchanges).toHaveLength(1);
  });

  it.each([
    [403, "access_denied"],
    [400, "invalid_request"],
  ])("told as %i %s does the same", async (status, code) => {
    const { world, id } = await expired();
    world.endpoint.faults.push({ status, body: { error: code } });
    const error = await thrownBy(world.vault.credentialFor("alice", id));
    expect(error.code).toBe("registration_suspended");
    expect((await world.vault.connections.get("alice", id)).state).toBe("active");
  });

  it("leaves unexpired tokens serving", async () => {
    const world = await makeWorld();
    const { id } = await connected(world);
    await world.vault.registrations.suspend("cloud", { code: "invalid_client", at: START, evidence: {} });
    expect(await credential(world, id)).toBe(world.endpoint.current().access_token);
    world.clock.now += HOUR - 1;
    const at = world.clock.now;
    await world.vault.registrations.suspend("cloud", { code: "invalid_client", at, evidence: {} });
    expect(await credential(world, id)).toBe(world.endpoint.current().access_token);
    expect(world.endpoint.exchanges).toHaveLength(0);
  });

  it("is over as soon as the right one is entered", async () => {
    const { world, id, right } = await wrong();
    await thrownBy(world.vault.credentialFor("alice", id));
    world.endpoint.client_secret = right;
    await thrownBy(world.vault.credentialFor("alice", id));
    await world.vault.registrations.update("cloud", { client_secret: new Secret(right) });
    expect(await credential(world, id)).toBe(world.endpoint.current().access_token);
    expect((await world.vault.registrations.get("cloud")).state).toBe("active");
  });

  it("is tried again after ten minutes, and mends itself if the server was to blame", async () => {
    const { world, id, right } = await wrong();
    await thrownBy(world.vault.credentialFor("alice", id));
    world.endpoint.client_secret = right;
    world.clock.now += 600_000;
    expect(await credential(world, id)).toBe(world.endpoint.current().access_token);
    expect((await world.vault.registrations.get("cloud")).state).toBe("active");
  });

  it("never lifts a suspension by the operator, under which nothing is served", async () => {
    const world = await makeWorld();
    const { id } = await connected(world);
    await world.vault.registrations.suspend("cloud", { code: "operator", at: START, evidence: {} });
    expect((await thrownBy(world.vault.credentialFor("alice", id))).code).toBe("registration_suspended");
    world.clock.now += DAY;
    expect((await thrownBy(world.vault.credentialFor("alice", id))).code).toBe("registration_suspended");
    expect(world.endpoint.exchanges).toHaveLength(0);
    await world.vault.registrations.resume("cloud");
    expect(await credential(world, id)).toBe(world.endpoint.current().access_token);
  });
});

describe("a grant that is gone", () => {
  it("kills the family with the cause, those not excluded, the evidence, the next step and an event", async () => {
    const { world, id } = await expired();
    world.endpoint.revoked = true;
    const dead = deadOf(await thrownBy(world.vault.credentialFor("alice", id)));
    expect(dead.cause).toBe("unauthorized_client");
    expect(dead.not_excluded).toContain("revoked_by_user");
    expect(dead.evidence).toMatchObject({ status: 403, generation: 1 });
    expect(dead.next_step).not.toBe("");
    const connection = await world.vault.connections.get("alice", id);
    expect(connection).toMatchObject({ state: "dead", dead: { cause: "unauthorized_client" } });
    expect(await world.store.events.list("alice", { type: "connection.dead" })).toMatchObject([
      { connection_id: id, type: "connection.dead", at: world.clock.now },
    ]);
    await thrownBy(world.vault.credentialFor("alice", id));
    expect(world.endpoint.exchanges).toHaveLength(1);
  });

  it("is not believed when the vault holds newer tokens by then", async () => {
    const { world, id } = await expired();
    const { vault } = await world.another();
    const token_id = (await rowOf(world, id)).token_id;
    world.endpoint.faults.push(invalid);
    world.endpoint.delay_ms = 400;
    const losing = world.vault.credentialFor("alice", id);
    await expect.poll(() => world.endpoint.exchanges.length, { interval: 5 }).toBe(1);
    // The first process is taken for gone; the second renews meanwhile.
    await takenForGone(world, id);
    world.endpoint.delay_ms = 0;
    const winning = await vault.credentialFor("alice", id);
    expect(tokenOf(await losing)).toBe(tokenOf(winning));
    expect(winning.token_id).not.toBe(token_id);
    expect((await world.vault.connections.get("alice", id)).state).toBe("active");
  });

  it.each([
    ["idle_limit", 91],
    ["absolute_limit", 366],
  ])("after its date is proven %s", async (cause, days) => {
    const { world, id } = await expired();
    world.clock.now = START + days * DAY;
    world.endpoint.revoked = true;
    const dead = deadOf(await thrownBy(world.vault.credentialFor("alice", id)));
    expect(dead).toMatchObject({ cause });
    expect(dead.not_excluded).toBeUndefined();
  });

  it("without a refresh token ends at its date, and serves until then", async () => {
    const world = await makeWorld();
    const { id } = await connected(world, { refresh: false });
    const { access_token } = world.endpoint.current();
    world.clock.now = START + HOUR - 1;
    expect(await credential(world, id)).toBe(access_token);
    expect((await thrownBy(world.vault.refresh("alice", id))).code).toBe("refresh_token_absent");
    expect(await credential(world, id)).toBe(access_token);
    world.clock.now = START + HOUR;
    const dead = deadOf(await thrownBy(world.vault.credentialFor("alice", id)));
    expect(dead.cause).toBe("refresh_token_absent");
    expect(world.endpoint.exchanges).toHaveLength(0);
  });
});

describe("a passing failure", () => {
  const failures: readonly (readonly [string, Parameters<World["endpoint"]["faults"]["push"]>[0], string])[] =
    [
      ["500", { status: 500, body: { error: "server_error" } }, "server_error"],
      [
        "503 with HTML",
        { status: 503, body: "<html>busy</html>", headers: { "content-type": "text/html" } },
        "temporarily_unavailable",
      ],
      ["200 with HTML", { status: 200, body: "<html>edge</html>" }, "token_answer_unreadable"],
      ["a cut connection", "cut", "connection_reset"],
      ["half an answer", "half", "connection_reset"],
    ];

  it.each(failures)(
    "(%s) keeps the unexpired token serving and leaves the endpoint alone",
    async (_n, fault) => {
      const world = await makeWorld();
      const { id } = await connected(world);
      world.endpoint.lenient = true;
      const { access_token } = world.endpoint.current();
      world.clock.now = START + HOUR - 30_000;
      world.endpoint.faults.push(fault);
      for (let n = 0; n < 5; n++) expect(await credential(world, id)).toBe(access_token);
      expect(world.endpoint.exchanges).toHaveLength(1);
      expect((await rowOf(world, id)).failures).toBe(1);
    },
  );

  it.each(failures)(
    "(%s) is told by its name when the token is over, and never kills",
    async (_n, fault, code) => {
      const { world, id } = await expired();
      world.endpoint.lenient = true;
      world.endpoint.faults.push(fault);
      expect((await thrownBy(world.vault.credentialFor("alice", id))).code).toBe(code);
      const cooling = await thrownBy(world.vault.credentialFor("alice", id));
      expect(cooling.code).toBe(code);
      expect(cooling.retry_after_s).toBeGreaterThan(0);
      expect((await world.vault.connections.get("alice", id)).state).toBe("active");
      world.clock.now += 5_000;
      expect(await credential(world, id)).toBe(world.endpoint.current().access_token);
      expect(await rowOf(world, id)).toMatchObject({ failures: 0, cool_until: null, intent: null });
    },
  );

  it("waits as long as the server says", async () => {
    const { world, id } = await expired();
    world.endpoint.faults.push({ status: 429, body: "", headers: { "retry-after": "120" } });
    await thrownBy(world.vault.credentialFor("alice", id));
    world.clock.now += 119_000;
    await thrownBy(world.vault.credentialFor("alice", id));
    expect(world.endpoint.exchanges).toHaveLength(1);
    world.clock.now += 1_000;
    await credential(world, id);
    expect(world.endpoint.exchanges).toHaveLength(2);
  });
});

describe("an answer that never arrived", () => {
  it("is asked for again with the same token while Cloud's reuse window lasts", async () => {
    const { world, id } = await expired();
    world.endpoint.lenient = true;
    world.endpoint.faults.push("lose_answer");
    await thrownBy(world.vault.credentialFor("alice", id));
    expect(JSON.parse((await rowOf(world, id)).intent ?? "null")).toMatchObject({ generation: 1 });
    world.clock.now += 60_000;
    expect(await credential(world, id)).toBe(world.endpoint.current().access_token);
    expect(new Set(world.endpoint.exchanges.map(({ refresh_token }) => refresh_token)).size).toBe(1);
  });

  it("on Data Center, where a token works once, ends the family as lost_answer, whatever came between", async () => {
    const { world, id } = await expired("datacenter-oauth2");
    world.endpoint.faults.push("lose_answer", { status: 500, body: {} });
    await thrownBy(world.vault.credentialFor("alice", id));
    world.clock.now += 60_000;
    expect((await thrownBy(world.vault.credentialFor("alice", id))).code).toBe("server_error");
    world.clock.now += 60_000;
    const dead = deadOf(await thrownBy(world.vault.credentialFor("alice", id)));
    expect(dead.cause).toBe("lost_answer");
    expect(dead.not_excluded).toContain("revoked_by_user");
  });
});

describe("a pair that was received", () => {
  it("is used only once it is written, and written as soon as the database answers", async () => {
    const { world, id } = await expired();
    world.endpoint.delay_ms = 200;
    const first = world.vault.credentialFor("alice", id);
    await expect.poll(() => world.endpoint.exchanges.length, { interval: 5 }).toBe(1);
    const letGo = await world.hold();
    expect((await thrownBy(first)).code).toBe("store_failed");
    expect((await rowOf(world, id)).generation).toBe(1);
    await letGo();
    expect(await credential(world, id)).toBe(world.endpoint.current().access_token);
    expect(world.endpoint.exchanges).toHaveLength(1);
    expect((await rowOf(world, id)).generation).toBe(2);
  });

  it("is written in the background too, if nobody asks again", async () => {
    const { world, id } = await expired();
    world.endpoint.delay_ms = 200;
    const first = world.vault.credentialFor("alice", id);
    await expect.poll(() => world.endpoint.exchanges.length, { interval: 5 }).toBe(1);
    const letGo = await world.hold();
    await thrownBy(first);
    await letGo();
    await expect.poll(async () => (await rowOf(world, id)).generation, { timeout: 5_000 }).toBe(2);
  });

  it("is written before the vault closes, though its callers have gone", async () => {
    const { world, id } = await expired();
    world.endpoint.delay_ms = 200;
    const abandoned = world.vault.credentialFor("alice", id).catch(() => {});
    await expect.poll(() => world.endpoint.exchanges.length, { interval: 5 }).toBe(1);
    const letGo = await world.hold();
    const held = sleep(1_500).then(letGo);
    await world.vault.close();
    await world.store.close();
    await Promise.all([abandoned, held]);
    const { vault } = await world.another();
    expect(tokenOf(await vault.credentialFor("alice", id))).toBe(world.endpoint.current().access_token);
    expect(world.endpoint.exchanges).toHaveLength(1);
  });

  it("too late to be the current one is parked, and tried once when the current one fails", async () => {
    const { world, id } = await expired();
    const { vault } = await world.another();
    world.endpoint.lenient = true;
    world.endpoint.delay_ms = 400;
    const late = world.vault.credentialFor("alice", id);
    await expect.poll(() => world.endpoint.exchanges.length, { interval: 5 }).toBe(1);
    await takenForGone(world, id);
    world.endpoint.delay_ms = 0;
    const quick = tokenOf(await vault.credentialFor("alice", id));
    // The slow one gets the newer tokens of the quick one, not its own.
    expect(tokenOf(await late)).toBe(quick);
    const parked = await rowOf(world, id);
    expect(parked.parked).not.toBeNull();
    expect(parked.parked).not.toContain(world.canary);
    world.endpoint.faults.push(invalid);
    world.clock.now += 2 * HOUR;
    expect(await credential(world, id)).toBe(world.endpoint.current().access_token);
    expect((await rowOf(world, id)).parked).toBeNull();
  });
});
