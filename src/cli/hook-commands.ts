import type { Command } from "commander";
import type { Act } from "./act.ts";

/** `latchkey hooks …`: how changes in Jira become known here. */
export function hookCommands(program: Command, act: Act): void {
  const hooks = program
    .command("hooks")
    .description("how changes in Jira become known: webhooks of Jira, or asking");
  hooks
    .command("list")
    .description("connections that have links, and webhooks of administrators")
    .action(act(async () => (await import("./hooks.ts")).list));
  hooks
    .command("add <registration>")
    .description("a webhook for an administrator to set up in Jira; its address and secret are printed once")
    .option("--signed", "Jira signs what it sends; default for Cloud, on Data Center from version 10 on")
    .option("--unsigned", "Jira does not sign; default for Data Center")
    .action(act(async () => (await import("./hooks.ts")).add));
  hooks
    .command("remove <id>")
    .description("take nothing more that comes to this address")
    .action(act(async () => (await import("./hooks.ts")).remove));
}
