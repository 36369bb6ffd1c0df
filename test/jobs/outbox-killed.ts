/** A process of its own that removes a connection and is killed at once: after the commit, before anything is sent. */
import { randomBytes } from "node:crypto";
import { openStore } from "../../src/store/index.ts";
import { publish } from "../../src/vault/index.ts";

const [url = ""] = process.argv.slice(2);
const store = await openStore({ url, now: Date.now });
const random = (bytes: number) => new Uint8Array(randomBytes(bytes));
await store.transaction((tx) =>
  publish(tx, random, { owner: "alice", type: "connection.removed", at: Date.now(), data: {} }),
);
process.kill(process.pid, "SIGKILL");
