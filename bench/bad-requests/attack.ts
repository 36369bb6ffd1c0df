/** Fires bad requests at a process of its own, many at once, and says what went wrong, if anything did. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Shot, shot } from "./grammar.ts";
import type { Holding, Target } from "./house.ts";
import { type Watched, watchedJira } from "./jira.ts";
import { type Got, lineTo } from "./wire.ts";

export type Outcome = {
  readonly count: number;
  readonly seconds: number;
  /** How many of each kind, and of each status; 0 stands for a connection that ended without an answer. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly statuses: Readonly<Record<string, number>>;
  /** Requests that reached Jira: the good ones, and what was harmless. */
  readonly arrived: number;
  readonly before: Holding;
  /** What the process held while it went on: the most, and at the end. */
  readonly most_rss_mb: number;
  readonly after: Holding;
  /** What should not have happened, with the number of the request that makes it happen again. */
  readonly wrong: readonly string[];
};

export type Attack = {
  readonly count: number;
  readonly seed?: number;
  /** Requests under way at once. */
  readonly at_once?: number;
  readonly progress?: (done: number) => void;
};

const WARM = 500;

export async function attack({ count, seed = 1, at_once = 32, progress }: Attack): Promise<Outcome> {
  const jira = await watchedJira();
  const { child, target } = await startHouse(jira);
  const wrong: string[] = [];
  const note = (text: string) => void (wrong.length < 50 && wrong.push(text));
  let over = false;
  child.once("exit", (code) => void (over || note(`The process ended with ${code}.`)));
  const tally = { kinds: {} as Record<string, number>, statuses: {} as Record<string, number> };
  try {
    await volley(0, Math.min(WARM, count));
    const before = await ask(child);
    const began = performance.now();
    let most = before.rss_mb;
    const step = Math.max(5_000, Math.ceil(count / 20));
    let after = before;
    for (let from = WARM; from < count; from += step) {
      await volley(from, Math.min(count, from + step));
      after = await ask(child);
      most = Math.max(most, after.rss_mb);
      progress?.(Math.min(count, from + step));
    }
    const seconds = (performance.now() - began) / 1000;
    wrong.push(...jira.wrong.map((text) => `Jira was asked for ${text}`));
    return { count, seconds, ...tally, arrived: jira.arrived(), before, most_rss_mb: most, after, wrong };
  } finally {
    over = true;
    child.disconnect();
    await jira.close();
  }

  async function volley(from: number, to: number): Promise<void> {
    let next = from;
    const worker = async () => {
      const line = lineTo(target.port);
      for (let n = next++; n < to && child.exitCode === null; n = next++) {
        const one = shot(seed, n, target);
        const got = await line.send(one.bytes, one);
        tally.kinds[one.kind] = (tally.kinds[one.kind] ?? 0) + 1;
        tally.statuses[got.status] = (tally.statuses[got.status] ?? 0) + 1;
        const fault = faultOf(one, got);
        if (fault)
          note(
            `${fault} (seed ${seed}, request ${n}, ${one.kind}): ${JSON.stringify(one.bytes.slice(0, 400))}`,
          );
      }
      line.close();
    };
    await Promise.all(Array.from({ length: at_once }, worker));
  }
}

function faultOf({ expects, alone }: Shot, { status, more }: Got): string | undefined {
  if (status >= 500) return `${status} was answered`;
  if (expects === "refused" && status !== 0 && (status < 400 || status > 499))
    return `${status} for a refusal`;
  if (expects === "served" && status !== 200) return `${status} for what is well`;
  if (alone) return undefined;
  if (status === 0) return "nothing was answered";
  return more > 0 ? `${more} bytes came after the answer` : undefined;
}

async function startHouse(jira: Watched): Promise<{ child: ChildProcess; target: Target }> {
  const path = fileURLToPath(new URL("house.ts", import.meta.url));
  const child = fork(path, [JSON.stringify({ upstream: jira.url, token: jira.token })], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    execArgv: ["--expose-gc", "--max-old-space-size=512"],
  });
  const target = await new Promise<Target>((resolve, reject) => {
    child.once("message", (said) => resolve(said as Target));
    child.once("exit", () => reject(new Error("The process ended before it listened.")));
  });
  return { child, target };
}

function ask(child: ChildProcess): Promise<Holding> {
  return new Promise((resolve, reject) => {
    child.once("message", (said) => resolve(said as Holding));
    child.once("exit", () => reject(new Error("The process ended.")));
    child.send("holding");
  });
}
