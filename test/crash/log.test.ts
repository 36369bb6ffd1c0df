import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { createUseLog } from "../../src/handles/index.ts";
import { createLog } from "../../src/log.ts";
import { openStore } from "../../src/store/index.ts";
import { createTransport } from "../../src/transport.ts";
import { loadKeyring, newKeyText, openVault } from "../../src/vault/index.ts";
import { temporaryDirectory } from "../store/temporary.ts";

const WORKER = fileURLToPath(new URL("./log-worker.ts", import.meta.url));
const random = (bytes: number) => new Uint8Array(randomBytes(bytes));

/** Writes, and is killed at some moment after it knew its first entries to be written. */
async function killed(url: string, key_file: string): Promise<number> {
  const child = fork(WORKER, [url, key_file], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const [written] = (await once(child, "message")) as [number];
  await sleep(30 + Math.random() * 150);
  const over = once(child, "exit");
  child.kill("SIGKILL");
  await over;
  return written;
}

it("processes that are killed while they write leave a log that holds, each with its gap marked", async () => {
  const folder = temporaryDirectory();
  const url = `sqlite:${join(folder, "latchkey.db")}`;
  const key = newKeyText(random);
  const key_file = join(folder, "key");
  writeFileSync(key_file, key.reveal(), { mode: 0o600 });
  const known = await Promise.all([1, 2, 3].map(() => killed(url, key_file)));
  const log = createLog({ write: () => {} });
  const store = await openStore({ url, now: Date.now });
  const transport = createTransport({ allowances: () => [], log });
  const keyring = await loadKeyring({ current: key });
  const vault = await openVault({ store, keyring, transport, now: Date.now, random, log });
  const uses = createUseLog({ store, vault, log, now: Date.now, random });
  const found = await uses.verify();
  expect(found).toMatchObject({ holds: true, faults: [] });
  expect(found.entries).toBeGreaterThanOrEqual(known.reduce((sum, one) => sum + one, 0));
  expect(found.segments.map(({ ended }) => ended)).not.toContain("closed");
  // The next one that looks after the log ends what they left, whatever it does itself.
  await uses.retain(0, 1_000_000);
  await uses.close();
  const after = await uses.verify();
  expect(after.holds).toBe(true);
  expect(after.gaps.filter(({ code }) => code === "crash")).toHaveLength(3);
  expect(after.gaps.filter(({ code }) => code === "crash noticed").length).toBeGreaterThan(0);
  expect(after.segments.every(({ ended }) => ended === "lost" || ended === "closed")).toBe(true);
  await transport.close();
  await vault.close();
  await store.close();
});
