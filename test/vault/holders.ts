/** Starts real processes that hold a vault. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export type Holding = {
  readonly database_url: string;
  /** The first is the current one. */
  readonly key_files: readonly string[];
  readonly owner: string;
  readonly allow: readonly { readonly origin: string; readonly base_path: string }[];
  readonly connections: readonly string[];
};

export type Held = {
  readonly used: number;
  /** How many different access tokens were seen. */
  readonly tokens: number;
  /** What was thrown, and how often. */
  readonly codes: Readonly<Record<string, number>>;
};

export type Holder = { stop(): Promise<Held> };

/** Resolves once the vault is open there. */
export async function startHolder(holding: Holding): Promise<Holder> {
  const file = fileURLToPath(new URL("./holder.ts", import.meta.url));
  const child = spawn(process.execPath, [file, JSON.stringify(holding)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error("The process ended without a word.");
    return value;
  };
  await next();
  return {
    async stop() {
      child.kill("SIGTERM");
      return JSON.parse(await next()) as Held;
    },
  };
}
