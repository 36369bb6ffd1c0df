import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "kysely";
import { describe, expect, it, onTestFinished } from "vitest";
import { Secret } from "../../src/secret.ts";
import type { Store } from "../../src/store/index.ts";
import { type Keyring, loadKeyring, newKeyText } from "../../src/vault/index.ts";
import { rekey } from "../../src/vault/rekey.ts";
import { SEALED } from "../../src/vault/sealed.ts";
import { openTokens, sealTokens } from "../../src/vault/tokens.ts";
import { OWNER, openHouse } from "../crash/house.ts";
import { createDatabase, postgresUrl } from "../postgres/database.ts";
import { callRow, danceRow, endpointRow, hookRow, linkRow } from "../store/rows.ts";
import { temporaryDirectory } from "../store/temporary.ts";
import { openAt } from "./elsewhere.ts";
import { startHolder } from "./holders.ts";
import { connected, HOUR, makeWorld, random, type World } from "./world.ts";

/** Every sealed text anywhere in the database, found by its look and not by a list, with the key that sealed it. */
async function sealedTexts(store: Store): Promise<{ place: string; key_id: string }[]> {
  const { rows } = await sql<{ table: string; column: string }>`
    select m.name as "table", c.name as "column"
    from sqlite_master m join pragma_table_info(m.name) c where m.type = 'table'`.execute(store.kysely);
  const found: { place: string; key_id: string }[] = [];
  for (const { table, column } of rows) {
    const cells = await sql<{ cell: unknown }>`
      select ${sql.ref(column)} as cell from ${sql.table(table)}`.execute(store.kysely);
    for (const { cell } of cells.rows) {
      if (typeof cell !== "string") continue;
      for (const [, key_id] of cell.matchAll(/lkv1\.([\w-]{8})\./g)) {
        found.push({ place: `${table}.${column}`, key_id: key_id! });
      }
    }
  }
  return found;
}

/** A vault with a sealed value in every place there is. */
async function filled(world: World): Promise<{ readonly id: string; readonly family_id: string }> {
  const { vault, store, clock } = world;
  const connection = await connected(world);
  await vault.attempts.begin({
    owner: "alice",
    registration_id: "cloud",
    flavor: "cloud",
    lookup: "state-1",
    binding: new Secret("binding-1"),
    secrets: { code_verifier: new Secret("verifier-1") },
    scope: [],
    expires_at: clock.now + HOUR,
  });
  const session = { table: "sessions", column: "sealed_data", row: "hash", owner: "alice", generation: 0 };
  await store.sessions.put({
    id_hash: "hash",
    owner: "alice",
    kind: "browser",
    sealed_data: vault.seal(session, '{"binding":"b"}'),
    created_at: clock.now,
    expires_at: clock.now + HOUR,
    last_seen_at: clock.now,
  });
  const pseudonyms = { table: "policy_keys", column: "sealed_key", row: "k1", owner: "", generation: 0 };
  const sealed_key = vault.seal(pseudonyms, "a key of pseudonyms");
  await store.policyKeys.insert({ id: "k1", number: 1, sealed_key, created_at: clock.now });
  const ofTheLog = { table: "log_keys", column: "sealed_key", row: "l1", owner: "", generation: 0 };
  const log_key = { id: "l1", number: 1, sealed_key: vault.seal(ofTheLog, "a key of the log") };
  await store.useLedger.insertKeyForOperator({ ...log_key, created_at: clock.now });
  const hook = { table: "webhook_endpoints", column: "sealed_secrets", row: "whe_1", owner: "alice" };
  const sealed_secrets = vault.seal({ ...hook, generation: 1 }, '{"current":"whsec_AAAA"}');
  await store.endpoints.insert(endpointRow({ sealed_secrets }));
  const content = { table: "links", column: "sealed_content", row: "lnk_1", owner: "alice", generation: 1 };
  const sealed_content = vault.seal(content, '{"summary":"an idea"}');
  await store.links.insert(linkRow({ sealed_content, generation: 1 }));
  const path = { table: "hooks", column: "sealed_secret", row: "hok_1", owner: "", generation: 0 };
  await store.hooks.insert(hookRow({ sealed_secret: vault.seal(path, "what Jira signs with") }));
  const evidence = { column: "sealed_evidence", owner: "alice", generation: 0 };
  const of = (table: string, row: string) => vault.seal({ ...evidence, table, row }, '{"jira":["no"]}');
  await store.dances.insert(danceRow({ sealed_evidence: of("dances", "dnc_1") }));
  await store.calls.insert([callRow({ sealed_evidence: of("calls", "cal_1") })]);
  const [family] = await store.families.list("alice");
  const sealer = { keyring: world.keyring, random };
  const place = { id: family!.id, owner: "alice", generation: 2 };
  const pair = {
    kind: "oauth2",
    access_token: new Secret("late-access"),
    token_type: "Bearer",
    expires_at: clock.now,
  } as const;
  const parked = {
    generation: 2,
    fence: 1,
    at: clock.now,
    sealed: sealTokens(sealer, place, pair, "parked"),
  };
  await store.families.update("alice", family!.id, { parked: JSON.stringify(parked) });
  return { id: connection.id, family_id: family!.id };
}

