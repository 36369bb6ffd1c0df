import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { type FamilyRow, openStore } from "../../src/store/index.ts";
import { type Session, type Terminal, terminal } from "./terminal.ts";

const LIFE_S = 3;
const CALLBACK = "http://localhost:8085/callback";
const library = fileURLToPath(new URL("./one-store-library.ts", import.meta.url));

/** Goes through consent in a home of its own; gives the connection's id. */
async function connect(shell: Terminal, jira: RunningSandbox): Promise<string> {
  const elsewhere = ["--auth-url", jira.cloudUrl, "--api-url", jira.cloudUrl];
  const client = [
    "--client-id",
    "sandbox-cloud-app",
    "--client-secret-file",
    "-",
    "--redirect-uri",
    CALLBACK,
  ];
  const sites = ["--cloud-sites", `${jira.cloudUrl}/sites/{name}`];
  const added = await shell.run(["registrations", "add", "cloud", ...client, ...elsewhere, ...sites], {
    stdin: "sandbox-cloud-secret\n",
  });
  expect(added).toMatchObject({ code: 0 });
  const session = shell.start(["connect", "acme", "--no-browser"]);
  const [, url] = await session.until(/^\s*(http\S+\/authorize\?\S+)$/m);
  const approved = await fetch(url!, { redirect: "manual" });
  session.write(`${approved.headers.get("location")}\n`);
  const ended = await session.ended;
  expect(ended).toMatchObject({ code: 0 });
  return ended.stdout.trim();
}

async function handle(shell: Terminal, connection_id: string): Promise<string> {
  const made = await shell.run(["handles", "create", "-c", connection_id, "--policy", "raw", "--json"]);
  const key = /lk_[\w-]+/.exec(made.stdout)?.[0];
  expect(key).toBeDefined();
  return key!;
}

type Calls = { calls: number; failures: string[] };

/** The proxy, over and over. */
async function proxied(
  address: string,
  connection_id: string,
  key: string,
  over: () => boolean,
): Promise<Calls> {
  const done: Calls = { calls: 0, failures: [] };
  while (!over()) {
    const answer = await fetch(`${address}/jira/${connection_id}/rest/api/3/myself`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const body = await answer.text();
    if (answer.status === 200) done.calls++;
    else done.failures.push(`${answer.status} ${body}`);
    await sleep(5);
  }
  return done;
}

/** The command line, one process after the other. */
async function commands(shell: Terminal, over: () => boolean): Promise<Calls> {
  const done: Calls = { calls: 0, failures: [] };
  while (!over()) {
    const ran = await shell.run(["whoami", "--json"]);
    if (ran.code === 0) done.calls++;
    else done.failures.push(ran.stderr);
  }
  return done;
}

/** A program that imports the library. */
async function imported(home: string, connection_id: string, over: Promise<unknown>): Promise<Calls> {
  const child = spawn(process.execPath, [library, connection_id], {
    env: { PATH: "/usr/bin:/bin", HOME: home, LATCHKEY_HOME: join(home, "state") },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  await over;
  child.kill("SIGTERM");
  await ended;
  return JSON.parse(out) as Calls;
}

async function addressOf(serving: Session): Promise<string> {
  const [, address] = await serving.until(/"address": "(http[^"]+)"/);
  return address!;
}

/** The sandbox's log of requests is bounded, so it is read often. */
function watch(jira: RunningSandbox): () => { done: number; refused: number } {
  const seen = new Map<number, boolean>();
  const look = () => {
    for (const one of jira.control.requests()) {
      if (one.path === "/oauth/token") seen.set(one.id, one.status === 200);
    }
  };
  look();
  const earlier = new Set(seen.keys());
  const timer = setInterval(look, 200);
  onTestFinished(() => clearInterval(timer));
  return () => {
    look();
    const now = [...seen].filter(([id]) => !earlier.has(id));
    const done = now.filter(([, well]) => well).length;
    return { done, refused: now.length - done };
  };
}

async function familyIn(shell: Terminal): Promise<FamilyRow> {
  const store = await openStore({ url: `sqlite:${join(shell.home, "state/latchkey.db")}`, now: Date.now });
  const [family] = await store.families.listForOperator();
  await store.close();
  return family!;
}

const generationIn = async (shell: Terminal) => (await familyIn(shell)).generation;

it("gateway, library and command line share one home while its tokens end all the time", {
  timeout: 120_000,
}, async () => {
  const jira = await startSandbox({
    port: 0,
    autoApprove: "alana@acme",
    redirectUris: [CALLBACK],
    switches: { access_ttl_s: String(LIFE_S) },
  });
  onTestFinished(() => jira.stop());
  const shell = terminal();
  const id = await connect(shell, jira);
  const key = await handle(shell, id);
  const serving = shell.start(["serve", "--port", "0", "--json"]);
  onTestFinished(async () => void (await serving.stop()));
  const address = await addressOf(serving);
  const exchanges = watch(jira);
  const before = await generationIn(shell);
  const began = Date.now();
  const over = () => Date.now() - began > 12_000;
  const all = await Promise.all([
    proxied(address, id, key, over),
    commands(shell, over),
    commands(shell, over),
    imported(shell.home, id, sleep(12_000)),
  ]);
  const took_s = (Date.now() - began) / 1000;
  for (const { calls, failures } of all) {
    expect(failures).toEqual([]);
    expect(calls).toBeGreaterThan(1);
  }
  const family = await familyIn(shell);
  expect(family).toMatchObject({ state: "active", failures: 0, parked: null });
  // A token is renewed in the last tenth of its life, by whoever comes first.
  const { done, refused } = exchanges();
  expect(done).toBeGreaterThan(1);
  expect(done).toBeLessThanOrEqual(Math.ceil(took_s / (LIFE_S * 0.9)) + 1);
  expect(done).toBe(family.generation - before);
  expect(refused).toBe(0);
});
