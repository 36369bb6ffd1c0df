import { createPublicKey, randomBytes, verify } from "node:crypto";
import { sql } from "kysely";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { createUseLog, type Entry, type LogLimits, type UseLog } from "../../src/handles/index.ts";
import { createLog } from "../../src/log.ts";
import { createTransport } from "../../src/transport.ts";
import { loadKeyring, newKeyText, openVault, proveKeyring, rekey } from "../../src/vault/index.ts";
import { makeWorld, random, type World } from "../vault/world.ts";

const DAY = 86_400_000;
let world: World;
/** Lines of the logs under test. */
let lines: string[];

beforeEach(async () => {
  world = await makeWorld();
  lines = [];
});

/** A log as one process has it; nothing is written before it is told to. */
function openLog(limits: Partial<LogLimits> = {}, parts: Pick<World, "store" | "vault"> = world): UseLog {
  const uses = createUseLog({
    store: parts.store,
    vault: parts.vault,
    log: createLog({ write: (line) => lines.push(line) }),
    now: () => world.clock.now,
    random: randomBytes,
    limits: { flush_ms: 3_600_000, ...limits },
  });
  onTestFinished(() => uses.close().catch(() => {}));
  return uses;
}

const entry = (change: Partial<Entry> = {}): Entry => ({
  kind: "use",
  at: world.clock.now,
  handle_id: "hdl_1",
  owner: "alice",
  connection_id: "con_1",
  method: "GET",
  path_template: "/rest/api/3/issue/{id}",
  status: 200,
  bytes_in: 0,
  bytes_out: 12,
  duration_ms: 3,
  code: null,
  times: 1,
  ...change,
});

async function written(count: number, uses = openLog()): Promise<UseLog> {
  for (let n = 0; n < count; n++) uses.used(entry({ bytes_out: n }));
  await uses.flush();
  return uses;
}

const change = (text: string) => sql.raw(text).execute(world.store.kysely);

describe("what was written", () => {
  it("holds, entry by entry, over batches, checkpoints and segments", async () => {
    const uses = await written(5);
    await written(150, openLog({ mark_entries: 40, segment_entries: 70 }));
    await written(9, openLog({ segment_entries: 4 }));
    const proof = await uses.verify();
    expect(proof).toMatchObject({ holds: true, entries: 164, unproven: 0, faults: [], gaps: [] });
    expect(proof).toMatchObject({ from: world.clock.now, to: world.clock.now });
    const rows = await uses.list(1_000);
    expect(rows).toHaveLength(164);
    expect(rows.every(({ mac, segment, seq }) => mac && segment && seq)).toBe(true);
  });

  it("is there within the time a crash may lose, without anybody waiting for it", async () => {
    const uses = openLog({ flush_ms: 20 });
    uses.used(entry());
    expect(await uses.list(9)).toEqual([]);
    await expect.poll(async () => (await uses.list(9)).length).toBe(1);
  });

  it("still holds under another key of the vault, where the older one is gone", async () => {
    const uses = await written(3);
    await uses.close();
    const { store } = world;
    const keyring = await loadKeyring({ current: newKeyText(random) });
    const both = { current: keyring.current, keys: new Map([...world.keyring.keys, ...keyring.keys]) };
    await proveKeyring(store, both, random);
    await rekey({ store, keyring: both, random });
    await expect(openLog().verify(), "the older key opens nothing now").rejects.toMatchObject({
      code: "vault_unreadable",
    });
    const log = createLog({ write: () => {} });
    const transport = createTransport({ allowances: () => [], log });
    const vault = await openVault({ store, keyring, transport, now: () => world.clock.now, random, log });
    expect(await openLog({}, { store, vault }).verify()).toMatchObject({ holds: true, entries: 3 });
    await transport.close();
  });

  it("is told apart from what came before there was a chain", async () => {
    await world.store.uses.append({ ...entry(), code: null });
    const uses = await written(1);
    expect(await uses.verify()).toMatchObject({ holds: true, entries: 1, unproven: 1 });
  });
});

