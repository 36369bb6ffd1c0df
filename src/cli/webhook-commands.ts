import { type Command, Option } from "commander";
import type { Act } from "./act.ts";

/** `latchkey webhooks …`: who is told of events. */
export function webhookCommands(program: Command, act: Act): void {
  const webhooks = program
    .command("webhooks")
    .description("addresses that are told what happens to connections, and what was sent to them");
  webhooks
    .command("add <url>")
    .description("add one; the secret of its signatures is printed once")
    .option("--types <types>", "event types, separated by commas; default all")
    .option("--owner <owner>", "whose events; default everybody's")
    .option("--description <text>", "what it is for")
    .action(act(async () => (await import("./webhooks.ts")).add));
  webhooks
    .command("list")
    .description("list them")
    .action(act(async () => (await import("./webhooks.ts")).list));
  webhooks
    .command("remove <id>")
    .description("remove one, with everything on its way to it")
    .action(act(async () => (await import("./webhooks.ts")).remove));
  webhooks
    .command("rotate <id>")
    .description("print a new secret; the one before goes on signing beside it for a day")
    .action(act(async () => (await import("./webhooks.ts")).rotate));
  webhooks
    .command("enable <id>")
    .description("send to it again after it was disabled")
    .action(act(async () => (await import("./webhooks.ts")).enable));
  webhooks
    .command("deliveries")
    .description("what was sent, waits, or was given up, newest first")
    .option("--endpoint <id>", "of one endpoint")
    .addOption(new Option("--state <state>", "of one state").choices(["waiting", "done", "dead"]))
    .action(act(async () => (await import("./webhooks.ts")).deliveries));
  webhooks
    .command("redeliver <id>")
    .description("send one again; `dead` sends everything again that was given up")
    .action(act(async () => (await import("./webhooks.ts")).redeliver));
}
