import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { bundleAt, writeWhole } from "../../src/cli/bundle-file.ts";
import { Secret } from "../../src/secret.ts";
import { CHUNK_BYTES, createEncryptor, decrypt } from "../../src/vault/bundle/cipher.ts";
import { CARRIED, carriedAt, createTotal, LEFT_BEHIND, linesOf } from "../../src/vault/bundle/content.ts";
import { checkBundle, loadKeyring, newKeyText, type Vault } from "../../src/vault/index.ts";
import { createDatabase, postgresUrl } from "../postgres/database.ts";
import { temporaryDirectory } from "../store/temporary.ts";
import { openAt } from "./elsewhere.ts";
import { filled } from "./filled.ts";
import { connected, makeWorld, random, tokenOf, type World } from "./world.ts";

const passphrase = new Secret("a passphrase of the bundle");
/** Stretching a passphrase takes half a second each time; a key does not. */
const key = newKeyText(random);

async function exported(vault: Vault, secret = key): Promise<string> {
  const file = join(temporaryDirectory(), "vault.latchkey");
  await writeWhole(file, (write) => vault.upkeep.exportTo(write, secret));
  return file;
}

async function emptyVault(world: World, url = `sqlite:${join(temporaryDirectory(), "latchkey.db")}`) {
  return await openAt(world, url, await loadKeyring({ current: newKeyText(random) }));
}

/** Columns that came after the second schema. */
const LATER: Readonly<Record<string, readonly string[]>> = {
  attempts: ["connect_session_id"],
  registrations: ["credential"],
  uses: ["segment", "seq", "code", "mac", "kind", "times"],
};

