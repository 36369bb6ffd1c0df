/** A process that opens a vault and uses its connections again and again, then tells what it met. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isLatchkeyError } from "../../src/errors.ts";
import { createLog } from "../../src/log.ts";
import { Secret } from "../../src/secret.ts";
import { openStore } from "../../src/store/index.ts";
import { createTransport } from "../../src/transport.ts";
import { loadKeyring, openVault } from "../../src/vault/index.ts";
import type { Held, Holding } from "./holders.ts";

const holding = JSON.parse(process.argv[2] ?? "") as Holding;
const key = (path: string) => new Secret(readFileSync(path, "utf8"));
let ending = false;
process.on("SIGTERM", () => {
  ending = true;
});

const random = (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes));
const log = createLog({ write: () => {} });
const transport = createTransport({ allowances: () => holding.allow, log });
const store = await openStore({ url: holding.database_url, now: Date.now });
const [current, ...older] = holding.key_files.map(key);
const keyring = await loadKeyring({ current: current!, older });
const vault = await openVault({ store, keyring, transport, now: Date.now, random, log });
const tokens = new Set<string>();
const codes: Record<string, number> = {};
let used = 0;
process.stdout.write("ready\n");
while (!ending) {
  for (const id of holding.connections) {
    try {
      const credential = await vault.credentialFor(holding.owner, id);
      tokens.add(credential.token_id);
      used++;
    } catch (thrown) {
      const code = isLatchkeyError(thrown) ? thrown.code : String(thrown);
      codes[code] = (codes[code] ?? 0) + 1;
    }
  }
  await sleep(10);
}
await vault.close();
await transport.close();
await store.close();
const held: Held = { used, tokens: tokens.size, codes };
process.stdout.write(`${JSON.stringify(held)}\n`);
