import { spawnSync } from "node:child_process";
import { homedir } from "node:os";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The one place that reads the process environment; everything else is handed what it needs. */
export function environment(): Environment {
  return { ...process.env };
}

/** The person's home directory, from the environment that was read. */
export function personalHome(env: Environment): string {
  return env.HOME ?? env.USERPROFILE ?? homedir();
}

/**
 * Runs the command behind `LATCHKEY_KEY_COMMAND` (a key service or a keychain) and gives what it prints.
 * The command is the operator's own configuration; it runs in a shell, within ten seconds.
 */
export function outputOf(command: string, env: Environment): { text: string } | { problem: string } {
  const run = spawnSync(command, {
    shell: true,
    env: env as NodeJS.ProcessEnv,
    encoding: "utf8",
    timeout: 10_000,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if ((run.error as NodeJS.ErrnoException | undefined)?.code === "ETIMEDOUT") {
    return { problem: "the command gave no answer within 10 s" };
  }
  if (run.error) return { problem: `the command could not be run (${run.error.message})` };
  if (run.status !== 0) return { problem: `the command ended with status ${run.status ?? run.signal}` };
  return { text: run.stdout };
}
