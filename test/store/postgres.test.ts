import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { LatchkeyError } from "../../src/errors.ts";
import { openStore, type Store, schemaVersion } from "../../src/store/index.ts";
import { createDatabase, postgresUrl, type TestDatabase } from "../postgres/database.ts";
import { countInProcess } from "./process.ts";

const now = () => 1_800_000_000_000;
const server = await postgresUrl();

async function opened(url: string, busy_ms?: number): Promise<Store> {
  const store = await openStore({ url, now, ...(busy_ms !== undefined && { busy_ms }) });
  onTestFinished(() => store.close());
  return store;
}

async function thrownBy(call: Promise<unknown>): Promise<LatchkeyError> {
  const thrown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(LatchkeyError);
  return thrown as LatchkeyError;
}

/** The URL with other parts, which are what a person may get wrong. */
function changed(url: string, change: (parts: URL) => void): string {
  const parts = new URL(url);
  change(parts);
  return parts.href;
}

describe.skipIf(server === undefined)("a PostgreSQL database", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createDatabase(server ?? "");
  });
  afterAll(() => database?.drop());

  const setting = async (store: Store, name: string) =>
    (await sql<{ value: string }>`select current_setting(${name}) as value`.execute(store.kysely)).rows[0]
      ?.value;

  it("that is empty is opened by ten processes at the same moment: one migrates, no write is lost", async () => {
    const go = Date.now() + 2_500;
    const ended = await Promise.all(Array.from({ length: 10 }, () => countInProcess(database.url, 20, go)));
    expect(ended).toEqual(Array(10).fill({ code: 0, words: "" }));
    const store = await opened(database.url);
    expect(await store.meta.get("counter")).toBe("200");
    const { rows } = await sql`select version, name from latchkey_schema`.execute(store.kysely);
    expect(rows.slice(0, 2)).toEqual([
      { version: 1, name: "first-tables" },
      { version: 2, name: "jobs" },
    ]);
    expect(rows).toHaveLength(await schemaVersion(store));
  }, 40_000);

  it("of a newer Latchkey is refused as store_too_new and left as it is", async () => {
    await (await openStore({ url: database.url, now })).close();
    await database.run("insert into latchkey_schema values (99, 'of-tomorrow', 0)");
    const refused = await thrownBy(openStore({ url: database.url, now }));
    await database.run("delete from latchkey_schema where version = 99");
    expect(refused.code).toBe("store_too_new");
    expect(refused.details).toMatchObject({ schema: 99 });
  });

  it("answers a commit once it is on disk, whatever its own default is", async () => {
    const name = new URL(database.url).pathname.slice(1);
    onTestFinished(async () => {
      await database.run(`alter database ${name} reset all`);
    });
    await database.run(`alter database ${name} set synchronous_commit = off`);
    const store = await opened(database.url);
    expect(await setting(store, "synchronous_commit")).toBe("on");
    await store.transaction(async (tx) => {
      expect(await setting(tx, "synchronous_commit")).toBe("on");
      expect(await setting(tx, "transaction_isolation")).toBe("serializable");
    });
    await database.run(`alter database ${name} set synchronous_commit = remote_apply`);
    expect(await setting(await opened(database.url), "synchronous_commit")).toBe("remote_apply");
  });

  it("ends a transaction that its process left standing, a wait for a lock, and a slow statement", async () => {
    const store = await opened(database.url, 3_000);
    expect(await setting(store, "idle_in_transaction_session_timeout")).toBe("10s");
    expect(await setting(store, "lock_timeout")).toBe("3s");
    expect(await setting(store, "statement_timeout")).toBe("5s");
    expect(await setting(store, "application_name")).toBe("latchkey");
  });

  it("whose row another writer holds fails after busy_ms with store_failed, and works again afterwards", async () => {
    const store = await opened(database.url, 150);
    await store.meta.set("held", "before");
    await database.run("begin");
    await database.run("update meta set value = 'theirs' where key = 'held'");
    const failed = await thrownBy(store.meta.set("held", "ours"));
    expect(failed).toMatchObject({ code: "store_failed", retry: "later" });
    expect(failed.message).toBe("Another writer held the database for too long.");
    expect(await store.meta.get("held")).toBe("before");
    await database.run("commit");
    await store.meta.set("held", "ours");
    expect(await store.meta.get("held")).toBe("ours");
  });

  it("runs a transaction again whose rows were changed by a single write meanwhile", async () => {
    const store = await opened(database.url);
    await store.meta.set("seen", "1");
    let runs = 0;
    await store.transaction(async (tx) => {
      runs += 1;
      const seen = Number(await tx.meta.get("seen"));
      if (runs === 1) await store.meta.set("seen", "10");
      await tx.meta.set("seen", String(seen + 1));
    });
    expect(runs).toBe(2);
    expect(await store.meta.get("seen")).toBe("11");
  });

  it("commits nothing of a transaction in which an error was swallowed", async () => {
    const store = await opened(database.url);
    const call = store.transaction(async (tx) => {
      await tx.meta.set("swallowed", "half");
      await sql`select 1 / 0`.execute(tx.kysely).catch(() => {});
      return "done";
    });
    expect(await thrownBy(call)).toMatchObject({ code: "store_failed", details: { sqlstate: "22012" } });
    expect(await store.meta.get("swallowed")).toBeUndefined();
  });

  it("serves many callers over few connections, and gives each connection back", async () => {
    const store = await opened(changed(database.url, (url) => url.searchParams.set("pool_max", "2")));
    await store.meta.set("shared", "0");
    const add = () =>
      store.transaction(async (tx) => {
        await tx.meta.set("shared", String(Number(await tx.meta.get("shared")) + 1));
      });
    await Promise.all(Array.from({ length: 60 }, add));
    const failing = Array.from({ length: 10 }, () => store.transaction(() => Promise.reject(new Error("x"))));
    await Promise.allSettled(failing);
    expect(await store.meta.get("shared")).toBe("60");
    const { rows } = await database.run(
      "select count(*)::int as n from pg_stat_activity where application_name = 'latchkey' and datname = current_database()",
    );
    expect(rows[0].n).toBeLessThanOrEqual(2);
  });

  it("leaves the driver's own reading of numbers to others in the process", async () => {
    const store = await opened(database.url);
    const { rows } = await sql`select 4102444800000::int8 as at`.execute(store.kysely);
    expect(rows).toEqual([{ at: 4_102_444_800_000 }]);
    expect(pg.types.getTypeParser(20)("7")).toBe("7");
  });

  it("that does not keep UTF-8 is refused before anything is written", async () => {
    const name = `latchkey_test_ascii_${randomBytes(4).toString("hex")}`;
    await database.run(
      `create database ${name} encoding 'SQL_ASCII' locale 'C' locale_provider libc template template0`,
    );
    onTestFinished(async () => {
      await database.run(`drop database ${name} with (force)`);
    });
    const url = changed(database.url, (parts) => {
      parts.pathname = `/${name}`;
    });
    const refused = await thrownBy(openStore({ url, now }));
    expect(refused).toMatchObject({ code: "config_invalid", details: { server_encoding: "SQL_ASCII" } });
  });

  it("that cuts a connection costs the call that used it, and no later one", async () => {
    const store = await opened(database.url);
    const cut = store.transaction(async (tx) => {
      await tx.meta.set("cut", "half");
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx.kysely);
      await database.run(`select pg_terminate_backend(${rows[0]?.pid})`);
      await sleep(20);
      await tx.meta.set("cut", "whole");
    });
    expect(await thrownBy(cut)).toMatchObject({ code: "store_failed", retry: "later" });
    expect(await store.meta.get("cut")).toBeUndefined();
    await database.run(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'latchkey' and datname = current_database()",
    );
    await sleep(100);
    await store.meta.set("cut", "again");
    expect(await store.meta.get("cut")).toBe("again");
  });

  it("that lets us not in is told as such, without the password", async () => {
    const password = `canary${randomBytes(12).toString("hex")}`;
    const wrong = await thrownBy(
      openStore({
        url: changed(database.url, (url) => {
          url.password = password;
        }),
        now,
      }),
    );
    expect(wrong).toMatchObject({ code: "store_failed", details: { sqlstate: "28P01" } });
    expect(wrong.message).toBe("The database server refuses the user or the password.");
    expect(inspect(wrong, { depth: 10, showHidden: true })).not.toContain(password);
    const absent = await thrownBy(
      openStore({
        url: changed(database.url, (url) => {
          url.pathname = "/latchkey_absent";
        }),
        now,
      }),
    );
    expect(absent).toMatchObject({ code: "store_failed", message: "The database does not exist." });
  });
});

