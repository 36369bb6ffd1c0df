import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import {
  createHandles,
  createUseLog,
  type HandleInput,
  type Handles,
  type UseLog,
} from "../../src/handles/index.ts";
import { createLog } from "../../src/log.ts";
import type { Connection } from "../../src/vault/index.ts";
import { connected, makeWorld, type World } from "../vault/world.ts";

let world: World;
let handles: Handles;
let uses: UseLog;
let connection: Connection;

beforeEach(async () => {
  world = await makeWorld();
  const parts = {
    ...world,
    now: () => world.clock.now,
    random: randomBytes,
    log: createLog({ write: () => {} }),
  };
  uses = createUseLog(parts);
  handles = createHandles({ ...parts, uses });
  connection = await connected(world);
});

const input = (change: Partial<HandleInput> = {}): HandleInput => ({
  owner: "alice",
  name: "a report",
  connection_ids: [connection.id],
  limits: { policy: "raw" },
  ...change,
});
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "none",
    (error: { code: string }) => error.code,
  );
const unauthenticated = expect.objectContaining({ code: "unauthenticated" });

describe("a new handle", () => {
  it("shows its key once; the database holds only its hash", async () => {
    const { handle, key } = await handles.create(input());
    expect(key.reveal()).toMatch(/^lk_[A-Za-z0-9_-]{43}$/);
    expect(handle).toMatchObject({ owner: "alice", name: "a report", connection_ids: [connection.id] });
    expect(JSON.stringify([handle, await handles.list("alice"), key])).not.toContain(key.reveal());
    const folder = join(world.path, "..");
    const files = readdirSync(folder).filter((name) => name.startsWith("latchkey.db"));
    expect(files.length).toBeGreaterThan(0);
    for (const name of files) {
      const bytes = readFileSync(join(folder, name));
      expect(bytes.includes(key.reveal()), name).toBe(false);
      expect(bytes.includes(key.reveal().slice(3)), name).toBe(false);
    }
    expect(files.some((name) => readFileSync(join(folder, name)).includes(handle.id))).toBe(true);
  });

  it("reads, below /rest/api/, and nothing more unless asked", async () => {
    const { handle } = await handles.create(input());
    expect(handle.limits).toEqual({ methods: ["GET", "HEAD"], path_prefixes: ["/rest/api/"], policy: "raw" });
  });

  it("names no connection of another owner, nor one that is not there", async () => {
    const foreign = await connected(world, { owner: "bob" });
    for (const id of [foreign.id, "con_0000000000000000000000"]) {
      await expect(handles.create(input({ connection_ids: [connection.id, id] }))).rejects.toMatchObject({
        code: "not_found",
        details: { field: "connection_ids" },
      });
    }
    expect(await handles.list("alice")).toEqual([]);
  });

  it.each<[string, Partial<HandleInput>, string]>([
    ["an empty name", { name: "  " }, "name"],
    ["a name of 101 characters", { name: "x".repeat(101) }, "name"],
    ["an end in the past", { expires_at: 1 }, "expires_at"],
    ["an end that is no number", { expires_at: Number.NaN }, "expires_at"],
    ["a method in small letters", { limits: { methods: ["get"] } }, "limits.methods"],
    ["a method that changes hands", { limits: { methods: ["CONNECT"] } }, "limits.methods"],
    ["a prefix without a slash", { limits: { path_prefixes: ["rest"] } }, "limits.path_prefixes"],
    ["a prefix with an escape", { limits: { path_prefixes: ["/rest/%2e"] } }, "limits.path_prefixes"],
    ["a policy nobody knows", { limits: { policy: "open" as "raw" } }, "limits.policy"],
    ["a right nobody knows", { limits: { api: "root" as "read" } }, "limits.api"],
    ["51 connections", { connection_ids: Array(51).fill("con_x") }, "connection_ids"],
  ])("refuses %s and names the field", async (_what, change, field) => {
    await expect(handles.create(input(change))).rejects.toMatchObject({
      code: "bad_request",
      details: { field },
    });
  });
});

