/** The sandbox as a program: flags in, addresses out, until it is told to stop. */
import { readFileSync } from "node:fs";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { type RunningSandbox, startSandbox } from "./index.ts";
import { parseSwitch, type SandboxOptions, switches } from "./options.ts";
import { reasonOf, SandboxRefusal } from "./refusal.ts";
import type { Switch } from "./switch.ts";
import { userNames } from "./world/people.ts";

type Sink = { write(text: string): unknown };
export type SandboxIo = {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Stops the sandbox, as SIGINT and SIGTERM do. */
  readonly signal?: AbortSignal;
};

const defaultPort = 8090;
const exitUsage = 2;
const exitConfiguration = 78;

const flags = {
  port: { type: "string" },
  "auto-approve": { type: "string" },
  load: { type: "string", multiple: true },
  seed: { type: "string" },
  state: { type: "string" },
  consumer: { type: "string", multiple: true },
  "redirect-uri": { type: "string", multiple: true },
  issuer: { type: "string" },
  "dc-issuer": { type: "string" },
  switch: { type: "string", multiple: true },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const satisfies ParseArgsOptionsConfig;

/**
 * Runs the sandbox until SIGINT, SIGTERM or `io.signal`.
 *
 * @returns the exit code: 0 stopped, 1 failed, 2 flags that cannot be understood, 78 a port or file that cannot be used
 */
export async function sandboxMain(argv: readonly string[], io: SandboxIo): Promise<number> {
  try {
    const { values, load } = readFlags(argv);
    if (values.help) {
      io.stdout.write(helpText());
      return 0;
    }
    const options: SandboxOptions = {
      ...optionsOf(values, load),
      onFailure: (error) => io.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`),
    };
    return await runUntilStopped(await startSandbox(options), io, values.json === true);
  } catch (error) {
    io.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    if (!(error instanceof SandboxRefusal)) return 1;
    return error.kind === "usage" ? exitUsage : exitConfiguration;
  }
}

async function runUntilStopped(sandbox: RunningSandbox, io: SandboxIo, asJson: boolean): Promise<number> {
  const stopped = untilStopped(io.signal);
  if (asJson) {
    const { cloudUrl, dataCenterUrl } = sandbox;
    io.stdout.write(`${JSON.stringify({ cloudUrl, dataCenterUrl })}\n`);
  } else {
    introduce(sandbox, io);
  }
  await stopped;
  await sandbox.stop();
  return 0;
}

function untilStopped(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
      signal?.removeEventListener("abort", stop);
      resolve();
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
  });
}

type Flags = ReturnType<typeof parseFlags>["values"];

function readFlags(argv: readonly string[]): { values: Flags; load: string[] } {
  const parsed = parseFlags(argv);
  // `--load a.json b.json` names several files, as a shell's wildcard does.
  const load: string[] = [];
  let afterLoad = false;
  for (const token of parsed.tokens) {
    if (token.kind === "option") {
      afterLoad = token.name === "load";
      if (afterLoad && token.value !== undefined) load.push(token.value);
    } else if (token.kind === "positional") {
      if (!afterLoad) {
        throw new SandboxRefusal(
          "usage",
          `${JSON.stringify(token.value)} is not a flag. See latchkey sandbox --help.`,
        );
      }
      load.push(token.value);
    }
  }
  return { values: parsed.values, load };
}

function parseFlags(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: flags, allowPositionals: true, strict: true, tokens: true });
  } catch (error) {
    const words = (error instanceof Error ? error.message : String(error)).split(/[.\n]/, 1)[0];
    throw new SandboxRefusal("usage", `${words}. See latchkey sandbox --help.`, error);
  }
}

function optionsOf(values: Flags, load: readonly string[]): SandboxOptions {
  const given = <T>(name: string, value: T | undefined) => (value === undefined ? {} : { [name]: value });
  return {
    port: values.port === undefined ? defaultPort : wholeNumber("--port", values.port),
    load,
    ...given("autoApprove", values["auto-approve"]),
    ...given("seed", values.seed === undefined ? undefined : wholeNumber("--seed", values.seed)),
    ...given("state", values.state),
    ...given("consumers", values.consumer?.map(readConsumer)),
    ...given("redirectUris", values["redirect-uri"]),
    ...given("issuer", values.issuer),
    ...given("dataCenterIssuer", values["dc-issuer"]),
    switches: Object.fromEntries((values.switch ?? []).map(parseSwitch)),
  };
}

function wholeNumber(flag: string, text: string): number {
  if (!/^-?\d{1,15}$/.test(text)) {
    throw new SandboxRefusal("usage", `${flag} takes a whole number, not ${JSON.stringify(text)}.`);
  }
  return Number(text);
}

function readConsumer(text: string): { key: string; public_key: string } {
  const cut = text.indexOf("=");
  if (cut < 1 || cut === text.length - 1) {
    throw new SandboxRefusal(
      "usage",
      `--consumer is written KEY=PUBLIC_KEY_FILE, not ${JSON.stringify(text)}.`,
    );
  }
  const file = text.slice(cut + 1);
  try {
    return { key: text.slice(0, cut), public_key: readFileSync(file, "utf8") };
  } catch (error) {
    throw new SandboxRefusal(
      "configuration",
      `The public key ${file} cannot be read: ${reasonOf(error)}.`,
      error,
    );
  }
}

function introduce(sandbox: RunningSandbox, io: SandboxIo): void {
  const { registrations, sites } = sandbox.control.state();
  const urls = sites.filter((site) => site.face === "cloud").map((site) => site.url);
  io.stdout.write(`Cloud        ${sandbox.cloudUrl}\nData Center  ${sandbox.dataCenterUrl}\n`);
  const consumers = registrations.consumers.map(({ key, has_public_key }) =>
    has_public_key
      ? key
      : `${key} (no public key yet: --consumer ${key}=FILE, or the application links page)`,
  );
  io.stderr.write(
    [
      "",
      `Users        ${userNames.slice(0, 3).join(", ")} (the password is the name)`,
      `Cloud sites  ${urls.join(", ")}`,
      "Cloud app    sandbox-cloud-app / sandbox-cloud-secret",
      "Data Center  sandbox-dc-app / sandbox-dc-secret",
      `Consumers    ${consumers.join(", ")}`,
      `Control      ${sandbox.cloudUrl}/__sandbox/state`,
      "",
      "Press Ctrl+C to stop.",
      "",
    ].join("\n"),
  );
}

function helpText(): string {
  return [
    "Usage: latchkey sandbox [flags]",
    "",
    "A Jira on this machine, Cloud and Data Center, with real OAuth, to develop and test against.",
    "",
    `  --port N                  Cloud listens on N, Data Center on N+1; 0 = two free ports (default ${defaultPort})`,
    "  --auto-approve USER[@SITE,SITE]",
    "                            answer every authorize URL as if USER had approved (site acme unless named)",
    "  --load FILE…              recorded Jira JSON, JSON lines, or folders of them; FILE@SITE for one site alone",
    "  --seed N                  make the world and every token reproducible",
    "  --state FILE              keep everything in FILE over a restart",
    "  --consumer KEY=FILE       an OAuth 1.0a consumer and its public key; repeatable",
    "  --redirect-uri URI        add a redirect URI to both OAuth 2.0 applications; repeatable",
    "  --issuer URL              the address Cloud shows",
    "  --dc-issuer URL           the address Data Center shows, context path included",
    "  --switch NAME=VALUE       change a behaviour; repeatable",
    "  --json                    print the addresses as one line of JSON",
    "  --help                    this text",
    "",
    "Switches (the first value is the default):",
    ...switches.map(describeSwitch),
    "",
  ].join("\n");
}

function describeSwitch({ name, values, default: first, meaning }: Switch): string {
  const others =
    typeof values === "string" ? `a ${values === "seconds" ? "number of seconds" : values}` : undefined;
  const list =
    typeof values === "string"
      ? `${first}, or ${others}`
      : [first, ...values.filter((value) => value !== first)].join(" | ");
  return `  ${name}=${list}\n      ${meaning}`;
}
