import { readFileSync } from "node:fs";
import { LatchkeyError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { Context } from "./context.ts";
import { readStdin } from "./io.ts";

/**
 * A secret from a file, from stdin (`-`) or from a prompt; never from the command line, which everyone on the
 * machine can read.
 */
export async function secretFrom(
  context: Context,
  file: unknown,
  asked: string,
  flag: string,
): Promise<Secret> {
  if (file === "-") return new Secret((await readStdin(context.io)).trim());
  if (typeof file === "string") return new Secret(readText(file).trim());
  if (!context.io.stdin.isTTY) {
    throw new LatchkeyError("usage", `${asked} is needed, and there is no terminal to ask at.`, {
      fix: `Give a file with ${flag} FILE, or ${flag} - for stdin.`,
    });
  }
  const { password, isCancel } = await import("@clack/prompts");
  const answer = await password({ message: asked });
  if (isCancel(answer) || !answer) throw new LatchkeyError("usage", `${asked} was not given.`);
  return new Secret(answer.trim());
}

export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new LatchkeyError("file_unreadable", `${path} cannot be read.`, { cause, details: { path } });
  }
}

/** Asks before something is lost; without a terminal `--yes` must have said it already. */
export async function confirmed(context: Context, question: string): Promise<void> {
  if (context.flags.yes === true) return;
  if (!context.io.stdin.isTTY)
    throw new LatchkeyError("confirmation_required", question, { fix: "Say --yes." });
  const { confirm, isCancel } = await import("@clack/prompts");
  const answer = await confirm({ message: question, initialValue: false });
  if (isCancel(answer) || !answer) throw new LatchkeyError("confirmation_required", "Nothing was changed.");
}
