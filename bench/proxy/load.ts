/** One round of load: as many requests as a proxy answers, by wrk, or by a client of this file where there is none. */
import { spawn } from "node:child_process";
import { Agent, get } from "node:http";
import { has, OTHER_CORE, pinned } from "./running.ts";

export type Round = {
  readonly per_second: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** Answers that were none of 2xx, and connections that failed. */
  readonly failed: number;
};

export type Target = { readonly url: string; readonly headers: Readonly<Record<string, string>> };

export const WRK = has("wrk");

export function round(target: Target, connections: number, seconds: number): Promise<Round> {
  return WRK ? byWrk(target, connections, seconds) : byNode(target, connections, seconds);
}

async function byWrk({ url, headers }: Target, connections: number, seconds: number): Promise<Round> {
  const asked = Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "30s", "--latency", ...asked, url];
  const child = spawn("wrk", args, { stdio: ["ignore", "pipe", "inherit"] });
  if (child.pid) pinned(OTHER_CORE, child.pid);
  let text = "";
  for await (const chunk of child.stdout) text += String(chunk);
  const number = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);
  const time = (share: string) => {
    const found = new RegExp(`^\\s*${share}%\\s+([\\d.]+)(us|ms|s|m)\\s*$`, "m").exec(text);
    const unit = { us: 0.001, ms: 1, s: 1_000, m: 60_000 }[found?.[2] ?? "ms"] ?? 1;
    return Number(found?.[1] ?? 0) * unit;
  };
  const socket = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text);
  const broken = (socket?.slice(1) ?? []).reduce((sum, one) => sum + Number(one), 0);
  return {
    per_second: number(/Requests\/sec:\s+([\d.]+)/),
    p50_ms: time("50"),
    p99_ms: time("99"),
    failed: number(/Non-2xx or 3xx responses: (\d+)/) + broken,
  };
}

async function byNode(target: Target, connections: number, seconds: number): Promise<Round> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const end = performance.now() + seconds * 1_000;
  const took: number[] = [];
  let failed = 0;
  const one = () =>
    new Promise<boolean>((resolve) => {
      get(target.url, { agent, headers: target.headers }, (answer) => {
        answer.resume();
        answer.once("end", () => resolve(answer.statusCode === 200));
        answer.once("error", () => resolve(false));
      }).once("error", () => resolve(false));
    });
  const caller = async () => {
    while (performance.now() < end) {
      const began = performance.now();
      if (!(await one())) failed++;
      took.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: connections }, caller));
  agent.destroy();
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.floor(took.length * share)] ?? 0;
  return { per_second: took.length / seconds, p50_ms: at(0.5), p99_ms: at(0.99), failed };
}