describe("a PostgreSQL URL", () => {
  const canary = "hunter2-and-more";
  const wrong: readonly (readonly [string, string])[] = [
    ["postgres://", "no host"],
    [`postgres://u:${canary}@db`, "no database"],
    [`postgres://u:${canary}@db/a/b`, "two databases"],
    [`postgres://u:${canary}@db:70000/latchkey`, "a port that is none"],
    [`postgres://u:${canary}@one:5432,two:5432/latchkey`, "two hosts"],
    [`postgres://u:${canary}%@db/latchkey`, "a lone percent sign"],
    [`postgres://u:${canary}@db/latchkey?sslmod=require`, "a misspelt parameter"],
    [`postgres://u:${canary}@db/latchkey?sslmode=prefer`, "a mode that may fall back to clear text"],
    [`postgres://u:${canary}@db/latchkey?sslrootcert=/etc/ca.pem`, "a certificate that nothing uses"],
    [`postgres://u:${canary}@db/latchkey?pool_max=1`, "too few connections"],
    [`postgres://u:${canary}@db/latchkey?pool_max=8&pool_max=9`, "a parameter twice"],
    [`postgres://u:${canary}@db/latchkey?connect_timeout=soon`, "a time that is no number"],
  ];

  it.each(wrong)("%s is refused as config_invalid (%s), and not repeated", async (url) => {
    const refused = await thrownBy(openStore({ url, now }));
    expect(refused.code).toBe("config_invalid");
    expect(inspect(refused, { depth: 10, showHidden: true })).not.toContain(canary);
  });

  it("that names a certificate which cannot be read is file_unreadable", async () => {
    const url = "postgres://u@db/latchkey?sslmode=verify-full&sslrootcert=/absent/ca.pem";
    expect((await thrownBy(openStore({ url, now }))).code).toBe("file_unreadable");
  });

  it("at which nothing listens is store_failed, to be tried later", async () => {
    const refused = await thrownBy(openStore({ url: "postgres://u@127.0.0.1:1/latchkey", now }));
    expect(refused).toMatchObject({ code: "store_failed", retry: "later" });
  });
});
