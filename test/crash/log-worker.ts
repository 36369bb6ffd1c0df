/** A process that writes the log of use until it is killed, and tells how many entries it knows to be written. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createUseLog, type Entry } from "../../src/handles/index.ts";
import { createLog } from "../../src/log.ts";
import { Secret } from "../../src/secret.ts";
import { openStore } from "../../src/store/index.ts";
import { createTransport } from "../../src/transport.ts";
import { loadKeyring, openVault } from "../../src/vault/index.ts";

const [, , url = "", key_file = ""] = process.argv;
const random = (bytes: number) => new Uint8Array(randomBytes(bytes));
const log = createLog({ write: (line) => process.stderr.write(`${line}\n`) });
const store = await openStore({ url, now: Date.now });
const transport = createTransport({ allowances: () => [], log });
const keyring = await loadKeyring({ current: new Secret(readFileSync(key_file, "utf8")) });
const vault = await openVault({ store, keyring, transport, now: Date.now, random, log });
const uses = createUseLog({ store, vault, log, now: Date.now, random, limits: { mark_entries: 50 } });

let count = 0;
const write = () => {
  for (let n = 0; n < 20; n++) {
    const entry: Entry = {
      kind: "use",
      at: Date.now(),
      handle_id: "hdl_1",
      owner: "alice",
      connection_id: "con_1",
      method: "GET",
      path_template: "/rest/api/3/issue/{id}",
      status: 200,
      bytes_in: 0,
      bytes_out: ++count,
      duration_ms: 1,
      code: null,
      times: 1,
    };
    uses.used(entry);
  }
};
write();
await uses.flush();
process.send?.(count);
setInterval(write, 5);