const keyAt = (path: string) => new Secret(readFileSync(path, "utf8"));

const withNew = async (old: Keyring, text: Secret, olderText: Secret): Promise<Keyring> => {
  const keyring = await loadKeyring({ current: text, older: [olderText] });
  expect(keyring.keys.has(old.current.id)).toBe(true);
  return keyring;
};

describe("sealing everything anew", () => {
  it("leaves nothing that the older key is needed for, wherever it stands", async () => {
    const old = newKeyText(random);
    const next = newKeyText(random);
    const world: World = { ...(await makeWorld()), keyring: await loadKeyring({ current: old }) };
    const url = `sqlite:${join(temporaryDirectory(), "latchkey.db")}`;
    Object.assign(world, await openAt(world, url));
    const { id, family_id } = await filled(world);
    const before = await sealedTexts(world.store);
    expect(new Set(before.map(({ place }) => place))).toEqual(
      new Set([...SEALED.map(({ table, column }) => `${table}.${column}`), "meta.value"]),
    );
    const both = await withNew(world.keyring, next, old);
    const { vault, store } = await openAt(world, url, both);
    const shown: string[] = [];
    const done = await vault.upkeep.rekey(({ table, done, total }) =>
      shown.push(`${table} ${done}/${total}`),
    );
    expect(done).toMatchObject({
      key_id: both.current.id,
      resealed: {
        registrations: 1,
        families: 2,
        attempts: 1,
        sessions: 1,
        policy_keys: 1,
        log_keys: 1,
        webhook_endpoints: 1,
        links: 1,
        hooks: 1,
        dances: 1,
        calls: 1,
      },
      retired: [world.keyring.current.id],
    });
    expect(shown).toContain("attempts 1/1");
    expect(new Set((await sealedTexts(store)).map(({ key_id }) => key_id))).toEqual(
      new Set([both.current.id]),
    );
    const alone = await openAt(world, url, await loadKeyring({ current: next }));
    expect(
      (await alone.vault.attempts.findByState("cloud", "state-1"))?.secrets.code_verifier?.reveal(),
    ).toBe("verifier-1");
    const { parked } = (await store.families.list("alice"))[0]!;
    const { sealed } = JSON.parse(parked ?? "") as { sealed: string };
    const pair = openTokens(both, { id: family_id, owner: "alice", generation: 2 }, sealed, "parked");
    expect(pair.kind === "oauth2" && pair.access_token.reveal()).toBe("late-access");
    await alone.vault.credentialFor("alice", id);
    await expect(openAt(world, url, world.keyring)).rejects.toMatchObject({ code: "key_wrong" });
  });

  it("goes on where an earlier run broke off", async () => {
    const old = newKeyText(random);
    const world = await makeWorld();
    const url = `sqlite:${join(temporaryDirectory(), "latchkey.db")}`;
    const keyring = await loadKeyring({ current: old });
    const first = { ...world, ...(await openAt(world, url, keyring)) };
    for (let n = 0; n < 150; n++) await connected(first, { owner: `owner-${n}` });
    const next = newKeyText(random);
    const both = await withNew(keyring, next, old);
    const { vault } = await openAt(world, url, both);
    const broken = vault.upkeep.rekey(({ table, done }) => {
      if (table === "families" && done === 60) throw new Error("pulled");
    });
    await expect(broken).rejects.toThrow("pulled");
    // The older key is still needed, and is asked for.
    await expect(openAt(world, url, await loadKeyring({ current: next }))).rejects.toMatchObject({
      code: "key_missing",
    });
    const again = await vault.upkeep.rekey();
    expect(again.resealed).toEqual({ families: 90 });
    await openAt(world, url, await loadKeyring({ current: next }));
  });

  it("never overwrites what was written in between", async () => {
    const old = newKeyText(random);
    const world = await makeWorld();
    const url = `sqlite:${join(temporaryDirectory(), "latchkey.db")}`;
    const keyring = await loadKeyring({ current: old });
    const first = { ...world, ...(await openAt(world, url, keyring)) };
    for (let n = 0; n < 60; n++) await connected(first, { owner: `owner-${n}` });
    const both = await withNew(keyring, newKeyText(random), old);
    const { store } = await openAt(world, url, both);
    const kept = `lkv1.${both.current.id}.newer`;
    // All rows have been read when the first twenty are written; then every other one becomes newer.
    let writes = 0;
    const report = ({ table }: { table: string }) => {
      if (table !== "families" || writes++ > 0) return;
      const newer = store.kysely.updateTable("families").set({ sealed_tokens: kept });
      void newer.where("sealed_tokens", "not like", `lkv1.${both.current.id}.%`).execute();
    };
    expect((await rekey({ store, keyring: both, random, report })).resealed.families).toBe(20);
    const texts = (await store.families.listForOperator()).map((row) => row.sealed_tokens);
    expect(texts.filter((text) => text === kept)).toHaveLength(40);
  });

  it("says so where another process goes on sealing with the older key", async () => {
    const old = newKeyText(random);
    const world = await makeWorld();
    const url = `sqlite:${join(temporaryDirectory(), "latchkey.db")}`;
    const keyring = await loadKeyring({ current: old });
    const first = { ...world, ...(await openAt(world, url, keyring)) };
    await connected(first);
    const both = await withNew(keyring, newKeyText(random), old);
    const { vault, store } = await openAt(world, url, both);
    const [family] = await store.families.listForOperator();
    const stale = family!.sealed_tokens;
    const put = () => store.families.update("alice", family!.id, { sealed_tokens: stale });
    const failed = vault.upkeep.rekey(() => void put());
    await expect(failed).rejects.toMatchObject({ code: "key_in_use" });
  });
});

