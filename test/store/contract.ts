import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LatchkeyError } from "../../src/errors.ts";
import { isUniqueViolation, type Store } from "../../src/store/index.ts";
import {
  attemptRow,
  callRow,
  connectionRow,
  connectSessionRow,
  danceRow,
  endpointRow,
  eventRow,
  exportRow,
  familyRow,
  followRow,
  handleRow,
  linkRow,
  outboxRow,
  registrationRow,
  sessionRow,
  useRow,
} from "./rows.ts";

/** What every store must do; run for each database over a fresh, empty one. */
export function storeContract(name: string, openEmpty: () => Promise<Store>): void {
  describe(`the store contract on ${name}`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await openEmpty();
    });
    afterEach(() => store.close());

    const seed = async () => {
      await store.registrations.insert(registrationRow());
      await store.families.insert(familyRow());
      await store.connections.insert(connectionRow());
    };

    rows(() => store, seed);
    transactions(() => store, seed);
    claims(() => store, seed);
    attempts(() => store, seed);
    sessionsAndOutbox(() => store);
    touched(() => store);
    exporting(() => store);
    ownerIsolation(() => store, seed);

    it("answers store_failed once it is closed", async () => {
      await store.close();
      await expect(store.meta.get("any")).rejects.toMatchObject({ code: "store_failed" });
      await expect(store.transaction(async () => 1)).rejects.toMatchObject({ code: "store_failed" });
    });
  });
}

type Given = () => Store;
type Seed = () => Promise<void>;

