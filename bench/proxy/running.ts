/** Processes of bench/proxy.ts: each proxy on one core, and what drives it on another. */
import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Listening, Orders } from "./listening.ts";

export const has = (program: string): boolean => spawnSync(program, ["-v"]).error === undefined;

const pins = has("taskset") && cpus().length > 1;
/** The proxy has a core to itself; what asks and what answers share another. */
export const PROXY_CORE = 0;
export const OTHER_CORE = 1;

export type Running = Listening & { readonly child: ChildProcess; stop(): Promise<void> };

export function pinned(core: number, pid: number): void {
  if (pins) spawnSync("taskset", ["-a", "-p", "-c", String(core), String(pid)]);
}

const TICK_MS = 10;

/** Processor time a process and its children have used until now, in milliseconds; Linux only, else undefined. */
export function processorTime(pid: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
    const own = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    const used = (Number(own[11]) + Number(own[12])) * TICK_MS;
    return children.reduce((sum, child) => sum + (processorTime(Number(child)) ?? 0), used);
  } catch {
    return undefined;
  }
}

/** Starts one of the files beside this one and waits until it says where it listens. */
export async function start(
  file: string,
  core: number,
  told?: Orders,
  private_key?: string,
): Promise<Running> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const args = told ? [JSON.stringify(told), ...(private_key ? [private_key] : [])] : [];
  const child = fork(path, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  if (child.pid) pinned(core, child.pid);
  const first = await new Promise<Listening>((resolve, reject) => {
    child.once("message", (said) => resolve(said as Listening));
    child.once("exit", () => reject(new Error(`${file} ended before it listened.`)));
  });
  return { ...first, child, stop: () => stopped(child) };
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const over = once(child, "exit");
  if (child.connected) child.disconnect();
  else child.kill("SIGTERM");
  await over;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address ? address.port : 0;
}

/** nginx with one worker, keep-alive to the upstream and a constant header. */
export async function startNginx({ upstream, authorization }: Orders): Promise<Running> {
  const home = mkdtempSync(join(tmpdir(), "latchkey-bench-nginx-"));
  const port = await freePort();
  writeFileSync(
    join(home, "nginx.conf"),
    `daemon off; worker_processes 1; pid ${home}/pid; error_log ${home}/error.log;
events { worker_connections 1024; }
http {
  access_log off; proxy_max_temp_file_size 0; client_body_temp_path ${home}/b; proxy_temp_path ${home}/p;
  fastcgi_temp_path ${home}/f; uwsgi_temp_path ${home}/u; scgi_temp_path ${home}/s;
  upstream jira { server ${new URL(upstream).host}; keepalive 128; }
  server { listen 127.0.0.1:${port};
    location / { proxy_pass http://jira; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Authorization "${authorization}"; } } }
`,
  );
  const child = spawn("nginx", ["-p", home, "-c", join(home, "nginx.conf")], { stdio: "ignore" });
  for (let left = 100; left > 0; left--) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    if (answer) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (child.pid) {
    pinned(PROXY_CORE, child.pid);
    const { stdout } = spawnSync("pgrep", ["-P", String(child.pid)], { encoding: "utf8" });
    for (const worker of stdout.split("\n").filter(Boolean)) pinned(PROXY_CORE, Number(worker));
  }
  const stop = async () => {
    const over = once(child, "exit");
    child.kill("SIGQUIT");
    await over;
    rmSync(home, { recursive: true, force: true });
  };
  return { port, child, stop };
}