describe("a key", () => {
  it("opens its handle until it is revoked", async () => {
    const { handle, key } = await handles.create(input());
    expect(await handles.verify(key.reveal())).toEqual(handle);
    await handles.revoke("alice", handle.id);
    await expect(handles.verify(key.reveal())).rejects.toEqual(unauthenticated);
    const first = (await handles.list("alice"))[0]?.revoked_at;
    world.clock.now += 1_000;
    await handles.revoke("alice", handle.id);
    expect((await handles.list("alice"))[0]?.revoked_at, "revoking again changes nothing").toBe(first);
  });

  it("opens nothing from the moment of its end", async () => {
    const expires_at = world.clock.now + 1_000;
    const { key } = await handles.create(input({ expires_at }));
    world.clock.now = expires_at - 1;
    await handles.verify(key.reveal());
    world.clock.now = expires_at;
    await expect(handles.verify(key.reveal())).rejects.toEqual(unauthenticated);
  });

  it("that is wrong in any way is refused in the same words", async () => {
    const { handle, key } = await handles.create(input());
    await handles.revoke("alice", handle.id);
    const hash = (await world.store.handles.list("alice"))[0]!.key_hash;
    const guesses = [key.reveal(), `lk_${"A".repeat(43)}`, "lk_", "", handle.id, hash, `${key.reveal()} `];
    const errors = await Promise.all(
      guesses.map((guess) => handles.verify(guess).catch((error: Error & { code: string }) => error)),
    );
    expect(
      new Set(errors.map((error) => ("code" in error ? `${error.code} ${(error as Error).message}` : ""))),
    ).toEqual(new Set(["unauthenticated The call carries no usable handle."]));
  });
});

describe("owners", () => {
  it("see and revoke only their own handles", async () => {
    const { handle, key } = await handles.create(input());
    expect(await handles.list("bob")).toEqual([]);
    expect(await codeOf(handles.revoke("bob", handle.id))).toBe("not_found");
    await handles.verify(key.reveal());
    expect((await handles.listForOperator()).map(({ id }) => id)).toEqual([handle.id]);
  });
});

describe("what a handle lets through", () => {
  const permit = (change: Partial<HandleInput>, call: { method?: string; path?: string; id?: string } = {}) =>
    handles.create(input(change)).then(({ handle }) => {
      const { method = "GET", path = "/rest/api/3/myself", id = connection.id } = call;
      return handles.permit(handle, { connection_id: id, method, path });
    });

  it("is nothing without a policy", async () => {
    expect(await codeOf(permit({ limits: {} }))).toBe("policy_denied");
    expect(await codeOf(permit({}))).toBe("none");
  });

  it("is nothing of a connection it does not name", async () => {
    expect(await codeOf(permit({}, { id: "con_other" }))).toBe("not_found");
    expect(await codeOf(permit({ connection_ids: [] }))).toBe("not_found");
  });

  it("keeps to methods, exactly", async () => {
    expect(await codeOf(permit({}, { method: "POST" }))).toBe("forbidden");
    expect(await codeOf(permit({}, { method: "get" }))).toBe("forbidden");
    expect(await codeOf(permit({ limits: { policy: "raw", methods: [] } }))).toBe("forbidden");
  });

  it.each([
    ["/rest/api/3/issue", "/rest/api/3/issue", "none"],
    ["/rest/api/3/issue", "/rest/api/3/issue/JJ-2", "none"],
    ["/rest/api/3/issue/", "/rest/api/3/issue/JJ-2", "none"],
    ["/rest/api/3/issue", "/rest/api/3/issues", "forbidden"],
    ["/rest/api/3/issue", "/rest/api/3/Issue", "forbidden"],
    ["/rest/api/3/issue", "/rest/api/3", "forbidden"],
    ["/", "/anything", "none"],
  ])("a prefix %s lets %s: %s", async (prefix, path, outcome) => {
    expect(await codeOf(permit({ limits: { policy: "raw", path_prefixes: [prefix] } }, { path }))).toBe(
      outcome,
    );
  });
});

describe("the log of use", () => {
  it("keeps the shape of the path and no word of a person", async () => {
    const { handle } = await handles.create(input());
    handles.used(handle, {
      connection_id: connection.id,
      method: "GET",
      path: "/rest/api/3/issue/JJ-2/properties/alana.kane%40example.com",
      status: 200,
      bytes_in: 0,
      bytes_out: 12,
      duration_ms: 3,
    });
    await uses.flush();
    const [use] = await world.store.uses.list("alice", { handle_id: handle.id });
    expect(use).toMatchObject({ path_template: "/rest/api/3/issue/{id}/properties/{id}", bytes_out: 12 });
    expect((await handles.list("alice"))[0]?.last_used_at).toBe(world.clock.now);
    expect(await world.store.uses.list("bob")).toEqual([]);
  });
});
