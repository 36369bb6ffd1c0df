import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { describe, expect, it } from "vitest";
import { openStore, schemaVersion, whileUnchanged } from "../../src/store/index.ts";
import { countInProcess } from "./process.ts";
import { temporaryDirectory } from "./temporary.ts";

const now = () => 1_800_000_000_000;

describe("several processes on one SQLite file", () => {
  it("open a new file at the same moment, migrate it once, and lose no write", async () => {
    for (let round = 0; round < 2; round++) {
      const url = `sqlite:${join(temporaryDirectory(), "home", "latchkey.db")}`;
      const go = Date.now() + 700;
      const ended = await Promise.all([1, 2, 3, 4].map(() => countInProcess(url, 50, go)));
      expect(ended).toEqual(Array(4).fill({ code: 0, words: "" }));
      const store = await openStore({ url, now });
      expect(await store.meta.get("counter")).toBe("200");
      const { rows } = await sql`select version from latchkey_schema`.execute(store.kysely);
      expect(rows).toHaveLength(await schemaVersion(store));
      await store.close();
    }
  }, 30_000);
});

describe("a writer that finds the file locked", () => {
  it("waits without stopping the event loop, then writes", async () => {
    const path = join(temporaryDirectory(), "latchkey.db");
    const store = await openStore({ url: `sqlite:${path}`, now });
    const other = new DatabaseSync(path);
    other.exec("begin immediate");
    let longest = 0;
    let last = performance.now();
    const ticks = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    let written = false;
    const writing = store.meta.set("waited", "yes").then(() => {
      written = true;
    });
    await sleep(300);
    expect(written).toBe(false);
    expect(await store.meta.get("waited")).toBeUndefined();
    other.exec("commit");
    await writing;
    clearInterval(ticks);
    other.close();
    expect(await store.meta.get("waited")).toBe("yes");
    // 10 ms inside SQLite; the rest is for a machine that is busy with other tests.
    expect(longest).toBeLessThan(150);
    await store.close();
  });

  it("gives up after busy_ms with store_failed, in a transaction too, and works again afterwards", async () => {
    const path = join(temporaryDirectory(), "latchkey.db");
    const store = await openStore({ url: `sqlite:${path}`, now, busy_ms: 100 });
    const other = new DatabaseSync(path);
    other.exec("begin immediate");
    await expect(store.meta.set("a", "b")).rejects.toMatchObject({ code: "store_failed" });
    const inside = store.transaction((tx) => tx.meta.set("a", "b"));
    await expect(inside).rejects.toMatchObject({ code: "store_failed" });
    other.exec("rollback");
    other.close();
    await store.meta.set("a", "c");
    expect(await store.meta.get("a")).toBe("c");
    await store.close();
  });

  it("is told store_failed when its own process holds the writer too long", async () => {
    const store = await openStore({ url: `sqlite:${join(temporaryDirectory(), "a.db")}`, now, busy_ms: 50 });
    await store.transaction(async () => {
      await expect(store.meta.set("outside", "x")).rejects.toMatchObject({ code: "store_failed" });
    });
    await store.meta.set("outside", "y");
    await store.close();
  });
});

