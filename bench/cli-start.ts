/**
 * How long the command line takes to start: `latchkey --version` against a bare `node -e 0`, and `latchkey issue JJ-2`
 * against curl asking the same URL with a bearer. All contenders take turns, so that whatever else the machine does
 * falls on all of them; a ratio is the median of the rounds' own ratios.
 *
 *   node bench/cli-start.ts [--rounds 15] [--seconds 40]
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compose } from "../src/compose.ts";
import { loadConfig } from "../src/config/index.ts";
import { type RunningSandbox, startSandbox } from "../src/sandbox/index.ts";
import { Secret } from "../src/secret.ts";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "15" }, seconds: { type: "string", default: "40" } },
});
const ROUNDS = Number(values.rounds);
const UNTIL = performance.now() + Number(values.seconds) * 1000;
const BIN = join(import.meta.dirname, "../dist/bin.js");
const REDIRECT = "http://localhost:8085/callback";

type Contender = { readonly name: string; readonly command: string; readonly args: readonly string[] };

if (!existsSync(BIN)) {
  console.error("There is no dist/bin.js. Build first: npm run build");
  process.exit(78);
}
const home = mkdtempSync(join(tmpdir(), "latchkey-bench-"));
const sandbox = await startSandbox({ autoApprove: "alana", redirectUris: [REDIRECT] });
try {
  const { url, access_token } = await connect(sandbox);
  const contenders: Contender[] = [
    { name: "node -e 0", command: process.execPath, args: ["-e", "0"] },
    { name: "latchkey --version", command: process.execPath, args: [BIN, "--version"] },
    { name: "latchkey issue JJ-2", command: process.execPath, args: [BIN, "issue", "JJ-2"] },
  ];
  if (spawnSync("curl", ["--version"]).status === 0) {
    const header = `Authorization: Bearer ${access_token}`;
    contenders.push({ name: "curl, same URL", command: "curl", args: ["-fsS", "-H", header, url] });
  }
  report(await measure(contenders));
} finally {
  await sandbox.stop();
  rmSync(home, { recursive: true, force: true });
}

/** A connection in the bench's own home, made as the program makes it, and a token for curl. */
async function connect(jira: RunningSandbox): Promise<{ url: string; access_token: string }> {
  const parts = await compose(loadConfig({ env: {}, flags: { home } }));
  try {
    await parts.vault.registrations.add({
      id: "cloud",
      flavor: "cloud",
      client_id: "sandbox-cloud-app",
      client_secret: new Secret("sandbox-cloud-secret"),
      redirect_uri: REDIRECT,
      scope: ["read:jira-user", "read:jira-work", "offline_access"],
      auth_url: jira.cloudUrl,
      api_url: jira.cloudUrl,
      allowance: true,
    });
    const binding = new Secret("b".repeat(43));
    const begun = await parts.connect.begin({ owner: "local", registration_id: "cloud", binding });
    const back = await fetch(begun.authorize_url, { redirect: "manual" });
    const params = new URL(back.headers.get("location") ?? "").searchParams;
    const done = await parts.connect.complete({ registration_id: "cloud", params, binding });
    if (done.kind !== "connected") throw new Error("The sandbox approved for several sites.");
    const tokens = await parts.vault.reveal("local", done.connection.id);
    if (tokens.kind !== "oauth2") throw new Error("This consent was one of OAuth 2.0.");
    const url = `${done.connection.site.api_base_url}/rest/api/3/issue/JJ-2`;
    return { url, access_token: tokens.access_token.reveal() };
  } finally {
    await parts.close();
  }
}

/** Milliseconds of each contender by round. The first round warms the file cache and does not count. */
async function measure(contenders: readonly Contender[]): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round <= ROUNDS && performance.now() < UNTIL; round++) {
    for (const contender of contenders) {
      const took = await run(contender);
      if (round > 0) times.get(contender.name)?.push(took);
    }
  }
  return times;
}

/** The server is in this process: the commands must not be waited for synchronously. */
function run({ name, command, args }: Contender): Promise<number> {
  const env = { PATH: process.env.PATH, HOME: home, LATCHKEY_HOME: home };
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { env, stdio: "ignore", timeout: 20_000 });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve(performance.now() - began);
      else reject(new Error(`${name} ended with ${code}`));
    });
  });
}

function report(times: ReadonlyMap<string, readonly number[]>): void {
  const rounds = Math.min(...[...times.values()].map((list) => list.length));
  console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "?"}, ${rounds} rounds\n`);
  console.log("| command | ms (median) |\n| --- | ---: |");
  for (const [name, list] of times) console.log(`| ${name} | ${median(list).toFixed(0)} |`);
  const ratio = (name: string, of: string) => {
    const below = times.get(of);
    const above = times.get(name);
    if (!above || !below) return;
    const each = below.slice(0, rounds).map((time, round) => (above[round] ?? Number.NaN) / time);
    console.log(`| ${name} / ${of} | ${median(each).toFixed(2)} |`);
  };
  console.log("\n| ratio | measured |\n| --- | ---: |");
  ratio("latchkey --version", "node -e 0");
  ratio("latchkey issue JJ-2", "node -e 0");
  ratio("latchkey issue JJ-2", "curl, same URL");
}

function median(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
