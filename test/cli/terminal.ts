/** A terminal for tests: the real command in a real process, with a home of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const bin = join(dirname(fileURLToPath(import.meta.url)), "../../src/bin.ts");

export type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type Session = {
  readonly process: ChildProcessWithoutNullStreams;
  /** Resolves with the first match in what was written to stderr and stdout so far or later. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  write(text: string): void;
  readonly ended: Promise<Ended>;
  stop(): Promise<Ended>;
};

export type Terminal = {
  readonly home: string;
  /** Runs a command to its end. */
  run(
    args: readonly string[],
    options?: { readonly stdin?: string; readonly env?: NodeJS.ProcessEnv },
  ): Promise<Ended>;
  /** Starts a command that goes on. */
  start(args: readonly string[], options?: { readonly env?: NodeJS.ProcessEnv }): Session;
};

export function terminal(home = mkdtempSync(join(tmpdir(), "latchkey-cli-"))): Terminal {
  const start: Terminal["start"] = (args, options = {}) => {
    const child = spawn(process.execPath, [bin, ...args], { env: environment(home, options.env), cwd: home });
    return sessionOf(child);
  };
  return {
    home,
    start,
    run: async (args, options = {}) => {
      const session = start(args, options);
      session.process.stdin.on("error", () => {});
      session.process.stdin.end(options.stdin ?? "");
      return session.ended;
    },
  };
}

/** Nothing of the environment the tests run in, so that a result is the same everywhere. */
function environment(home: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return {
    PATH: "/usr/bin:/bin",
    HOME: home,
    LATCHKEY_HOME: join(home, "state"),
    NODE_NO_WARNINGS: "1",
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    ...more,
  };
}

function sessionOf(child: ChildProcessWithoutNullStreams): Session {
  let stdout = "";
  let stderr = "";
  const waiting = new Set<() => void>();
  const heard = () => {
    for (const look of waiting) look();
  };
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    heard();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
    heard();
  });
  let over = false;
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code, signal) => {
      over = true;
      resolve({ code: code ?? (signal ? 128 : -1), stdout, stderr });
      heard();
    });
  });
  return {
    process: child,
    ended,
    write: (text) => void child.stdin.write(text),
    stop: () => {
      child.kill("SIGTERM");
      return ended;
    },
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(`${stdout}\n${stderr}`);
          if (!found && !over) return;
          waiting.delete(look);
          if (found) resolve(found);
          else reject(new Error(`The command ended without ${pattern}:\n${stdout}\n${stderr}`));
        };
        waiting.add(look);
        look();
      }),
  };
}
