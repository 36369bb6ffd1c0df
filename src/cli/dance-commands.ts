import type { Command } from "commander";
import type { Act } from "./act.ts";

/** `latchkey dances …`: what is written down of dances, and of calls to Jira that failed. */
export function danceCommands(program: Command, act: Act): void {
  const dances = program
    .command("dances")
    .description("what is written down of dances, and of calls to Jira that failed");
  dances
    .command("list")
    .description("list them, the newest last")
    .option("--failed", "only what failed")
    .option("-n, --limit <n>", "how many at most", "20")
    .action(act(async () => (await import("./dances.ts")).list));
  dances
    .command("show [id]")
    .description("who said what to whom, and where it stopped; without an id the last one")
    .option("--har <file>", "write it as an HTTP archive, secrets masked; - for stdout")
    .action(act(async () => (await import("./dances.ts")).show));
}
