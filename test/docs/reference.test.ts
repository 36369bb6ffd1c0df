/** The pages of reference leave nothing out. */
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { programOf } from "../../src/cli/program.ts";
import { environmentName, OPTIONS } from "../../src/config/index.ts";
import { sandboxMain } from "../../src/sandbox/run.ts";
import { blocksOf, textOf } from "./blocks.ts";

describe("docs/command-line.md", () => {
  const io = { stdout: { write: () => true }, stderr: { write: () => true } };
  const program = programOf(io as unknown as Parameters<typeof programOf>[0], "0", () => {});

  it("has an example of every command", () => {
    const examples = blocksOf("docs/command-line.md")
      .filter((block) => block.language === "sh")
      .map((block) => block.text)
      .join("\n");
    const missing = leaves(program).filter((name) => !new RegExp(`latchkey ${name}\\b`).test(examples));
    expect(missing).toEqual([]);
  });
});

describe("docs/sandbox.md", () => {
  it("has every flag of the sandbox's own help, and no other", async () => {
    let help = "";
    await sandboxMain(["--help"], {
      stdout: { write: (text) => (help += text) },
      stderr: { write: () => "" },
    });
    const flags = (text: string) => new Set(text.match(/--[a-z][a-z-]+/g));
    const table = textOf("docs/sandbox.md")
      .match(/^\| `--.*$/gm)!
      .join("\n");
    const helped = flags(help);
    helped.delete("--help");
    expect([...flags(table)].sort()).toEqual([...helped].sort());
  });
});

describe("variables that any page names", () => {
  it.each(["README.md", "docs/real-jira.md", "docs/library.md", "docs/command-line.md", "deploy/README.md"])(
    "%s names options there are",
    (page) => {
      const known = OPTIONS.map(({ name }) => environmentName(name));
      const named = textOf(page).match(/LATCHKEY_[A-Z_]+/g) ?? [];
      expect(named.filter((name) => !known.includes(name.replace(/_(FILE|COMMAND)$/, "")))).toEqual([]);
    },
  );
});

function leaves(command: Command, path = ""): string[] {
  const name = `${path} ${command.name()}`.trim();
  if (command.commands.length === 0) return [name];
  return command.commands.flatMap((one) => leaves(one, command.parent ? name : ""));
}