function rows(given: Given, seed: Seed): void {
  it("keeps the later of two times for one gauge, and sweeps what is over", async () => {
    const store = given();
    const row = (bucket: string, until_at: number, reason: string | null = null) => ({
      ...{ bucket, kind: "closed" as const, until_at, reason, quotas: "[]" },
    });
    await store.gauges.putForOperator([row("site a", 500), row("site b", 90)], 50);
    await store.gauges.putForOperator([row("site a", 400, "later word"), row("site c", 600)], 100);
    await store.gauges.putForOperator([], 1_000);
    expect(await store.gauges.openForOperator(450)).toEqual([
      row("site c", 600),
      row("site a", 500, "later word"),
    ]);
    expect((await store.gauges.openForOperator(0)).map(({ bucket }) => bucket)).toEqual(["site c", "site a"]);
  });

  it("gives back every column of every table as it was written", async () => {
    const store = given();
    await seed();
    expect(await store.registrations.find("cloud")).toEqual(registrationRow());
    expect(await store.families.get("alice", "fam_1")).toEqual(familyRow());
    const joined = await store.connections.get("alice", "con_1");
    expect(joined?.connection).toEqual(connectionRow());
    expect(joined?.family).toEqual(familyRow());
    expect(joined?.registration).toEqual({
      id: "cloud",
      client_id: "client",
      state: "active",
      suspended: null,
      generation: 1,
    });
    await store.attempts.insert(attemptRow());
    expect(await store.attempts.get("alice", "att_1")).toEqual(attemptRow());
    await store.handles.insert(handleRow());
    expect(await store.handles.findByKeyHash("key-hash-1")).toEqual(handleRow());
    await store.dances.insert(danceRow());
    expect(await store.dances.get("alice", "dnc_1")).toEqual(danceRow());
    await store.events.append(eventRow());
    expect(await store.events.list("alice")).toEqual([eventRow()]);
    await store.uses.append(useRow());
    expect(await store.uses.list("alice")).toMatchObject([useRow()]);
  });

  it("keeps times beyond 32 bit and text beyond ASCII", async () => {
    const store = given();
    const at = 4_102_444_800_000;
    await store.events.append(eventRow({ at, data: '{"name":"Zoë 🔑 Łukasz"}' }));
    expect(await store.events.list("alice", { since: at })).toEqual([
      eventRow({ at, data: '{"name":"Zoë 🔑 Łukasz"}' }),
    ]);
  });

  it("gives an owner its own registrations and the operator's, and no one else's", async () => {
    const store = given();
    await store.registrations.insert(registrationRow());
    await store.registrations.insert(registrationRow({ id: "alices", owner: "alice", created_at: 2000 }));
    await store.registrations.insert(registrationRow({ id: "bobs", owner: "bob", created_at: 3000 }));
    const ids = (await store.registrations.list("alice")).map((row) => row.id);
    expect(ids).toEqual(["cloud", "alices"]);
    expect(await store.registrations.listForOperator()).toHaveLength(3);
  });

  it("refuses a second row of the same key and says that this is why", async () => {
    const store = given();
    await seed();
    const thrown = await store.registrations.insert(registrationRow()).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(LatchkeyError);
    expect(isUniqueViolation(thrown)).toBe(true);
    const other = await store.families
      .insert(familyRow({ id: "fam_2", registration_id: "absent" }))
      .catch((error: unknown) => error);
    expect(isUniqueViolation(other)).toBe(false);
    expect(other).toMatchObject({ code: "store_failed" });
  });

  it("removes a registration with everything that hangs on it", async () => {
    const store = given();
    await seed();
    await store.attempts.insert(attemptRow());
    expect(await store.transaction((tx) => tx.registrations.remove("cloud"))).toBe(true);
    expect(await store.families.get("alice", "fam_1")).toBeUndefined();
    expect(await store.connections.listForOperator()).toEqual([]);
    expect(await store.attempts.findForOperator("att_1")).toBeUndefined();
    expect(await store.registrations.remove("cloud")).toBe(false);
  });

  it("counts connections by flavor and state, and renewals over all families", async () => {
    const store = given();
    expect(await store.families.totalsForOperator()).toEqual({ refreshes: 0, failing: 0 });
    await seed();
    await store.families.insert(familyRow({ id: "fam_2", generation: 5, failures: 2 }));
    await store.families.insert(familyRow({ id: "fam_3", generation: 3, failures: 1, state: "dead" }));
    await store.connections.insert(connectionRow({ id: "con_2", family_id: "fam_2" }));
    await store.connections.insert(connectionRow({ id: "con_3", family_id: "fam_3" }));
    expect(await store.families.totalsForOperator()).toEqual({ refreshes: 6, failing: 1 });
    const counts = await store.connections.countForOperator();
    expect(new Set(counts)).toEqual(
      new Set([
        { flavor: "cloud", state: "active", count: 2 },
        { flavor: "cloud", state: "dead", count: 1 },
      ]),
    );
  });

  it("sorts text by its bytes, and takes a NUL in it", async () => {
    const store = given();
    for (const key of ["k:b", "k:B", "k:a", "k:A", "k:_"]) await store.meta.set(key, "x");
    expect((await store.meta.list("k:")).map((row) => row.key)).toEqual(["k:A", "k:B", "k:_", "k:a", "k:b"]);
    await store.meta.set("nul\0", "a\0b");
    expect(await store.meta.get("nul\0")).toMatch(/^a.b$/su);
  });

  it("hides removed connections from every read", async () => {
    const store = given();
    await seed();
    await store.connections.update("alice", "con_1", { state: "removed" });
    expect(await store.connections.get("alice", "con_1")).toBeUndefined();
    expect(await store.connections.list("alice")).toEqual([]);
    expect(await store.connections.update("alice", "con_1", { state: "active" })).toBe(false);
  });

  it("filters connections by registration, family, site and account", async () => {
    const store = given();
    await seed();
    await store.connections.insert(connectionRow({ id: "con_2", site_id: "site-2", created_at: 2000 }));
    const ids = async (filter: object) =>
      (await store.connections.list("alice", filter)).map(({ connection }) => connection.id);
    expect(await ids({})).toEqual(["con_1", "con_2"]);
    expect(await ids({ site_id: "site-2" })).toEqual(["con_2"]);
    expect(await ids({ account_id: "acc-2" })).toEqual([]);
    expect(await ids({ registration_id: "cloud", family_id: "fam_1", account_id: "acc-1" })).toHaveLength(2);
  });

  it("finds families that no connection uses, and only old ones", async () => {
    const store = given();
    await seed();
    await store.families.insert(familyRow({ id: "fam_2" }));
    await store.families.insert(familyRow({ id: "fam_3", created_at: 8000 }));
    const orphans = await store.families.orphansForOperator(5000);
    expect(orphans.map((row) => row.id)).toEqual(["fam_2"]);
  });

  it("replaces a session of the same id and hides one whose time is over", async () => {
    const store = given();
    await store.sessions.put(sessionRow());
    await store.sessions.put(sessionRow({ owner: "bob" }));
    expect((await store.sessions.find("session-1", 5000))?.owner).toBe("bob");
    expect(await store.sessions.find("session-1", 9000)).toBeUndefined();
    await store.sessions.touch("session-1", 6000, 20_000);
    expect(await store.sessions.find("session-1", 9000)).toMatchObject({ last_seen_at: 6000 });
    expect(await store.sessions.purgeForOperator(20_000)).toBe(1);
  });

  it("lists what is newest first, and as much as was asked for", async () => {
    const store = given();
    for (const n of [1, 2, 3]) {
      await store.dances.insert(danceRow({ id: `dnc_${n}`, started_at: n }));
      await store.events.append(eventRow({ id: `evt_${n}`, at: n }));
      await store.uses.append(useRow({ at: n }));
    }
    expect((await store.dances.list("alice", 2)).map((row) => row.id)).toEqual(["dnc_3", "dnc_2"]);
    expect((await store.dances.latest("alice"))?.id).toBe("dnc_3");
    await store.dances.update("alice", "dnc_2", { outcome: "failed" });
    expect((await store.dances.latestFailed("alice"))?.id).toBe("dnc_2");
    await store.calls.insert([1, 2, 3].map((n) => callRow({ id: `cal_${n}`, started_at: n })));
    await store.calls.insert([callRow({ id: "cal_4", connection_id: "con_2", started_at: 4 })]);
    await store.calls.insert([]);
    const ofOne = { connection_id: "con_1", limit: 2 };
    expect((await store.calls.list("alice", ofOne)).map(({ id }) => id)).toEqual(["cal_3", "cal_2"]);
    expect(await store.calls.latest("alice")).toEqual(
      callRow({ id: "cal_4", connection_id: "con_2", started_at: 4 }),
    );
    await store.calls.missedForOperator("cal_4", 3);
    await store.calls.missedForOperator("cal_4", 2);
    expect(await store.calls.getForOperator("cal_4")).toMatchObject({ missed: 5 });
    expect([await store.calls.purgeForOperator(2), await store.calls.trimForOperator(2)]).toEqual([1, 1]);
    expect((await store.calls.listForOperator()).map(({ id }) => id)).toEqual(["cal_4", "cal_3"]);
    expect((await store.events.list("alice", { limit: 1 })).map((row) => row.id)).toEqual(["evt_3"]);
    const [newest] = await store.uses.list("alice", { limit: 1 });
    expect(newest?.at).toBe(3);
    expect(await store.uses.list("alice", { before: newest!.id })).toHaveLength(2);
  });

  it("finds facts about itself by prefix, taking % and _ as they are", async () => {
    const store = given();
    await store.meta.set("a_b:1", "one");
    await store.meta.set("a_b:1", "two");
    await store.meta.set("axb:1", "other");
    expect(await store.meta.get("a_b:1")).toBe("two");
    expect(await store.meta.list("a_b:")).toEqual([{ key: "a_b:1", value: "two" }]);
    expect(await store.meta.list("%")).toEqual([]);
  });
}

