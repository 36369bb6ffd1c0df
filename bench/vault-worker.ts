/** The process that is measured by bench/vault.ts. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createLog } from "../src/log.ts";
import { Secret } from "../src/secret.ts";
import { openStore } from "../src/store/index.ts";
import { createTransport } from "../src/transport.ts";
import { loadKeyring, openVault } from "../src/vault/index.ts";

export type Task = {
  readonly path: string;
  readonly key_file: string;
  readonly owner: string;
  /** JSON: the connections to ask for. */
  readonly asked_file: string;
  readonly calls: number;
};
type Times = { readonly median: number; readonly p99: number };
/** Microseconds; bytes. */
export type Measured = { readonly any: Times; readonly same: Times; readonly rss: number };

if (process.send) {
  const task = JSON.parse(process.argv[2] ?? "") as Task;
  const asked = JSON.parse(readFileSync(task.asked_file, "utf8")) as string[];
  const log = createLog({ write: () => {}, level: "error" });
  const store = await openStore({ url: `sqlite:${task.path}`, now: Date.now });
  const keyring = await loadKeyring({ current: new Secret(readFileSync(task.key_file, "utf8")) });
  const transport = createTransport({ allowances: () => [], log });
  const random = (bytes: number) => new Uint8Array(randomBytes(bytes));
  const vault = await openVault({ store, keyring, transport, now: Date.now, random, log });

  const run = async (among: readonly string[], calls: number): Promise<Times> => {
    const times = new Float64Array(calls);
    for (let n = 0; n < calls; n++) {
      const id = among[Math.floor(Math.random() * among.length)] ?? "";
      const began = performance.now();
      await vault.credentialFor(task.owner, id);
      times[n] = (performance.now() - began) * 1000;
    }
    times.sort();
    return { median: times[calls >> 1] ?? 0, p99: times[Math.floor(calls * 0.99)] ?? 0 };
  };
  const some = asked.slice(0, 1_000);
  await run(asked, task.calls / 4);
  const any = await run(asked, task.calls);
  await run(some, task.calls / 4);
  const same = await run(some, task.calls);
  globalThis.gc?.();
  process.send({ any, same, rss: process.memoryUsage.rss() } satisfies Measured);
  await transport.close();
  await vault.close();
  await store.close();
  process.disconnect();
}
