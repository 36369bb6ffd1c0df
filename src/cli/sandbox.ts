import { sandboxMain } from "../sandbox/run.ts";
import type { Context } from "./context.ts";

/** `latchkey sandbox …`: the sandbox reads its own flags, because it is a program of its own. */
export async function sandbox(context: Context, ...flags: string[]): Promise<number> {
  return sandboxMain(flags, { stdout: context.io.stdout, stderr: context.io.stderr });
}