function transactions(given: Given, seed: Seed): void {
  it("keeps nothing of a transaction that failed", async () => {
    const store = given();
    const failing = store.transaction(async (tx) => {
      await tx.meta.set("half", "written");
      throw new Error("stop");
    });
    await expect(failing).rejects.toThrow("stop");
    expect(await store.meta.get("half")).toBeUndefined();
    await store.meta.set("after", "works");
  });

  it("shows uncommitted rows inside the transaction only", async () => {
    const store = given();
    await store.transaction(async (tx) => {
      await tx.meta.set("new", "value");
      expect(await tx.meta.get("new")).toBe("value");
      expect(await store.meta.get("new")).toBeUndefined();
    });
    expect(await store.meta.get("new")).toBe("value");
  });

  it("joins a transaction begun inside another", async () => {
    const store = given();
    const failing = store.transaction(async (tx) => {
      await tx.transaction((inner) => inner.meta.set("inner", "written"));
      throw new Error("stop");
    });
    await expect(failing).rejects.toThrow("stop");
    expect(await store.meta.get("inner")).toBeUndefined();
  });

  it("runs read-then-write transactions one after the other", async () => {
    const store = given();
    await store.meta.set("counter", "0");
    const add = () =>
      store.transaction(async (tx) => {
        const before = Number(await tx.meta.get("counter"));
        await new Promise((resolve) => setImmediate(resolve));
        await tx.meta.set("counter", String(before + 1));
      });
    await Promise.all(Array.from({ length: 40 }, add));
    expect(await store.meta.get("counter")).toBe("40");
  });

  it("lets only one of several transactions act on what all of them have looked at", async () => {
    const store = given();
    const take = (name: string) =>
      store.transaction(async (tx) => {
        if ((await tx.meta.list("seat:")).length > 0) return false;
        await new Promise((resolve) => setImmediate(resolve));
        await tx.meta.set(`seat:${name}`, "taken");
        return true;
      });
    const taken = await Promise.all(["a", "b", "c", "d", "e"].map(take));
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await store.meta.list("seat:")).toHaveLength(1);
  });

  it("refuses, by itself, a connection on another owner's family", async () => {
    const store = given();
    await seed();
    const foreign = store.connections.insert(connectionRow({ id: "con_2", owner: "bob" }));
    await expect(foreign).rejects.toMatchObject({ code: "store_failed" });
  });
}