describe("what somebody did to the database is found, and the first bad entry named:", () => {
  const seqOf = (n: number) => `segment is not null and seq = ${n}`;
  it.each<[string, string, object]>([
    ["a status changed", `update uses set status = 404 where ${seqOf(3)}`, { what: "altered", seq: 3 }],
    ["an owner changed", `update uses set owner = 'bob' where ${seqOf(1)}`, { what: "altered", seq: 1 }],
    ["a mark changed", `update uses set mac = 'x' where ${seqOf(5)}`, { what: "altered", seq: 5 }],
    ["an entry removed", `delete from uses where ${seqOf(4)}`, { what: "missing", seq: 4 }],
    ["the first removed", `delete from uses where ${seqOf(1)}`, { what: "missing", seq: 1 }],
    ["the end cut off", `delete from uses where seq > 4`, { what: "missing", seq: 5 }],
    [
      "two entries changed places",
      `update uses set seq = case seq when 2 then 103 when 3 then 102 end where seq in (2, 3);
       update uses set seq = seq - 100 where seq > 100`,
      { what: "altered", seq: 2 },
    ],
    [
      "two entries shown in another order",
      `update uses set id = 900 where seq = 2`,
      { what: "altered", seq: 3 },
    ],
    [
      "an entry added behind the end",
      `insert into uses (handle_id, owner, connection_id, at, method, path_template, status, bytes_in, bytes_out,
         duration_ms, segment, seq, mac)
       select handle_id, owner, connection_id, at, method, path_template, status, bytes_in, bytes_out,
         duration_ms, segment, 7, mac from uses where seq = 6`,
      { what: "added", seq: 7 },
    ],
    [
      "an entry added beside the chain",
      `insert into uses (handle_id, owner, connection_id, at, method, path_template, status, bytes_in, bytes_out,
         duration_ms) select handle_id, owner, connection_id, at, method, path_template, status, bytes_in,
         bytes_out, duration_ms from uses where seq = 6`,
      { what: "added" },
    ],
    ["a whole segment removed", `delete from uses; delete from use_segments`, { what: "missing" }],
    [
      "a segment and its checkpoints removed",
      `delete from uses; delete from use_segments; delete from use_checkpoints where number < 3`,
      { what: "checkpoint", checkpoint: 3 },
    ],
    [
      "a checkpoint's words changed",
      `update use_checkpoints set statement = replace(statement, '"seq":6', '"seq":5') where number = 3`,
      { what: "checkpoint", checkpoint: 3 },
    ],
    ["a checkpoint removed", `delete from use_checkpoints where number = 2`, { what: "checkpoint" }],
  ])("%s", async (_what, doing, fault) => {
    const uses = await written(6);
    await uses.close();
    expect((await uses.verify()).holds).toBe(true);
    for (const one of doing.split(";")) await change(one);
    const proof = await uses.verify();
    expect(proof.holds).toBe(false);
    expect(proof.faults[0]).toMatchObject(fault);
    if ("seq" in fault) expect(proof.entries, "entries proven before it").toBe(Number(fault.seq) - 1);
  });

  it("the end cut off while the process writes on: what it signs next tells", async () => {
    const uses = await written(6);
    await change("delete from uses where seq > 4");
    await change("update use_segments set head_seq = 4, head_mac = (select mac from uses where seq = 4)");
    await written(2, uses);
    const proof = await uses.verify();
    expect(proof.faults).toMatchObject([{ what: "missing", seq: 5, says: "Entries 5 to 6 are missing." }]);
    expect(proof.entries, "the four before, and the two in a new segment").toBe(6);
  });

  it("a database set back, by a checkpoint that was kept elsewhere", async () => {
    const uses = openLog({ mark_entries: 2 });
    await written(2, uses);
    const early = (await uses.checkpoint())!;
    await written(2, uses);
    const late = (await uses.checkpoint())!;
    expect((await uses.verify([early, late])).holds).toBe(true);
    // Exactly what stood there before, which nothing inside can tell from the truth.
    await change("delete from uses where seq > 2");
    await change("delete from use_checkpoints where number > 3");
    await change("update use_segments set head_seq = 2, head_mac = (select mac from uses where seq = 2)");
    expect((await uses.verify([early])).holds).toBe(true);
    expect((await uses.verify([early, late])).faults[0]).toMatchObject({ what: "checkpoint", checkpoint: 4 });
    const forged = { ...late, statement: late.statement.replace('"seq":4', '"seq":2') };
    expect((await uses.verify([forged])).holds).toBe(false);
  });
});

describe("a checkpoint", () => {
  it("is proven by its public key alone", async () => {
    const uses = await written(3);
    await uses.close();
    const { statement, signature, public_key } = (await uses.checkpoint())!;
    const proves = (text: string) =>
      verify(null, Buffer.from(text), createPublicKey(public_key), Buffer.from(signature, "base64url"));
    expect(proves(statement)).toBe(true);
    expect(proves(statement.replace("3", "4"))).toBe(false);
    expect(JSON.parse(statement)).toMatchObject({ what: "closed", seq: 3, number: 3 });
  });
});

