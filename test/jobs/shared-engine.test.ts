import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { openStore } from "../../src/store/index.ts";
import { createDatabase, postgresUrl, type TestDatabase } from "../postgres/database.ts";
import { temporaryDirectory } from "../store/temporary.ts";

const REPLICA = fileURLToPath(new URL("./replica.ts", import.meta.url));
const url = await postgresUrl();

describe.skipIf(url === undefined)("replicas on one PostgreSQL", () => {
  let database: TestDatabase;
  let diary: string;
  beforeAll(async () => {
    database = await createDatabase(url ?? "");
    const store = await openStore({ url: database.url, now: Date.now });
    await store.close();
  });
  afterAll(() => database?.drop());

  const entries = () =>
    readFileSync(diary, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => line.split(" "));

  async function replica(name: string, hang = ""): Promise<ChildProcess> {
    const child = spawn(process.execPath, [REPLICA, database.url, diary, name, hang], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const words: string[] = [];
    child.stderr?.on("data", (chunk) => words.push(String(chunk)));
    onTestFinished(() => {
      child.kill("SIGKILL");
    });
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once("data", () => resolve());
      child.once("exit", (code) => reject(new Error(`It ended with ${code}: ${words.join("")}`)));
    });
    return child;
  }

  async function until(ready: () => boolean, within_ms: number): Promise<number> {
    const began = performance.now();
    while (!ready()) {
      if (performance.now() - began > within_ms) throw new Error("It took too long.");
      await sleep(50);
    }
    return performance.now() - began;
  }

  /** As the engine's crontab does once a minute. */
  const wake = () =>
    database.run("select latchkey_jobs.add_job('keep_alive', '{}'::json, job_key => 'keep_alive')");
  const locked = async () =>
    Number(
      (await database.run("select count(*) from latchkey_jobs.jobs where locked_at is not null")).rows[0]
        .count,
    );

  it("start at the same moment on a database that has no engine yet, and share the pieces, each done once", async () => {
    diary = join(temporaryDirectory(), "diary");
    writeFileSync(diary, "");
    const started = await Promise.all(["a", "b", "c", "d"].map((name) => replica(name)));
    await wake();
    await until(() => entries().filter(([, what]) => what === "ended").length >= 40, 20_000);
    await sleep(200);
    const began = entries().filter(([, what]) => what === "began");
    expect(new Set(began.map(([, , id]) => id)).size).toBe(40);
    expect(began).toHaveLength(40);
    expect(new Set(began.map(([name]) => name)).size).toBeGreaterThan(1);
    for (const child of started) {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      expect(await gone).toBe(0);
    }
    expect((await database.run("select id from workers")).rows).toEqual([]);
  }, 60_000);

  it("free in seconds what one of them had locked when it was killed, and do it", async () => {
    diary = join(temporaryDirectory(), "diary");
    writeFileSync(diary, "");
    const doomed = await replica("doomed", "hang");
    await wake();
    await until(() => entries().length >= 3, 15_000);
    const held = entries().map(([, , id]) => id);
    doomed.kill("SIGKILL");
    await new Promise((resolve) => doomed.once("exit", resolve));
    expect(await locked()).toBe(3);

    await replica("heir");
    const took = await until(
      () =>
        held.every((id) =>
          entries().some(([name, what, one]) => name === "heir" && what === "ended" && one === id),
        ),
      20_000,
    );
    expect(took).toBeLessThan(15_000);
    await until(
      () => entries().filter(([name, what]) => name === "heir" && what === "ended").length >= 40,
      15_000,
    );
    await sleep(300);
    expect(await locked()).toBe(0);
    expect((await database.run("select count(*) from latchkey_jobs.jobs")).rows[0].count).toBe("0");
  }, 60_000);

  it("leave alone what a living one has locked for longer than that", async () => {
    diary = join(temporaryDirectory(), "diary");
    writeFileSync(diary, "");
    await replica("slow", "hang");
    await wake();
    await until(() => entries().length >= 3, 15_000);
    await replica("other");
    await until(
      () => entries().filter(([name, what]) => name === "other" && what === "ended").length >= 37,
      15_000,
    );
    await sleep(4_000);
    const held = entries()
      .filter(([name]) => name === "slow")
      .map(([, , id]) => id);
    const other = entries()
      .filter(([name]) => name === "other")
      .map(([, , id]) => id);
    expect(held).toHaveLength(3);
    for (const id of held) expect(other).not.toContain(id);
    expect(await locked()).toBe(3);
  }, 60_000);
});