function claims(given: Given, seed: Seed): void {
  const lease = (lease_owner: string) => ({ lease_owner, lease_until: 1100 });
  const unclaimed = { fence: 0, generation: 1 };

  it("gives a lease to one of many, and the next fencing number with each", async () => {
    const store = given();
    await seed();
    const tries = Array.from({ length: 10 }, (_, n) =>
      store.families.claim("alice", "fam_1", unclaimed, lease(`p${n}`)),
    );
    const won = (await Promise.all(tries)).filter((row) => row !== undefined);
    expect(won).toHaveLength(1);
    expect(won[0]).toMatchObject({ fence: 1, lease_until: 1100 });
    expect(await store.families.claim("alice", "fam_1", unclaimed, lease("late"))).toBeUndefined();
    expect((await store.families.claim("alice", "fam_1", won[0]!, lease("next")))?.fence).toBe(2);
  });

  it("gives no lease to one that has not seen the tokens that are there", async () => {
    const store = given();
    await seed();
    await store.families.update("alice", "fam_1", { generation: 2 });
    expect(await store.families.claim("alice", "fam_1", unclaimed, lease("p"))).toBeUndefined();
  });

  it("refuses a writer whose fence or generation is no longer the current one", async () => {
    const store = given();
    await seed();
    const first = await store.families.claim("alice", "fam_1", unclaimed, lease("slow"));
    const second = await store.families.claim("alice", "fam_1", first!, lease("quick"));
    expect(await store.families.updateIf("alice", "fam_1", first!, { token_id: "late" })).toBe(false);
    expect(await store.families.updateIf("alice", "fam_1", second!, { token_id: "new", generation: 2 })).toBe(
      true,
    );
    expect(await store.families.updateIf("alice", "fam_1", second!, { token_id: "again" })).toBe(false);
    expect(await store.families.get("alice", "fam_1")).toMatchObject({ token_id: "new", generation: 2 });
  });

  it("writes to a family that is not active only where that state is named", async () => {
    const store = given();
    await seed();
    await store.families.update("alice", "fam_1", { state: "dead" });
    const named = { ...unclaimed, in_state: "dead" } as const;
    expect(await store.families.updateIf("alice", "fam_1", unclaimed, { token_id: "new" })).toBe(false);
    expect(await store.families.updateIf("alice", "fam_1", named, { token_id: "new" })).toBe(true);
  });

  it("never leases a family that is not active", async () => {
    const store = given();
    await seed();
    for (const state of ["dead", "exported", "forgotten"] as const) {
      await store.families.update("alice", "fam_1", { state });
      expect(await store.families.claim("alice", "fam_1", unclaimed, lease("p"))).toBeUndefined();
    }
  });
}

