import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { environment } from "../config/index.ts";
import { EXIT, LatchkeyError } from "../errors.ts";
import { reportFailure } from "./failure.ts";
import { type Io, voiceOf } from "./io.ts";

/** A reader that has seen enough, like `head`, closes the pipe: what is left to say is then said to nobody. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

function terminal(): Io {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", ignoreClosedPipe);
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: environment(),
    now: Date.now,
    random: randomBytes,
  };
}

export function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/**
 * Runs one command and gives its exit code: 0 done, 1 failure, 2 usage, 3 reconnect needed, 4 network,
 * 78 configuration.
 */
export async function main(argv: readonly string[], io: Io = terminal()): Promise<number> {
  // Answered before anything is loaded: scripts ask for it often.
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
    io.stdout.write(`${version()}\n`);
    return EXIT.done;
  }
  const { programOf, withoutValues } = await import("./program.ts");
  let exit: number = EXIT.done;
  const program = programOf(io, version(), (code) => {
    exit = code;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exit;
  } catch (error) {
    const inJson = argv.includes("--json");
    const usage = usageExit(error);
    if (usage === undefined) return reportFailure(error, voiceOf(io, inJson), io);
    // For people commander has said it already.
    if (usage === EXIT.done || !inJson) return usage;
    const words = withoutValues(commandersWords(error));
    return reportFailure(new LatchkeyError("usage", words), voiceOf(io, inJson), io);
  }
}

function commandersWords(error: unknown): string {
  const [first = ""] = (error as Error).message.replace(/^error: /, "").split("\n");
  return first === "(outputHelp)" ? "No command was given." : first;
}

/** Commander throws for help (0) and for bad usage (2, said on stderr already). */
function usageExit(error: unknown): number | undefined {
  if (
    !(error instanceof Error) ||
    !("exitCode" in error) ||
    !String((error as { code?: string }).code).startsWith("commander.")
  ) {
    return undefined;
  }
  return error.exitCode === 0 ? EXIT.done : EXIT.usage;
}
