/**
 * Whether a vault is as quick with a million connections as with a thousand, and as small.
 *
 *   node bench/vault.ts [--sizes 1000,10000,1000000] [--calls 40000]
 */
import { fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createLog } from "../src/log.ts";
import { Secret } from "../src/secret.ts";
import { openStore } from "../src/store/index.ts";
import { createTransport } from "../src/transport.ts";
import { loadKeyring, newKeyText, openVault } from "../src/vault/index.ts";
import { sealTokens, tokenIdOf } from "../src/vault/tokens.ts";
import type { Measured, Task } from "./vault-worker.ts";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "1000,10000,1000000" },
    calls: { type: "string", default: "40000" },
  },
});

const PROGRAM = fileURLToPath(new URL("./vault-worker.ts", import.meta.url));
/** So many connections have tokens that open; of the others nobody asks. */
const ASKED = 10_000;
const TOKEN_LENGTH = 600;
const BATCH = 20_000;
const OWNER = "bench";
const random = (bytes: number) => new Uint8Array(randomBytes(bytes));

/** A vault with one connection made by the program itself, and copies of its rows. */
async function fill(directory: string, connections: number): Promise<Task> {
  const path = join(directory, `${connections}.db`);
  const key = newKeyText(random);
  const key_file = join(directory, `${connections}.key`);
  writeFileSync(key_file, key.reveal(), { mode: 0o600 });
  const keyring = await loadKeyring({ current: key });
  const log = createLog({ write: () => {} });
  const store = await openStore({ url: `sqlite:${path}`, now: Date.now });
  const transport = createTransport({ allowances: () => [], log });
  const vault = await openVault({ store, keyring, transport, now: Date.now, random, log });
  await vault.registrations.add({
    id: "cloud",
    flavor: "cloud",
    client_id: "bench",
    client_secret: new Secret("bench-secret"),
    redirect_uri: "http://localhost:8080/callback/cloud",
    scope: ["read:jira-work"],
  });
  const tokens = () => ({
    access_token: new Secret(randomBytes(TOKEN_LENGTH).toString("base64url").slice(0, TOKEN_LENGTH)),
    refresh_token: new Secret(randomBytes(TOKEN_LENGTH).toString("base64url").slice(0, TOKEN_LENGTH)),
    token_type: "Bearer",
    expires_at: Date.now() + 100 * 86_400_000,
    scope: ["read:jira-work"],
  });
  const family = await vault.families.create({
    owner: OWNER,
    registration_id: "cloud",
    scope_asked: ["read:jira-work"],
    tokens: tokens(),
    account: { account_id: "account-0", display_name: "Somebody" },
    consented_at: Date.now(),
  });
  const site = {
    id: "site",
    url: "https://acme.atlassian.net",
    name: "acme",
    api_base_url: "https://api.atlassian.com/ex/jira/site",
    deployment: "cloud" as const,
  };
  const first = await vault.connections.create({ owner: OWNER, family_id: family.id, site });
  await transport.close();
  await vault.close();
  await store.close();

  const db = new DatabaseSync(path);
  db.exec("pragma synchronous = off");
  const one = (table: string, id: string) =>
    db.prepare(`select * from ${table} where id = ?`).get(id) as Record<string, string | number | null>;
  const familyRow = one("families", family.id);
  const connectionRow = one("connections", first.id);
  const insert = (table: string, row: object) =>
    db.prepare(
      `insert into ${table} (${Object.keys(row).join(", ")}) values (${Object.keys(row)
        .map(() => "?")
        .join(", ")})`,
    );
  const insertFamily = insert("families", familyRow);
  const insertConnection = insert("connections", connectionRow);
  const every = Math.max(1, Math.floor(connections / ASKED));
  const asked: string[] = [];
  for (let n = 0; n < connections; n++) {
    if (n % BATCH === 0) db.exec(n === 0 ? "begin" : "commit; begin");
    const id = randomBytes(16).toString("base64url");
    const family_id = `fam_${id}`;
    const opens = n % every === 0;
    const set = { kind: "oauth2", ...tokens() } as const;
    const sealed = opens
      ? {
          sealed_tokens: sealTokens({ keyring, random }, { id: family_id, owner: OWNER, generation: 1 }, set),
          token_id: tokenIdOf(set),
        }
      : {};
    const account_id = `account-${n}`;
    insertFamily.run(...Object.values({ ...familyRow, id: family_id, account_id, ...sealed }));
    insertConnection.run(...Object.values({ ...connectionRow, id: `con_${id}`, family_id }));
    if (opens) asked.push(`con_${id}`);
  }
  db.exec("commit; pragma wal_checkpoint(truncate)");
  db.close();
  const asked_file = join(directory, `${connections}.json`);
  writeFileSync(asked_file, JSON.stringify(asked));
  return { path, key_file, owner: OWNER, asked_file, calls: Number(values.calls) };
}

async function measure(task: Task): Promise<Measured> {
  const worker = fork(PROGRAM, [JSON.stringify(task)], { execArgv: ["--expose-gc"] });
  const [measured] = (await once(worker, "message")) as [Measured];
  await once(worker, "exit");
  return measured;
}

const directory = mkdtempSync(join(tmpdir(), "latchkey-bench-vault-"));
try {
  console.log(
    "| connections | file, MB | any of 10,000: median, µs | 99th, µs | the same 1,000: median, µs | 99th, µs | resident, MB |",
  );
  console.log("| ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
  const all: Measured[] = [];
  for (const size of values.sizes.split(",").map(Number)) {
    const task = await fill(directory, size);
    const { any, same, rss } = await measure(task);
    all.push({ any, same, rss });
    const mb = (bytes: number) => (bytes / 1_048_576).toFixed(0);
    const us = ({ median, p99 }: Measured["any"]) => `${median.toFixed(0)} | ${p99.toFixed(0)}`;
    console.log(`| ${size} | ${mb(statSync(task.path).size)} | ${us(any)} | ${us(same)} | ${mb(rss)} |`);
  }
  const first = all[0];
  const last = all.at(-1);
  if (first && last) {
    const ratio = (a: number, b: number) => (a / b).toFixed(2);
    console.log(`\nmedian, any: ${ratio(last.any.median, first.any.median)} (goal 1.5)`);
    console.log(`median, the same 1,000: ${ratio(last.same.median, first.same.median)} (goal 1.5)`);
    console.log(
      `resident memory, against ${values.sizes}: ${all.map(({ rss }) => ratio(last.rss, rss)).join(", ")}`,
    );
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