/** The same bundle as the second schema would have written it. */
async function asVersion2(
  file: string,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<ReturnType<typeof checkBundle>> {
  const out = await createEncryptor({ random, now: Date.now }, key, write);
  const { source, close } = await bundleAt(file).open();
  const totals = [];
  let total = createTotal("");
  let kept = false;
  let later: readonly string[] = [];
  for await (const line of linesOf(decrypt(source, key))) {
    if ("bundle" in line) await out.write(`${JSON.stringify({ ...line, schema: 2 })}\n`);
    else if ("over" in line) await out.write(`${JSON.stringify(line)}\n`);
    else if ("table" in line) {
      kept = carriedAt(2).includes(line.table);
      later = LATER[line.table] ?? [];
      total = createTotal(line.table);
      if (kept) await out.write(`${JSON.stringify(line)}\n`);
    } else if (kept && "row" in line) {
      const row = Object.fromEntries(Object.entries(line.row).filter(([name]) => !later.includes(name)));
      total.add(row);
      await out.write(`${JSON.stringify({ row })}\n`);
    } else if (kept && "end" in line) {
      totals.push(total.total());
      await out.write(`${JSON.stringify({ end: total.total() })}\n`);
    }
  }
  await close();
  await out.end();
  return totals;
}

describe("a bundle", () => {
  it("carries every table of the database, or says why it does not", async () => {
    const world = await makeWorld();
    const { rows } = await sql<{ name: string }>`
      select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`.execute(
      world.store.kysely,
    );
    const known = [...CARRIED.map(({ table }) => table as string), ...Object.keys(LEFT_BEHIND)];
    expect(rows.map(({ name }) => name).sort()).toEqual(known.sort());
  });

  it("brings everything into another vault, counted, compared, and sealed under that one's key", async () => {
    const world = await makeWorld();
    const ids = await filled(world);
    const file = await exported(world.vault, passphrase);
    const target = await emptyVault(world);
    const totals = await target.vault.upkeep.importFrom(bundleAt(file), passphrase);
    expect(totals.map(({ table, count }) => [table, count])).toEqual([
      ["registrations", 1],
      ["families", 3],
      ["connections", 3],
      ["attempts", 1],
      ["handles", 1],
      ["uses", 3],
      ["dances", 1],
      ["sessions", 1],
      ["events", (await world.store.kysely.selectFrom("events").selectAll().execute()).length],
      ["connect_sessions", 1],
      ["webhook_endpoints", 1],
      ["outbox", 1],
      ["policy_keys", 1],
      ["log_keys", 1],
      ["use_segments", 1],
      ["use_checkpoints", 3],
      ["links", 1],
      ["calls", 1],
      ["follows", 1],
      ["hooks", 1],
    ]);
    for (const id of ids) {
      expect(await target.vault.connections.get("alice", id)).toEqual(
        await world.vault.connections.get("alice", id),
      );
      expect(tokenOf(await target.vault.credentialFor("alice", id))).toContain(world.canary);
    }
    const place = { table: "policy_keys", column: "sealed_key", row: "k1", owner: "", generation: 0 };
    const [pseudonyms] = await target.store.policyKeys.listForOperator();
    expect(target.vault.open(place, pseudonyms!.sealed_key).reveal()).toBe("a key of pseudonyms");
    const attempt = await target.vault.attempts.findByState("cloud", "state-1");
    expect(attempt?.secrets.code_verifier?.reveal()).toBe("verifier-1");
    // The same again from there: the same totals.
    const back = await target.vault.upkeep.exportTo(async () => {}, key);
    expect(back).toEqual(totals);
  });

  it("of an earlier version is read by a later one, which has tables and columns more", async () => {
    const world = await makeWorld();
    const [id] = await filled(world, 1);
    const file = join(temporaryDirectory(), "earlier");
    await writeWhole(file, async (write) => await asVersion2(await exported(world.vault), write));
    const target = await emptyVault(world);
    const totals = await target.vault.upkeep.importFrom(bundleAt(file), key);
    expect(totals.map(({ table }) => table)).toEqual(carriedAt(2));
    expect(totals).toHaveLength(9);
    expect(tokenOf(await target.vault.credentialFor("alice", id!))).toContain(world.canary);
    expect(await target.store.policyKeys.listForOperator()).toEqual([]);
  });

  it("begins quarantined where it is imported", async () => {
    const world = await makeWorld();
    const [id] = await filled(world, 1);
    const target = await emptyVault(world);
    await target.vault.upkeep.importFrom(bundleAt(await exported(world.vault)), key);
    expect(await target.vault.quarantine()).toMatchObject({ reason: "imported" });
    await expect(target.vault.refresh("alice", id!)).rejects.toMatchObject({ code: "vault_quarantined" });
    expect(world.endpoint.exchanges).toEqual([]);
    await target.vault.upkeep.confirm();
    await target.vault.refresh("alice", id!);
    expect(world.endpoint.exchanges).toHaveLength(1);
  });

  it("holds nothing in plain, and is for its user alone", async () => {
    const world = await makeWorld();
    await filled(world);
    const file = await exported(world.vault, passphrase);
    const bytes = readFileSync(file).toString("latin1");
    for (const text of [world.canary, "alice", "registrations", "verifier-1", passphrase.reveal()]) {
      expect(bytes).not.toContain(text);
    }
    const { statSync } = await import("node:fs");
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("is of one moment, though others write meanwhile", async () => {
    const world = await makeWorld();
    await filled(world);
    const file = join(temporaryDirectory(), "b");
    let wrote = 0;
    await writeWhole(file, (write) =>
      world.vault.upkeep.exportTo(write, key, ({ table }) => {
        if (table !== "registrations") return;
        // After the snapshot began, and before the tables behind it are read.
        wrote++;
        void connected(world, { owner: "later" });
      }),
    );
    expect(wrote).toBe(1);
    await expect.poll(async () => (await world.vault.connections.list("later")).length).toBe(1);
    const totals = await checkBundle(bundleAt(file), key);
    expect(totals.find(({ table }) => table === "families")?.count).toBe(3);
    expect(totals.find(({ table }) => table === "connections")?.count).toBe(3);
  });

  it("is written whole or not at all, and over nothing", async () => {
    const directory = temporaryDirectory();
    const file = join(directory, "b");
    const { readdirSync } = await import("node:fs");
    const half = writeWhole(file, async (write) => {
      await write(Buffer.from("half"));
      throw new Error("cut");
    });
    await expect(half).rejects.toThrow("cut");
    expect(readdirSync(directory)).toEqual([]);
    writeFileSync(file, "mine");
    await expect(writeWhole(file, (write) => write(Buffer.from("new")))).rejects.toMatchObject({
      code: "bad_request",
    });
    expect(readFileSync(file, "utf8")).toBe("mine");
    mkdirSync(join(directory, "d"));
    expect(readdirSync(directory).sort()).toEqual(["b", "d"]);
  });
});

describe("a bundle that is not what was written", () => {
  async function refused(world: World, bytes: Buffer, secret = key) {
    const file = join(temporaryDirectory(), "b");
    writeFileSync(file, bytes);
    const target = await emptyVault(world);
    const failed = target.vault.upkeep.importFrom(bundleAt(file), secret);
    await expect(failed).rejects.toMatchObject({ code: "bundle_unreadable" });
    for (const { table } of CARRIED) {
      expect(await target.store.kysely.selectFrom(table).selectAll().execute()).toEqual([]);
    }
    expect(await target.vault.quarantine()).toBeUndefined();
    await target.store.close();
  }

  it("is refused with nothing written, wherever a byte was changed", async () => {
    const world = await makeWorld();
    await filled(world);
    const whole = readFileSync(await exported(world.vault));
    const places = [0, 9, 20, whole.length - 1, whole.length >> 1];
    for (let n = 0; n < 15; n++) places.push(randomBytes(4).readUInt32BE() % whole.length);
    for (const at of places) {
      const changed = Buffer.from(whole);
      changed[at]! ^= 1 << (at % 8);
      await refused(world, changed);
    }
  });

  it("is refused where it was cut short, lengthened, or its chunks put in another order", async () => {
    const world = await makeWorld();
    await filled(world);
    // Long enough for several chunks.
    const long = "x".repeat(CHUNK_BYTES);
    for (const id of ["evt_2", "evt_3", "evt_4"]) {
      const event = { owner: "alice", connection_id: null, family_id: null, type: "t", at: 1 };
      await world.store.kysely
        .insertInto("events")
        .values({ ...event, id, data: long })
        .execute();
    }
    const whole = readFileSync(await exported(world.vault));
    const head = 12 + whole.readUInt32BE(8) + 32;
    const size = 4 + CHUNK_BYTES + 16;
    const chunk = (n: number) => whole.subarray(head + n * size, head + (n + 1) * size);
    expect(whole.length).toBeGreaterThan(head + 3 * size);
    const start = whole.subarray(0, head);
    const rest = whole.subarray(head + 2 * size);
    for (const bytes of [
      Buffer.alloc(0),
      whole.subarray(0, 5),
      start,
      whole.subarray(0, -1),
      whole.subarray(0, head + size),
      whole.subarray(0, head + 2 * size),
      Buffer.concat([whole, Buffer.from("x")]),
      Buffer.concat([start, chunk(1), chunk(0), rest]),
      Buffer.concat([start, chunk(0), chunk(0), rest]),
      Buffer.concat([start, chunk(0), rest]),
    ]) {
      await refused(world, bytes);
    }
  });

  it("is refused with another passphrase, another key, the other kind, and when it is no bundle", async () => {
    const world = await makeWorld();
    await filled(world);
    const whole = readFileSync(await exported(world.vault, passphrase));
    await refused(world, whole, new Secret("another passphrase"));
    const keyed = readFileSync(await exported(world.vault));
    await refused(world, keyed, newKeyText(random));
    await refused(world, keyed, passphrase);
    await refused(world, Buffer.from('{"tokens": []}'));
  });

  it("is refused by a vault that holds something, which stays as it is", async () => {
    const world = await makeWorld();
    await filled(world);
    const file = await exported(world.vault);
    const failed = world.vault.upkeep.importFrom(bundleAt(file), key);
    await expect(failed).rejects.toMatchObject({ code: "store_not_empty" });
    expect(await world.vault.quarantine()).toBeUndefined();
    expect(await world.vault.connections.list("alice")).toHaveLength(3);
  });

  it("is refused by an older Latchkey", async () => {
    const world = await makeWorld();
    await filled(world);
    const file = await exported(world.vault);
    const target = await emptyVault(world);
    await target.store.kysely
      .deleteFrom("latchkey_schema" as "meta")
      .where("version" as "key", ">", 1 as unknown as string)
      .execute();
    const failed = target.vault.upkeep.importFrom(bundleAt(file), key);
    await expect(failed).rejects.toMatchObject({ code: "bundle_too_new" });
  });
});

const server = await postgresUrl();

describe.skipIf(server === undefined)("from SQLite to PostgreSQL and back", () => {
  it("nothing is lost on the way, and both go on counting", { timeout: 60_000 }, async () => {
    const world = await makeWorld();
    const ids = await filled(world);
    const database = await createDatabase(server ?? "");
    const there = await emptyVault(world, database.url);
    const totals = await there.vault.upkeep.importFrom(bundleAt(await exported(world.vault)), key);
    expect(totals.find(({ table }) => table === "uses")?.count).toBe(3);
    await there.vault.upkeep.confirm();
    await there.vault.refresh("alice", ids[0]!);
    // A number of PostgreSQL's own comes after those that were brought.
    const use = { handle_id: "hdl_1", owner: "alice", connection_id: ids[0]!, at: 1, method: "GET" };
    const added = { ...use, path_template: "/", status: 200, bytes_in: 0, bytes_out: 0, duration_ms: 9 };
    await there.store.kysely.insertInto("uses").values(added).execute();
    const here = await emptyVault(world);
    const back = await here.vault.upkeep.importFrom(bundleAt(await exported(there.vault)), key);
    expect(back.find(({ table }) => table === "uses")?.count).toBe(4);
    await here.vault.upkeep.confirm();
    for (const id of ids) {
      expect(tokenOf(await here.vault.credentialFor("alice", id))).toBe(
        tokenOf(await there.vault.credentialFor("alice", id)),
      );
    }
    await here.vault.refresh("alice", ids[0]!);
    expect(world.endpoint.exchanges).toHaveLength(2);
    await there.store.close();
    await database.drop();
  });
});
