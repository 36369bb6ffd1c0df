import type { Command } from "commander";
import type { Act } from "./act.ts";

/** `latchkey policy`: what a policy does, before anything leaves by it. */
export function policyCommands(program: Command, act: Act): void {
  const group = program.command("policy").description("what may be asked through the proxy, and what leaves");
  const fields = ["--fields <file>", "the site's own fields, as its /field answers them"] as const;
  const connection = ["-c, --connection <connection>", "which connection"] as const;
  group
    .command("check <policy>")
    .description("find rules that match nothing or shadow another; a file, or the name of a policy")
    .option(...fields)
    .option(connection[0], "read the site's own fields through this connection")
    .action(act(async () => (await import("./policy.ts")).check));
  group
    .command("report <policy>")
    .description("list every field that leaves, with the rule that lets it")
    .option(...fields)
    .option(connection[0], "read the site's own fields through this connection")
    .action(act(async () => (await import("./policy.ts")).report));
  group
    .command("preview <policy> [path]")
    .description("show an answer as Jira gave it beside what leaves of it")
    .option(...connection)
    .option("--input <file>", "a recorded answer instead of a call; - for stdin")
    .option("--operation <operation>", "what the recorded answer is of, like GET:/rest/api/3/issue/{}")
    .option(...fields)
    .action(act(async () => (await import("./policy-preview.ts")).preview));
  group
    .command("psoxy <rules>")
    .description("tell what a rule file of Psoxy's form lets out and loses, and the policy that does not")
    .option("--losses", "list every field that is lost although it names nobody")
    .option("--native", "print a policy for the same endpoints")
    .action(act(async () => (await import("./policy-psoxy.ts")).psoxy));
  group
    .command("keys")
    .description("list the keys that tokens of people are made with")
    .option("--renew", "make a new one; tokens made with the others are still understood")
    .action(act(async () => (await import("./policy-keys.ts")).keys));
}