const server = await postgresUrl();

describe("while others serve and renew", () => {
  async function holdsWhile(database_url?: string): Promise<void> {
    const house = await openHouse({
      flavor: "cloud",
      connections: 12,
      ...(database_url !== undefined && { database_url }),
    });
    onTestFinished(() => house.close());
    const connections = (await house.vault.connections.list(OWNER)).map(({ id }) => id);
    const next = newKeyText(random);
    const next_file = join(house.directory, "next");
    writeFileSync(next_file, next.reveal(), { mode: 0o600 });
    const holding = { ...house, key_files: [next_file, house.key_file], owner: OWNER, connections };
    const holders = await Promise.all([startHolder(holding), startHolder(holding)]);
    const both = await loadKeyring({ current: next, older: [keyAt(house.key_file)] });
    const back = await loadKeyring({ current: keyAt(house.key_file), older: [next] });
    const { store } = house;
    // To and fro for a while, so that many renewals fall into it; the processes hold both keys.
    const until = Date.now() + 5_000;
    for (let runs = 0; runs < 20 || Date.now() < until; runs++) {
      await rekey({ store, keyring: back, random }).catch((thrown: unknown) => {
        expect(thrown).toMatchObject({ code: "key_in_use" });
      });
      await rekey({ store, keyring: both, random });
    }
    const ended = await Promise.all(holders.map((holder) => holder.stop()));
    for (const held of ended) expect(held.codes).toEqual({});
    const rows = await house.store.families.list(OWNER);
    expect(rows.every((row) => row.state === "active" && row.generation > 1)).toBe(true);
    const { asked, refused } = house.exchanges();
    expect(refused).toBe(0);
    expect(asked).toBe(rows.reduce((sum, row) => sum + row.generation - 1, 0));
  }

  it("every value is sealed anew, and no connection is lost", { timeout: 60_000 }, () => holdsWhile());

  it.skipIf(server === undefined)("the same on PostgreSQL", { timeout: 60_000 }, async () => {
    const database = await createDatabase(server ?? "");
    onTestFinished(() => database.drop());
    await holdsWhile(database.url);
  });
});