describe("the SQLite file", () => {
  it("is written ahead, flushed at every commit, and holds its foreign keys", async () => {
    const path = join(temporaryDirectory(), "latchkey.db");
    const store = await openStore({ url: `sqlite:${path}`, now });
    const pragma = async (name: string) =>
      Object.values(
        (await sql.raw<Record<string, unknown>>(`pragma ${name}`).execute(store.kysely)).rows[0]!,
      )[0];
    expect(await pragma("journal_mode")).toBe("wal");
    expect(await pragma("synchronous")).toBe(2);
    expect(await pragma("foreign_keys")).toBe(1);
    expect(Number(await pragma("busy_timeout"))).toBeLessThanOrEqual(20);
    await store.close();
    // The log beside it is folded in and gone: nothing keeps the file open.
    expect(existsSync(`${path}-wal`)).toBe(false);
  });

  it("belongs to its user alone, with the directory and the files beside it", async () => {
    if (process.platform === "win32") return;
    const home = join(temporaryDirectory(), "deep", "home");
    const path = join(home, "latchkey.db");
    const store = await openStore({ url: `sqlite:${path}`, now });
    await store.meta.set("a", "b");
    expect(statSync(home).mode & 0o777).toBe(0o700);
    for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o777).toBe(0o600);
    await store.close();
    chmodSync(path, 0o644);
    await (await openStore({ url: `sqlite:${path}`, now })).close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("keeps everything across a restart, and closing twice is no error", async () => {
    const url = `sqlite:${join(temporaryDirectory(), "latchkey.db")}`;
    const first = await openStore({ url, now });
    await first.meta.set("kept", "yes");
    await first.close();
    await first.close();
    const second = await openStore({ url, now });
    expect(await second.meta.get("kept")).toBe("yes");
    await second.close();
  });

  it("of a newer Latchkey is refused as store_too_new and left as it is", async () => {
    const path = join(temporaryDirectory(), "latchkey.db");
    await (await openStore({ url: `sqlite:${path}`, now })).close();
    const db = new DatabaseSync(path);
    db.exec("insert into latchkey_schema values (99, 'of-tomorrow', 0)");
    db.close();
    const before = readFileSync(path);
    await expect(openStore({ url: `sqlite:${path}`, now })).rejects.toMatchObject({ code: "store_too_new" });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("that is no database is refused and not touched", async () => {
    const path = join(temporaryDirectory(), "latchkey.db");
    writeFileSync(path, "these are my notes, not a database; ".repeat(100));
    const before = readFileSync(path, "utf8");
    await expect(openStore({ url: `sqlite:${path}`, now })).rejects.toMatchObject({
      code: "store_failed",
      message: "The file is not a Latchkey database.",
    });
    expect(readFileSync(path, "utf8")).toBe(before);
  });

  it("in a place that cannot be written is home_unwritable", async () => {
    const home = temporaryDirectory();
    writeFileSync(join(home, "file"), "");
    mkdirSync(join(home, "directory.db"));
    for (const path of [join(home, "file", "latchkey.db"), join(home, "directory.db")]) {
      await expect(openStore({ url: `sqlite:${path}`, now })).rejects.toMatchObject({
        code: "home_unwritable",
      });
    }
  });
});

describe("a database URL", () => {
  it.each(["mysql://x", "postgres", "latchkey.db", "sqlite:", "sqlite::memory:", ""])(
    "%j is refused as config_invalid",
    async (url) => {
      await expect(openStore({ url, now })).rejects.toMatchObject({ code: "config_invalid" });
    },
  );
});

describe("what is kept while nothing has changed", () => {
  it("is read anew after a change of this process at once, and of any other", async () => {
    const url = `sqlite:${join(temporaryDirectory(), "latchkey.db")}`;
    const here = await openStore({ url, now: Date.now });
    const elsewhere = await openStore({ url, now: Date.now });
    let reads = 0;
    const kept = whileUnchanged<{ value: string | undefined }>(here);
    const read = () =>
      kept("a", async () => {
        reads++;
        return { value: await here.meta.get("a") };
      });
    await read();
    await read();
    await new Promise((resolve) => setImmediate(resolve));
    await read();
    expect(reads).toBe(1);
    await here.meta.set("a", "here");
    expect(await read()).toEqual({ value: "here" });
    await elsewhere.meta.set("a", "elsewhere");
    await new Promise((resolve) => setImmediate(resolve));
    expect(await read()).toEqual({ value: "elsewhere" });
    await here.transaction(async (tx) => {
      await tx.meta.set("a", "inside");
      expect(tx.version(), "a transaction sees what nobody else does").toBeUndefined();
    });
    expect(await read()).toEqual({ value: "inside" });
    expect(reads).toBe(4);
    await here.close();
    await elsewhere.close();
  });
});