function attempts(given: Given, seed: Seed): void {
  it("lets one of many take an attempt, before its end only", async () => {
    const store = given();
    await seed();
    await store.attempts.insert(attemptRow());
    await store.attempts.insert(attemptRow({ id: "att_2", lookup_hash: "hash-2" }));
    const won = await Promise.all(
      Array.from({ length: 10 }, () => store.attempts.take("alice", "att_1", 8999)),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await store.attempts.take("alice", "att_2", 9000)).toBeUndefined();
  });

  it("lets one of many make the choice", async () => {
    const store = given();
    await seed();
    await store.attempts.insert(attemptRow({ step: "choosing" }));
    const won = await Promise.all(
      Array.from({ length: 10 }, () => store.attempts.takeChoice("alice", "att_1", 2000)),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
  });

  it("looks an attempt up within its registration only", async () => {
    const store = given();
    await seed();
    await store.registrations.insert(registrationRow({ id: "other" }));
    await store.attempts.insert(attemptRow());
    await store.attempts.insert(attemptRow({ id: "att_2", registration_id: "other" }));
    const twice = store.attempts.insert(attemptRow({ id: "att_3" }));
    await expect(twice).rejects.toMatchObject({ code: "store_failed" });
    expect((await store.attempts.findByLookup("other", "hash-1"))?.id).toBe("att_2");
    expect(await store.attempts.findByLookup("absent", "hash-1")).toBeUndefined();
  });
}

function sessionsAndOutbox(given: Given): void {
  const proof = { result_hash: "result-hash-1", user: "u-1", now: 2000 };

  it("lets one of many redeem a connect session: right result, right user, in time", async () => {
    const { connectSessions } = given();
    await connectSessions.insert(connectSessionRow());
    for (const wrong of [{ result_hash: "other" }, { user: "u-2" }, { now: 9000 }]) {
      expect(await connectSessions.redeem("alice", "cse_1", { ...proof, ...wrong })).toBeUndefined();
    }
    const won = await Promise.all(
      Array.from({ length: 10 }, () => connectSessions.redeem("alice", "cse_1", proof)),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
    expect((await connectSessions.get("alice", "cse_1"))?.state).toBe("redeemed");
  });

  it("lets one of many open a link", async () => {
    const { connectSessions } = given();
    await connectSessions.insert(connectSessionRow({ state: "created" }));
    const won = await Promise.all(
      Array.from({ length: 10 }, () => connectSessions.openForOperator("link-hash-1", 2000)),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
  });

  it("gives each attempt of a delivery to one, and lets only that one end it", async () => {
    const { outbox, endpoints } = given();
    await endpoints.insert(endpointRow());
    await outbox.append(outboxRow());
    expect(await outbox.dueForOperator(999, 9)).toEqual([]);
    expect(await outbox.dueForOperator(1000, 9)).toEqual([{ id: "dlv_1", owner: "alice" }]);
    const won = await Promise.all(
      Array.from({ length: 10 }, () => outbox.claimForOperator("dlv_1", 1000, 5000)),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
    expect(await outbox.dueForOperator(4999, 9)).toEqual([]);
    expect((await outbox.claimForOperator("dlv_1", 5000, 8000))?.attempts).toBe(2);
    const done = { state: "done" as const, last_status: 200, last_error: null, ended_at: 6000 };
    expect(await outbox.finishForOperator("dlv_1", 1, done)).toBe(false);
    expect(await outbox.finishForOperator("dlv_1", 2, done)).toBe(true);
    expect(await outbox.totalsForOperator()).toEqual({ waiting: 0, dead: 0, oldest_at: undefined });
  });

  it("tells an owner's endpoints and the operator's of an event, where they want that type", async () => {
    const { endpoints } = given();
    await endpoints.insert(endpointRow());
    await endpoints.insert(endpointRow({ id: "whe_2", owner: null, types: '["connection.dead"]' }));
    await endpoints.insert(endpointRow({ id: "whe_3", owner: "bob" }));
    await endpoints.insert(endpointRow({ id: "whe_4", state: "disabled" }));
    const ids = async (type: string) => (await endpoints.hearing("alice", type)).map(({ id }) => id);
    expect(await ids("connection.dead")).toEqual(["whe_1", "whe_2"]);
    expect(await ids("connection.created")).toEqual(["whe_1"]);
  });
}

function exporting(given: Given): void {
  it("gives an export to one maker, lets nobody else write, and ends it over the head of its maker", async () => {
    const { exports } = given();
    await exports.insert(exportRow());
    expect(await exports.dueForOperator(999, 9)).toEqual([]);
    expect(await exports.dueForOperator(1000, 9)).toEqual([{ id: "exp_1", owner: "alice" }]);
    const claims = await Promise.all([1, 2, 3].map(() => exports.claimForOperator("exp_1", 1000, 2000)));
    expect(claims.filter((one) => one !== undefined)).toMatchObject([{ state: "running", fence: 1 }]);
    expect(await exports.dueForOperator(1999, 9)).toEqual([]);
    expect(await exports.claimForOperator("exp_1", 2000, 3000)).toMatchObject({ fence: 2 });
    expect(await exports.changeForOperator("exp_1", 1, { begun_anew: 7 })).toBe(false);
    expect(await exports.changeForOperator("exp_1", 2, { begun_anew: 1 })).toBe(true);
    expect(await exports.keptForOperator(["exp_1", "exp_2"])).toEqual(new Set(["exp_1"]));
    expect(await exports.stop("alice", "exp_1", { expires_at: 5000 })).toBe(true);
    expect(await exports.changeForOperator("exp_1", 2, { state: "done" })).toBe(false);
    expect(await exports.get("alice", "exp_1")).toEqual(
      exportRow({ state: "stopped", fence: 3, begun_anew: 1, expires_at: 5000 }),
    );
    expect(await exports.stop("alice", "exp_1", {})).toBe(false);
    expect(await exports.keptForOperator(["exp_1"])).toEqual(new Set());
    expect([await exports.purgeForOperator(4999), await exports.purgeForOperator(5000)]).toEqual([0, 1]);
  });
}

/** Every call that names an owner, with what it answers when the row belongs to someone else. */
function touched(given: Given): void {
  const issue = { registration_id: "cloud", site_id: "site-1", issue_id: "10001" };

  it("keeps one row for an issue, however often it is told of, and gives it to one reader", async () => {
    const { touched } = given();
    for (let n = 0; n < 3; n++) await touched.tellForOperator(issue, 1000 + n);
    const [due, ...more] = await touched.dueForOperator(1000, 10);
    expect(more).toEqual([]);
    const claims = await Promise.all([1, 2, 3].map(() => touched.claimForOperator(due!.id, 2000, 3000)));
    const [row] = claims.filter((one) => one !== undefined);
    expect(claims.filter((one) => one !== undefined)).toHaveLength(1);
    expect(row).toMatchObject({ ...issue, count: 3, first_at: 1000, due_at: 1000 });
    expect(await touched.dueForOperator(2999, 10)).toEqual([]);
    await touched.doneForOperator(row!, 2500);
    expect(await touched.totalsForOperator()).toEqual({ waiting: 0, told: 0, oldest_at: undefined });
  });

  it("reads an issue once more that was told of while it was read, and later where reading failed", async () => {
    const { touched } = given();
    await touched.tellForOperator(issue, 1000);
    const [due] = await touched.dueForOperator(1000, 10);
    const first = await touched.claimForOperator(due!.id, 1000, 3000);
    await touched.tellForOperator(issue, 1500);
    await touched.doneForOperator(first!, 2000);
    const second = await touched.claimForOperator(due!.id, 2000, 4000);
    expect(second).toMatchObject({ count: 1, attempts: 0 });
    await touched.putOffForOperator(second!, 9000);
    await touched.tellForOperator(issue, 2500);
    expect(await touched.dueForOperator(8999, 10)).toEqual([]);
    const third = await touched.claimForOperator(due!.id, 9000, 9500);
    expect(third).toMatchObject({ count: 2, attempts: 1 });
    // The end of a reading that was overtaken changes nothing.
    const fourth = await touched.claimForOperator(due!.id, 9500, 9900);
    await touched.doneForOperator(third!, 9600);
    expect(await touched.totalsForOperator()).toMatchObject({ waiting: 1 });
    await touched.doneForOperator(fourth!, 9700);
    expect(await touched.totalsForOperator()).toMatchObject({ waiting: 0 });
  });

  it("takes the name of a webhook once", async () => {
    const { hooks } = given();
    expect(await hooks.hearForOperator(["a", "b"], 1000)).toBe(2);
    expect(await hooks.hearForOperator(["b", "c"], 2000)).toBe(1);
    await hooks.forgetHeardForOperator(2000);
    expect(await Promise.all(["a", "b", "c"].map((id) => hooks.wasHeardForOperator(id)))).toEqual([
      false,
      false,
      true,
    ]);
  });
}

function ownerIsolation(given: Given, seed: Seed): void {
  const foreign: readonly (readonly [string, (store: Store) => Promise<unknown>, unknown])[] = [
    ["families.get", (s) => s.families.get("bob", "fam_1"), undefined],
    ["families.list", (s) => s.families.list("bob"), []],
    ["families.update", (s) => s.families.update("bob", "fam_1", { token_id: "stolen" }), false],
    [
      "families.updateIf",
      (s) => s.families.updateIf("bob", "fam_1", { fence: 0, generation: 1 }, { token_id: "stolen" }),
      false,
    ],
    [
      "families.claim",
      (s) =>
        s.families.claim("bob", "fam_1", { fence: 0, generation: 1 }, { lease_owner: "p", lease_until: 9 }),
      undefined,
    ],
    ["connections.get", (s) => s.connections.get("bob", "con_1"), undefined],
    ["connections.list", (s) => s.connections.list("bob", { family_id: "fam_1" }), []],
    ["connections.update", (s) => s.connections.update("bob", "con_1", { site_name: "stolen" }), false],
    ["attempts.get", (s) => s.attempts.get("bob", "att_1"), undefined],
    ["attempts.take", (s) => s.attempts.take("bob", "att_1", 2000), undefined],
    ["attempts.reopen", (s) => s.attempts.reopen("bob", "att_1"), undefined],
    ["attempts.takeChoice", (s) => s.attempts.takeChoice("bob", "att_2", 2000), undefined],
    ["attempts.update", (s) => s.attempts.update("bob", "att_1", { step: "failed" }), false],
    ["handles.get", (s) => s.handles.get("bob", "hdl_1"), undefined],
    ["handles.list", (s) => s.handles.list("bob"), []],
    ["handles.revoke", (s) => s.handles.revoke("bob", "hdl_1", 2000), false],
    ["handles.touch", (s) => s.handles.touch("bob", "hdl_1", 2000), undefined],
    ["uses.list", (s) => s.uses.list("bob", { handle_id: "hdl_1" }), []],
    ["dances.get", (s) => s.dances.get("bob", "dnc_1"), undefined],
    ["dances.list", (s) => s.dances.list("bob"), []],
    ["dances.latest", (s) => s.dances.latest("bob"), undefined],
    ["dances.latestFailed", (s) => s.dances.latestFailed("bob"), undefined],
    ["calls.get", (s) => s.calls.get("bob", "cal_1"), undefined],
    ["calls.list", (s) => s.calls.list("bob"), []],
    ["calls.latest", (s) => s.calls.latest("bob"), undefined],
    ["dances.update", (s) => s.dances.update("bob", "dnc_1", { outcome: "failed" }), false],
    ["connectSessions.get", (s) => s.connectSessions.get("bob", "cse_1"), undefined],
    ["connectSessions.list", (s) => s.connectSessions.list("bob"), []],
    [
      "connectSessions.move",
      (s) => s.connectSessions.move("bob", "cse_1", "waiting", { state: "failed" }),
      false,
    ],
    [
      "connectSessions.redeem",
      (s) =>
        s.connectSessions.redeem("bob", "cse_1", { result_hash: "result-hash-1", user: "u-1", now: 2000 }),
      undefined,
    ],
    ["endpoints.get", (s) => s.endpoints.get("bob", "whe_1"), undefined],
    ["endpoints.list", (s) => s.endpoints.list("bob"), []],
    ["endpoints.hearing", (s) => s.endpoints.hearing("bob", "connection.dead"), []],
    ["links.get", (s) => s.links.get("bob", "lnk_1"), undefined],
    ["links.list", (s) => s.links.list("bob"), []],
    ["links.countByState", (s) => s.links.countByState("bob", "con_1"), {}],
    ["links.takenIssues", (s) => s.links.takenIssues("bob", "site-1", ["10001"]), new Set()],
    ["links.claim", (s) => s.links.claim("bob", "lnk_1", 0, { lease_owner: "p", lease_until: 9 }), undefined],
    ["links.change", (s) => s.links.change("bob", "lnk_1", 0, { state: "failed" }), false],
    ["links.remove", (s) => s.links.remove("bob", "lnk_1"), false],
    ["follows.get", (s) => s.follows.get("bob", "con_1"), undefined],
    ["exports.get", (s) => s.exports.get("bob", "exp_1"), undefined],
    ["exports.list", (s) => s.exports.list("bob"), []],
    ["exports.stop", (s) => s.exports.stop("bob", "exp_1", {}), false],
    ["exports.remove", (s) => s.exports.remove("bob", "exp_1"), false],
    ["events.list", (s) => s.events.list("bob", { connection_id: "con_1" }), []],
  ];

  it("treats what belongs to another owner as absent, in every call", async () => {
    const store = given();
    await seed();
    await store.attempts.insert(attemptRow());
    await store.attempts.insert(attemptRow({ id: "att_2", step: "choosing", lookup_hash: "hash-2" }));
    await store.handles.insert(handleRow());
    await store.uses.append(useRow());
    await store.dances.insert(danceRow());
    await store.calls.insert([callRow()]);
    await store.events.append(eventRow());
    await store.connectSessions.insert(connectSessionRow());
    await store.endpoints.insert(endpointRow());
    await store.links.insert(linkRow());
    await store.follows.insert(followRow());
    await store.exports.insert(exportRow());
    for (const [call, run, answer] of foreign) {
      expect(await run(store), call).toEqual(answer);
    }
    expect(await store.families.get("alice", "fam_1")).toEqual(familyRow());
    expect((await store.connections.get("alice", "con_1"))?.connection).toEqual(connectionRow());
    expect(await store.attempts.get("alice", "att_1")).toEqual(attemptRow());
    expect(await store.handles.get("alice", "hdl_1")).toEqual(handleRow());
    expect(await store.dances.get("alice", "dnc_1")).toEqual(danceRow());
    expect(await store.links.get("alice", "lnk_1")).toEqual(linkRow());
  });

  it("names in that list every repository call that takes an owner", () => {
    const store = given();
    const ownerless = /ForOperator$|^insert$|^append$|^find|^purge/;
    const elsewhere = new Set(["registrations", "sessions", "meta"]);
    const calls = Object.entries(store).flatMap(([room, repository]) =>
      elsewhere.has(room) ||
      typeof repository !== "object" ||
      !("insert" in repository || "append" in repository)
        ? []
        : Object.keys(repository)
            .filter((call) => !ownerless.test(call))
            .map((call) => `${room}.${call}`),
    );
    expect(new Set(foreign.map(([call]) => call))).toEqual(new Set(calls));
  });
}
