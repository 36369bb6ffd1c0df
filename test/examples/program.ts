/** Runs an example as its reader would: a real process of its own, with nothing of the tests' environment. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");

export type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type Program = {
  /** Resolves when this stands in what was written; rejects when the program ends or is too slow. */
  says(text: string, timeout_ms?: number): Promise<void>;
  /** What it has written to stdout so far. */
  output(): string;
  write(text: string): void;
  readonly ended: Promise<Ended>;
  stop(): Promise<Ended>;
};

export type ProgramOptions = {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly args?: readonly string[];
  /** Keeps stdin open for `write`; by default it is at its end. */
  readonly open?: boolean;
  /** Killed after this long. Default 60 000. */
  readonly timeout_ms?: number;
};

/** The environment of an example: the pinned Node first on the path, and a home of its own. */
function environment({ cwd, env = {} }: ProgramOptions): NodeJS.ProcessEnv {
  return {
    PATH: [dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"].join(":"),
    HOME: cwd,
    NODE_NO_WARNINGS: "1",
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    ...env,
  };
}

/** Starts a file of the repository: TypeScript with this Node, a shell script with its own interpreter. */
export function startProgram(file: string, options: ProgramOptions): Program {
  const path = join(root, file);
  const args = options.args ?? [];
  const [command, all] = file.endsWith(".ts") ? [process.execPath, [path, ...args]] : [path, args];
  const child = spawn(command, [...all], {
    cwd: options.cwd,
    env: environment(options),
    // A group of its own, so that what a script started ends with it.
    detached: true,
  });
  child.stdin.on("error", () => {});
  if (!options.open) child.stdin.end();
  const timer = setTimeout(() => signal(child, "SIGKILL"), options.timeout_ms ?? 60_000);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? -1, stdout, stderr });
    });
  });
  return {
    ended,
    output: () => stdout,
    write: (text) => void child.stdin.write(text),
    says: async (text, timeout_ms = 25_000) => {
      const until = Date.now() + timeout_ms;
      while (!`${stdout}\n${stderr}`.includes(text)) {
        if (child.exitCode !== null || Date.now() > until) {
          throw new Error(`${file} did not say ${JSON.stringify(text)}:\n${stdout}\n${stderr}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    stop: () => {
      signal(child, "SIGTERM");
      return ended;
    },
  };
}

function signal(child: ChildProcess, name: "SIGTERM" | "SIGKILL"): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    child.kill(name);
  }
}

/** Runs a program to its end. */
export function runProgram(file: string, options: ProgramOptions): Promise<Ended> {
  return startProgram(file, options).ended;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
