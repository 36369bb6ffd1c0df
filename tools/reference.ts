/** The reference pages as text, out of the tables they describe. */
import {
  environmentName,
  flagName,
  mayComeFromElsewhere,
  OPTIONS,
  type OptionRow,
} from "../src/config/index.ts";
import { ERRORS, type ErrorRow, exitCodeOf, LatchkeyError } from "../src/errors.ts";
import { FLAVORS } from "../src/protocol/index.ts";
import { switches } from "../src/sandbox/index.ts";
import { doctorPage } from "./doctor-page.ts";

/** Path below the repository's root → text. */
export function pages(): Record<string, string> {
  return {
    "docs/configuration.md": configuration(),
    "docs/errors.md": errors(),
    "docs/sandbox-switches.md": sandboxSwitches(),
    "docs/flavors.md": flavors(),
    "docs/doctor.md": doctorPage(),
  };
}

const MADE = "<!-- Made by `node tools/docs.ts` out of the code; a test compares them. -->";

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function configuration(): string {
  const rows = (OPTIONS as readonly OptionRow[]).map((row) => [
    `\`${row.name}\``,
    `\`${environmentName(row.name)}\`${mayComeFromElsewhere(row) ? ", `…_FILE`, `…_COMMAND`" : ""}`,
    flagName(row) ? `\`${flagName(row)}\`` : "none: a command line is read by everyone",
    row.default ? `\`${cell(row.default)}\`` : "",
    cell(row.values ? `${row.meaning} One of ${row.values.join(", ")}.` : row.meaning),
  ]);
  return `# Configuration

${MADE}

Each option has a name in the file, an environment variable and a flag. Flags win over the environment, which wins over
the file, which wins over the default. The file is \`config.toml\` or \`config.json\` in the home directory. Unknown names
are refused, and every mistake is listed at once. \`latchkey config\` prints the effective values and where each came from.

${table(["in the file", "environment", "flag", "default", "meaning"], rows)}
`;
}

function errors(): string {
  const rows = Object.entries(ERRORS).map(([code, row]: [string, ErrorRow]) => [
    `<a id="${code}"></a>\`${code}\``,
    row.origin,
    String(row.status),
    String(exitCodeOf(new LatchkeyError(code as keyof typeof ERRORS))),
    row.retry,
    row.fault,
    cell(`${row.meaning} ${row.fix}`),
  ]);
  return `# Errors

${MADE}

Every failure has a code; where an RFC names the cause, the code is that name unchanged. *Retry* says whether the same
call may work again; *mended by* says who can do something about it. The gateway answers with the status as an RFC 9457
problem, the command line ends with the exit code.

${table(["code", "origin", "status", "exit", "retry", "mended by", "meaning, and what to do"], rows)}
`;
}

function sandboxSwitches(): string {
  const rows = switches.map((one) => [
    `\`${one.name}\``,
    Array.isArray(one.values) ? one.values.map((value) => `\`${value}\``).join(" ") : String(one.values),
    `\`${one.default}\``,
    cell(one.meaning),
  ]);
  return `# Switches of the sandbox

${MADE}

What is not known for certain of a real Jira, or differs between versions, is a switch: \`latchkey sandbox --switch
NAME=VALUE\`, or \`startSandbox({ switches: { NAME: "VALUE" } })\`.

${table(["name", "values", "default", "meaning"], rows)}
`;
}

function flavors(): string {
  const names = Object.keys(FLAVORS) as (keyof typeof FLAVORS)[];
  const rows = Object.keys(FLAVORS.cloud)
    .filter((key) => key !== "flavor")
    .map((key) => [
      `\`${key}\``,
      ...names.map((name) => cell(shown((FLAVORS[name] as Record<string, unknown>)[key]))),
    ]);
  return `# The three dialects

${MADE}

A dialect of Jira is a row of data in \`src/protocol/flavors.ts\`; nothing else in the code asks which Jira it is.

${table(["", ...names.map((name) => `\`${name}\``)], rows)}
`;
}

function shown(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
