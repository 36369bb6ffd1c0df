import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/secret.ts";
import { connected, HOUR, makeWorld, type World } from "./world.ts";

/** The forms a value takes on its way through headers, forms, JSON and logs. */
function formsOf(value: string): string[] {
  const once = encodeURIComponent(value);
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.from("x".repeat(shift) + value).toString("base64");
    // Whole groups of the value only: what stands beside it in the text changes the rest.
    return text.slice(shift === 0 ? 0 : 4, Math.floor(((shift + value.length) * 8) / 24) * 4);
  });
  return [value, once, encodeURIComponent(once), ...base64, Buffer.from(value).toString("hex")];
}

/** A life with everything that is secret in it: a registration, a dance, renewals, a parked pair, a session. */
async function live(world: World): Promise<void> {
  const { vault, endpoint, clock, canary } = world;
  const { id } = await connected(world);
  await vault.attempts.begin({
    owner: "alice",
    registration_id: "cloud",
    flavor: "cloud",
    lookup: `state-${canary}`,
    binding: new Secret(`binding-${canary}`),
    secrets: { code_verifier: `verifier-${canary}` },
    scope: [],
    expires_at: clock.now + HOUR,
  });
  clock.now += HOUR + 1;
  await vault.credentialFor("alice", id);
  const { token_id } = await vault.credentialFor("alice", id);
  await vault.rejected("alice", id, token_id);
  endpoint.faults.push({ status: 500, body: { error: "server_error", error_description: canary } });
  await vault.refresh("alice", id).catch(() => {});
  clock.now += HOUR;
  endpoint.revoked = true;
  await vault.credentialFor("alice", id).catch(() => {});
  const place = { table: "sessions", column: "sealed_data", row: "s", owner: "alice", generation: 0 };
  const sealed_data = vault.seal(place, new Secret(`session-${canary}`));
  expect(vault.open(place, sealed_data).reveal()).toBe(`session-${canary}`);
  await world.store.sessions.put({
    id_hash: "s",
    owner: "alice",
    kind: "browser",
    sealed_data,
    created_at: 0,
    expires_at: clock.now + HOUR,
    last_seen_at: 0,
  });
}

describe("what the vault writes", () => {
  it("holds no secret in any form: database, write-ahead log, log lines", async () => {
    const world = await makeWorld();
    await live(world);
    const files = readdirSync(dirname(world.path)).map((name) => join(dirname(world.path), name));
    expect(files.some((file) => file.endsWith("-wal"))).toBe(true);
    const texts = new Map(files.map((file) => [file, readFileSync(file, "latin1")]));
    texts.set("log", world.lines.join("\n"));
    for (const form of formsOf(world.canary)) {
      for (const [where, text] of texts) expect(text.includes(form), `${form} in ${where}`).toBe(false);
    }
    // The search itself works: what is not secret is found.
    expect([...texts.values()].some((text) => text.includes("acc-1"))).toBe(true);
  });
});

describe("every sealed column", () => {
  const columns = [
    ["registrations", "sealed_secret", "id = 'cloud'"],
    ["families", "sealed_tokens", "1 = 1"],
    ["attempts", "sealed_secrets", "1 = 1"],
  ] as const;

  it.each(columns)(
    "%s.%s opens only as it was written and where it was written",
    async (table, column, where) => {
      const world = await makeWorld();
      const { id } = await connected(world);
      const attempt = await world.vault.attempts.begin({
        owner: "alice",
        registration_id: "cloud",
        flavor: "cloud",
        lookup: "state",
        binding: new Secret("binding"),
        secrets: { code_verifier: "verifier" },
        scope: [],
        expires_at: world.clock.now + HOUR,
      });
      const use = async () => {
        const { vault, store } = await world.another();
        try {
          if (table === "registrations") await vault.registrations.clientSecret("cloud");
          if (table === "families") await vault.credentialFor("alice", id);
          if (table === "attempts") await vault.attempts.get("alice", attempt.id);
        } finally {
          await store.close();
        }
      };
      const db = new DatabaseSync(world.path);
      const sealed = String(
        db.prepare(`select ${column} as sealed from ${table} where ${where}`).get()?.sealed,
      );
      const put = (value: string) =>
        db.prepare(`update ${table} set ${column} = ? where ${where}`).run(value);
      await use();
      const others = columns
        .filter(([other]) => other !== table)
        .map(([other, from]) => String(db.prepare(`select ${from} as sealed from ${other}`).get()?.sealed));
      for (const wrong of [
        ...others,
        sealed.slice(0, -2),
        sealed.replace("lkv1", "lkv2"),
        "",
        "plain text",
      ]) {
        put(wrong);
        await expect(use(), wrong.slice(0, 12)).rejects.toMatchObject({ code: "vault_unreadable" });
      }
      put(sealed);
      await use();
      if (table !== "attempts") {
        db.exec(`update ${table} set generation = generation + 1`);
        await expect(use(), "another generation").rejects.toMatchObject({ code: "vault_unreadable" });
        db.exec(`update ${table} set generation = generation - 1`);
      }
      if (table === "registrations") {
        db.exec("update registrations set owner = 'bob'");
        await expect(use(), "another owner").rejects.toMatchObject({ code: "vault_unreadable" });
      }
      db.close();
    },
  );
});
