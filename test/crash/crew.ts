/** Worker processes: started, killed, stopped and resumed; and what they wrote down. */
import { type ChildProcess, fork } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type House, LIMITS, OWNER } from "./house.ts";
import type { Line, Message, Moment, Orders } from "./orders.ts";

const PROGRAM = fileURLToPath(new URL("./worker.ts", import.meta.url));

export type Worker = {
  readonly name: string;
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  /** SIGKILL ended it. */
  killed: boolean;
  /** It was stopped with SIGSTOP, by itself or by the driver. */
  paused: boolean;
};

export type WorkerOptions = {
  readonly die?: Moment;
  readonly stop?: Moment;
  readonly clock_ms?: number;
  readonly busy_ms?: number;
  readonly database_url?: string;
};

export type Crew = {
  readonly workers: readonly Worker[];
  start(options?: WorkerOptions): Worker;
  /** All that was written down until now, oldest first. */
  lines(): Line[];
  /** Everything the workers' logs and standard streams hold. */
  outputs(): string[];
  tell(worker: Worker, message: Message): void;
  /** Lets every worker finish what it does; one that does not is killed. */
  dismiss(): Promise<void>;
};

/** @param quiet without the log's debug lines, for long runs */
export function gather(house: House, { quiet = false } = {}): Crew {
  const workers: Worker[] = [];
  const streams: string[] = [];
  const steps_file = join(house.directory, "steps.jsonl");
  const log_file = join(house.directory, "workers.log");
  return {
    workers,
    start(options = {}) {
      const name = `w${workers.length + 1}`;
      const orders: Orders = {
        name,
        database_url: options.database_url ?? house.database_url,
        busy_ms: options.busy_ms ?? 5_000,
        key_file: house.key_file,
        owner: OWNER,
        allow: house.allow,
        probe_url: house.probe_url,
        limits: LIMITS,
        steps_file,
        log_file,
        quiet,
        ...(options.die && { die: options.die }),
        ...(options.stop && { stop: options.stop }),
        ...(options.clock_ms !== undefined && { clock_ms: options.clock_ms }),
      };
      const child = fork(PROGRAM, [JSON.stringify(orders)], {
        stdio: ["ignore", "pipe", "pipe", "ipc"],
        // Halves the time until a process is at work: what is compiled once serves all that follow.
        env: { NODE_COMPILE_CACHE: join(house.directory, "compiled"), ...process.env },
      });
      child.stdout?.on("data", (chunk) => streams.push(String(chunk)));
      child.stderr?.on("data", (chunk) => streams.push(String(chunk)));
      const worker: Worker = {
        name,
        child,
        killed: false,
        paused: options.stop !== undefined,
        ended: new Promise((resolve) => {
          child.once("exit", (_code, signal) => {
            worker.killed = signal === "SIGKILL";
            resolve();
          });
        }),
      };
      workers.push(worker);
      return worker;
    },
    lines: reader(steps_file),
    outputs: () => [readIfThere(steps_file), readIfThere(log_file), streams.join("")],
    tell(worker, message) {
      if (worker.child.connected) worker.child.send(message);
    },
    async dismiss() {
      const running = workers.filter(({ child }) => child.exitCode === null && child.signalCode === null);
      for (const { child } of running) {
        child.kill("SIGCONT");
        child.kill("SIGTERM");
      }
      const late = sleep(8_000, undefined, { ref: false }).then(() => {
        for (const { child } of running) child.kill("SIGKILL");
      });
      await Promise.race([Promise.all(running.map(({ ended }) => ended)), late]);
      await Promise.all(running.map(({ ended }) => ended));
    },
  };
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Reads what was added since the last time. */
function reader(file: string): () => Line[] {
  const lines: Line[] = [];
  let offset = 0;
  let rest = "";
  return () => {
    const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
    const added = (rest + bytes.subarray(offset).toString()).split("\n");
    offset = bytes.length;
    rest = added.pop() ?? "";
    lines.push(...added.map((line) => JSON.parse(line) as Line));
    return lines.toSorted((a, b) => a.at - b.at);
  };
}
