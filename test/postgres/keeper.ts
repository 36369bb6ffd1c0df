/**
 * The process that keeps one PostgreSQL: it copies, makes the cluster, starts the server and answers its address on
 * standard output. Commands come on standard input: `stop`, `kill`, `start`, each answered by one line. When the
 * input ends, because its master has finished or was killed, the server is stopped and its files are removed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream, existsSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { type Account, copyBinaries, packaged, unprivileged } from "./binaries.ts";
import { certificate } from "./certificate.ts";

const READY_MS = 20_000;
const account = unprivileged();
// Root's own temporary directory may be closed to others; /tmp is not.
const base = account && existsSync("/tmp") ? "/tmp" : tmpdir();
const root = await mkdtemp(join(base, "latchkey-postgres-"));
const [binaries, data, log] = [join(root, "program"), join(root, "data"), join(root, "log")];
const certificateFile = join(root, "server.crt");
const password = randomBytes(15).toString("base64url");
let server: ChildProcess | undefined;

const answer = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);
const failure = (thrown: unknown) => answer({ failed: thrown instanceof Error ? thrown.message : "unknown" });
const address = (port: number) => `postgres://latchkey:${password}@127.0.0.1:${port}/postgres`;

function start(program: string, args: readonly string[]): ChildProcess {
  const child = spawn(join(binaries, "bin", program), args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC" },
    ...(account as Account | undefined),
  });
  const lines = createWriteStream(log, { flags: "a" });
  child.stdout?.pipe(lines, { end: false });
  child.stderr?.pipe(lines, { end: false });
  return child;
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => resolve(code));
    child.once("error", reject);
  });
}

async function makeCluster(native: string): Promise<void> {
  await chmod(root, 0o755);
  await copyBinaries(native, binaries);
  await mkdir(data, { mode: 0o700 });
  const secret = join(root, "password");
  await writeFile(secret, password, { mode: 0o600 });
  if (account) for (const path of [data, secret]) await chown(path, account.uid, account.gid);
  const code = await ended(
    start("initdb", [
      ...["--pgdata", data, "--username", "latchkey", "--pwfile", secret, "--auth", "scram-sha-256"],
      // A collation that sorts as people do, so that a text order left to the database is noticed.
      ...["--encoding", "UTF8", "--locale", "C", "--locale-provider", "icu", "--icu-locale", "en-US"],
      "--no-sync",
    ]),
  );
  await rm(secret);
  if (code !== 0) throw new Error(`initdb ended with ${code}: ${await lastWords()}`);
}

/** The server takes TLS from whoever asks for it. */
async function writeCertificate(): Promise<void> {
  const { cert, key } = await certificate();
  await writeFile(certificateFile, cert, { mode: 0o644 });
  await writeFile(join(data, "server.key"), key, { mode: 0o600 });
  if (account) await chown(join(data, "server.key"), account.uid, account.gid);
}

async function lastWords(): Promise<string> {
  return (await readFile(log, "utf8").catch(() => "")).slice(-800);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === "object" ? resolve(address.port) : reject()));
    });
  });
}

async function serve(port: number): Promise<void> {
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    ssl: "on",
    ssl_cert_file: certificateFile,
    max_connections: 200,
    shared_buffers: "32MB",
    log_min_messages: "fatal",
    log_min_error_statement: "panic",
  };
  const child = start("postgres", [
    "-D",
    data,
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ]);
  server = child;
  const until = Date.now() + READY_MS;
  for (;;) {
    if (await answers(port)) return;
    if (child.exitCode !== null || Date.now() > until) {
      throw new Error(`The server did not start: ${await lastWords()}`);
    }
    await sleep(25);
  }
}

async function answers(port: number): Promise<boolean> {
  const client = new pg.Client({ connectionString: address(port), connectionTimeoutMillis: 2_000 });
  client.on("error", () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}

/** SIGINT: open connections are cut, what is committed is kept. SIGQUIT: as if the power had gone. */
async function stop(signal: "SIGINT" | "SIGQUIT"): Promise<void> {
  const child = server;
  server = undefined;
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = ended(child);
  child.kill(signal);
  const forced = setTimeout(() => child.kill("SIGQUIT"), 5_000);
  await gone;
  clearTimeout(forced);
}

async function command(line: string, port: number): Promise<void> {
  if (line === "start") await serve(port);
  else await stop(line === "kill" ? "SIGQUIT" : "SIGINT");
  answer({ done: line });
}

// Whoever interrupts a test run in a terminal signals this process too; only the end of the input ends it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.stdout.on("error", () => {});
try {
  const found = packaged();
  if ("absent" in found) {
    answer(found);
  } else {
    const port = await freePort();
    await makeCluster(found.native);
    await writeCertificate();
    await serve(port);
    answer({ url: address(port), certificate: certificateFile });
    for await (const line of createInterface({ input: process.stdin })) {
      await command(line, port).catch(failure);
    }
  }
} catch (thrown) {
  failure(thrown);
} finally {
  await stop("SIGQUIT");
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
}