describe("several processes", () => {
  it("write at once, each its own segment, and all of it holds", async () => {
    const logs = await Promise.all(
      [1, 2, 3].map(async () => openLog({ mark_entries: 3, segment_entries: 10 }, await world.another())),
    );
    for (const _round of [1, 2]) await Promise.all(logs.map((uses) => written(12, uses)));
    const proof = await logs[0]!.verify();
    expect(proof).toMatchObject({ holds: true, entries: 72 });
    expect(proof.segments).toHaveLength(6);
  });

  it("notice one that ended without a word, and mark the gap", async () => {
    const gone = openLog({ beat_ms: 3_600_000 });
    await written(4, gone);
    // Its process id is nobody's.
    await change(`update use_segments set holder = replace(holder, '.' || '${process.pid}', '.4194303')`);
    expect((await gone.verify()).segments[0]?.ended).toBe("left");
    const next = await written(1, openLog({ beat_ms: 20 }));
    await expect.poll(async () => (await next.verify()).segments[0]?.ended).toBe("lost");
    await next.flush();
    const proof = await next.verify();
    expect(proof.gaps).toMatchObject([{ code: "crash" }, { code: "crash noticed" }]);
    expect((await next.list(1))[0]).toMatchObject({ kind: "gap", code: "crash" });
    expect(proof.holds, "a gap is told, and is no tampering").toBe(true);
    // It was only held up: it goes on in a segment of its own.
    await written(2, gone);
    expect(await gone.verify()).toMatchObject({ holds: true, entries: 4 + 1 + 1 + 2 });
  });
});

describe("while the database is away", () => {
  it("entries wait, those that find no room are counted, and the gap is marked", async () => {
    const uses = openLog({ pending: 3 });
    await written(1, uses);
    await change("alter table uses rename to elsewhere");
    for (let n = 0; n < 5; n++) uses.used(entry());
    await uses.flush();
    expect(lines.filter((line) => line.includes("use_not_noted"))).toHaveLength(1);
    await change("alter table elsewhere rename to uses");
    await uses.flush();
    const proof = await uses.verify();
    expect(proof).toMatchObject({ holds: true, gaps: [{ code: "dropped", times: 2 }] });
    expect(proof.entries, "one before, three that waited, the gap").toBe(5);
  });
});

describe("refusals", () => {
  const stranger = { method: "GET", status: 401, code: "unauthenticated", path_template: "/typed" };

  it("of strangers leave nothing they typed, and a flood of them a few rows", async () => {
    const uses = openLog();
    for (let n = 0; n < 5_000; n++) uses.refused(stranger);
    uses.refused({ ...stranger, code: "forbidden", status: 403, handle: { id: "hdl_1", owner: "alice" } });
    await uses.close();
    const rows = (await uses.list(1_000)).reverse();
    expect(rows).toHaveLength(22);
    expect(rows[0]).toMatchObject({ kind: "refused", handle_id: "", path_template: "", status: 401 });
    expect(rows.find(({ handle_id }) => handle_id === "hdl_1")?.path_template).toBe("/typed");
    expect(rows.reduce((sum, { times }) => sum + times, 0)).toBe(5_001);
    expect((await uses.verify()).holds).toBe(true);
  });
});

describe("what is kept", () => {
  it("goes away by whole segments, with a signed word, and the rest still holds", async () => {
    const uses = openLog({ segment_entries: 10 });
    for (const _segment of [1, 2]) await written(10, uses);
    // A segment that nobody writes to ends too.
    world.clock.now += 2 * DAY;
    await uses.retain(0, 1_000_000);
    world.clock.now += 50 * DAY;
    await written(10, uses);
    await written(5, uses);
    await uses.retain(world.clock.now - 40 * DAY, 1_000_000);
    const proof = await uses.verify();
    expect(proof).toMatchObject({ holds: true, entries: 15, from: world.clock.now });
    expect(await uses.list(100)).toHaveLength(15);
    const [first] = await world.store.useLedger.checkpointsForOperator(0, 1);
    expect(first?.number, "checkpoints go with what they speak of").toBeGreaterThan(1);
    await uses.retain(0, 12);
    expect(await uses.verify()).toMatchObject({ holds: true, entries: 5 });
    await change("delete from use_checkpoints where number = (select min(number) from use_checkpoints)");
    expect((await uses.verify()).holds).toBe(false);
  });

  it("is not shortened by whoever writes another date into a row", async () => {
    const uses = await written(3);
    await uses.close();
    await change("update use_segments set ended_at = 1, seen_at = 1, opened_at = 1");
    await uses.retain(world.clock.now - DAY, 1_000_000);
    expect(await uses.verify()).toMatchObject({ holds: true, entries: 3 });
  });
});

it("of two processes that make the log's key at once, one does", async () => {
  const logs = await Promise.all([1, 2, 3].map(async () => openLog({}, await world.another())));
  await Promise.all(logs.map((uses) => written(1, uses)));
  expect(lines).toEqual([]);
  expect(await world.store.useLedger.keysForOperator()).toHaveLength(1);
});
