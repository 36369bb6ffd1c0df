/** One process of bench/refresh.ts: many callers at once for one connection, each with a watch in hand. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createLog } from "../src/log.ts";
import { Secret } from "../src/secret.ts";
import { openStore } from "../src/store/index.ts";
import { createTransport } from "../src/transport.ts";
import { loadKeyring, openVault } from "../src/vault/index.ts";
import { monotonic } from "../test/crash/orders.ts";

export type Start = {
  readonly database_url: string;
  readonly key_file: string;
  readonly allow: readonly { readonly origin: string; readonly base_path: string }[];
};
/** All begin at the same moment of the machine's monotonic clock. */
export type Order = {
  readonly owner: string;
  readonly connection_id: string;
  readonly callers: number;
  readonly at: number;
  readonly clock_ms: number;
};
export type Report = { readonly waits: readonly number[]; readonly tokens: readonly string[] };

if (process.send) {
  const start = JSON.parse(process.argv[2] ?? "") as Start;
  let clock_ms = 0;
  const now = () => Date.now() + clock_ms;
  const log = createLog({ write: () => {}, level: "error" });
  const store = await openStore({ url: start.database_url, now });
  const keyring = await loadKeyring({ current: new Secret(readFileSync(start.key_file, "utf8")) });
  const transport = createTransport({ allowances: () => start.allow, log });
  const random = (bytes: number) => new Uint8Array(randomBytes(bytes));
  const vault = await openVault({ store, keyring, transport, now, random, log });
  process.on("disconnect", () => process.exit(0));
  process.on("message", (order: Order) => void work(order));
  process.send("ready");

  async function work(order: Order): Promise<void> {
    clock_ms = order.clock_ms;
    await sleep(Math.max(0, order.at - monotonic() - 5));
    while (monotonic() < order.at);
    const waits: number[] = [];
    const tokens = new Set<string>();
    const caller = async () => {
      const began = performance.now();
      const { token_id } = await vault.credentialFor(order.owner, order.connection_id);
      waits.push(performance.now() - began);
      tokens.add(token_id ?? "");
    };
    await Promise.all(Array.from({ length: order.callers }, caller));
    process.send?.({ waits, tokens: [...tokens] } satisfies Report);
  }
}
