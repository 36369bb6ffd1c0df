import { type Command, Option } from "commander";
import type { Act } from "./act.ts";

/** `latchkey export`: issues and what belongs to them, in files. */
export function exportCommands(program: Command, act: Act): void {
  program
    .command("export [jql]")
    .description("write issues and what belongs to them into files; goes on where it was ended")
    .requiredOption("--to <file>", "the file of issues; everything else is put beside it")
    .option("--project <keys...>", "all issues of these projects, instead of a question")
    .addOption(
      new Option("--format <format>", "format (by the ending of the file)").choices([
        "jsonl",
        "csv",
        "parquet",
      ]),
    )
    .option("-c, --connection <connection>", "which connection")
    .option("--policy <policy>", "in what form it leaves: a policy's name (as Jira sends it)")
    .option("--without <kinds>", "what to do without, separated by commas, such as remotelinks,changelog")
    .option("--attachments", "the bytes of attachments too")
    .option("--since <when>", "last: only what changed since the last run into this file")
    .option("--fresh", "begin anew where an export into this file has not ended")
    .action(act(async () => (await import("./export.ts")).exportIssues));
}
