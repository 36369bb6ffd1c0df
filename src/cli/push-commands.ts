import type { Command } from "commander";
import type { Act } from "./act.ts";

/** `latchkey push`. */
export function pushCommands(program: Command, act: Act): void {
  program
    .command("push <file>")
    .description("make issues of ideas, or bring their issues up to date; - reads stdin")
    .option("-c, --connection <connection>", "which connection")
    .option("--dry-run", "print what would be sent, and send nothing")
    .option(
      "--conflict <rule>",
      "of what was edited on both sides: report, ours or theirs; FIELD=RULE for one field; may be repeated",
      (one: string, all: string[] = []) => [...all, one],
    )
    .option("--report <file>", "write one JSON line for each idea into this file")
    .action(act(async () => (await import("./push.ts")).push));
}
