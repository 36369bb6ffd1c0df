/** A process that uses every connection of its owner, again and again, until it is told to end or ends itself. */
import { randomBytes } from "node:crypto";
import { openSync, readFileSync, writeSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { isLatchkeyError } from "../../src/errors.ts";
import { createLog } from "../../src/log.ts";
import { Secret } from "../../src/secret.ts";
import { openStore } from "../../src/store/index.ts";
import { createTransport } from "../../src/transport.ts";
import { loadKeyring, openVault, type Step } from "../../src/vault/index.ts";
import { type Line, type Message, type Moment, monotonic, type Orders } from "./orders.ts";

// A process that is killed would not leave behind what it has compiled.
flushCompileCache();
const orders = JSON.parse(process.argv[2] ?? "") as Orders;
const steps = openSync(orders.steps_file, "a");
const log_file = openSync(orders.log_file, "a");
let clock_ms = orders.clock_ms ?? 0;
let ending = false;

process.on("message", (message: Message) => {
  clock_ms = message.clock_ms;
});
process.on("disconnect", () => process.exit(0));
process.on("SIGTERM", () => {
  ending = true;
});

function write(line: Omit<Line, "at" | "worker">): void {
  writeSync(steps, `${JSON.stringify({ at: monotonic(), worker: orders.name, ...line })}\n`);
}

const seen = new Map<Step, number>();
/** The step is written down first: what was reached is known, whatever comes then. */
function onStep(step: Step, family_id: string, fence: number): void {
  write({ step, family_id, fence });
  const count = (seen.get(step) ?? 0) + 1;
  seen.set(step, count);
  strike(orders.die, "SIGKILL", step, count);
  strike(orders.stop, "SIGSTOP", step, count);
}

function strike(moment: Moment | undefined, signal: "SIGKILL" | "SIGSTOP", step: Step, count: number): void {
  if (moment?.step !== step || moment.nth !== count) return;
  if (moment.after_ms === undefined) process.kill(process.pid, signal);
  else setTimeout(() => process.kill(process.pid, signal), moment.after_ms);
}

const now = () => Date.now() + clock_ms;
const random = (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes));
const log = createLog({
  write: (line) => writeSync(log_file, `${line.trimEnd()}\n`),
  level: orders.quiet ? "info" : "debug",
});
const store = await openStore({ url: orders.database_url, now, busy_ms: orders.busy_ms });
const keyring = await loadKeyring({ current: new Secret(readFileSync(orders.key_file, "utf8")) });
const transport = createTransport({ allowances: () => orders.allow, log });
const vault = await openVault({
  store,
  keyring,
  transport,
  now,
  random,
  log,
  onStep,
  limits: orders.limits,
});

async function use(connection_id: string): Promise<"goes on" | "over"> {
  try {
    const credential = await vault.credentialFor(orders.owner, connection_id);
    if (credential.kind !== "bearer" || Math.random() > 0.2) return "goes on";
    const answer = await fetch(orders.probe_url, {
      headers: { authorization: `Bearer ${credential.token.reveal()}` },
    });
    await answer.arrayBuffer();
    if (answer.status === 401) await vault.rejected(orders.owner, connection_id, credential.token_id);
    write({ step: answer.status === 401 ? "refused" : "used", connection_id });
    return "goes on";
  } catch (error) {
    const code = isLatchkeyError(error) ? error.code : String(error);
    const dead = code === "connection_dead";
    write({ step: dead ? "dead" : "failed", connection_id, code });
    return dead ? "over" : "goes on";
  }
}

const lives = new Map<string, Promise<void>>();
async function live(connection_id: string): Promise<void> {
  while (!ending && (await use(connection_id)) === "goes on") await sleep(50 + Math.random() * 150);
}

while (!ending) {
  const connections = await vault.connections.list(orders.owner).catch(() => []);
  for (const { id, state } of connections) {
    if (state === "active" && !lives.has(id)) lives.set(id, live(id));
  }
  await sleep(200);
}
await Promise.allSettled(lives.values());
await transport.close();
await vault.close();
await store.close();
process.exit(0);
