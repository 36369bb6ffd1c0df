import { sandboxMain } from "../sandbox/run.ts";
import type { Context } from "./context.ts";

/** `latchkey sandbox …`: the sandbox reads its own flags, because it is a program of its own. */
export async function sandbox(context: Context, ...flags: string[]): Promise<number> {
  // `--json` is everybody's flag, so the program's own parser has taken it.
  const all = context.flags.json === true ? [...flags, "--json"] : flags;
  return sandboxMain(all, { stdout: context.io.stdout, stderr: context.io.stderr });
}
