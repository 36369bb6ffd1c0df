import { join } from "node:path";
import type { Parts } from "../compose.ts";
import { type Config, holdsPassword, loadConfig, OPTIONS } from "../config/index.ts";
import { LatchkeyError } from "../errors.ts";
import type { Connection } from "../vault/index.ts";
import { type Io, type Voice, voiceOf } from "./io.ts";

/** The owner of what a person does at their own terminal. */
export const LOCAL = "local";

/** What every command is handed: its terminal, its configuration, and the running parts when it asks for them. */
export type Context = {
  readonly io: Io;
  readonly voice: Voice;
  readonly flags: Readonly<Record<string, unknown>>;
  config(): Config;
  /** Opens the vault once; it is closed when the command ends. */
  parts(): Promise<Parts>;
  close(): Promise<void>;
};

export function contextOf(io: Io, flags: Readonly<Record<string, unknown>>): Context {
  let config: Config | undefined;
  let parts: Promise<Parts> | undefined;
  const load = () => {
    config ??= loadConfig({ env: io.env, flags: optionsOnly(flags) });
    return config;
  };
  return {
    io,
    flags,
    voice: voiceOf(io, flags.json === true),
    config: load,
    parts: () => {
      parts ??= import("../compose.ts").then(({ compose }) => compose(load(), logTo(io, load())));
      return parts;
    },
    close: async () => {
      if (parts) await (await parts.catch(() => undefined))?.close();
    },
  };
}

/** Commands speak for themselves; the log joins in only where somebody asked to see more. */
function logTo(io: Io, config: Config): { write?: (line: string) => void } {
  return config.log_level === "debug" ? { write: (line) => void io.stderr.write(line) } : {};
}

/** `--public-url` arrives as `publicUrl`; the option table knows it as `public_url`. */
export function optionsOnly(flags: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const row of OPTIONS) {
    const flag = row.name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (flags[flag] !== undefined) picked[row.name] = flags[flag];
    if (row.kind === "database" && holdsPassword(String(flags[flag] ?? ""))) throw passwordOnCommandLine();
  }
  return picked;
}

function passwordOnCommandLine(): LatchkeyError {
  return new LatchkeyError(
    "usage",
    "--database-url must not hold a password: a command line is read by everyone on the machine.",
    {
      fix: "Set LATCHKEY_DATABASE_URL, LATCHKEY_DATABASE_URL_FILE or LATCHKEY_DATABASE_URL_COMMAND instead.",
    },
  );
}

/** The demo's own home, unless one was named. */
export function demoHome(cwd: string): string {
  return join(cwd, ".latchkey-demo");
}

/**
 * The connection a command is about: the one named (id, or the start of its site's address), else the only one.
 *
 * @throws LatchkeyError `not_found` where there is none, `connection_ambiguous` with a list where there are several
 */
export async function pickConnection(context: Context, named: string | undefined): Promise<Connection> {
  const { vault } = await context.parts();
  const all = await vault.connections.list(LOCAL);
  const fitting = named === undefined ? all : all.filter((connection) => isNamed(connection, named));
  if (fitting.length === 1) return fitting[0]!;
  if (fitting.length === 0) {
    throw new LatchkeyError(
      "not_found",
      named ? `No connection is named ${named}.` : "There is no connection yet.",
      {
        fix: named ? "See `latchkey connections list`." : "Make one with `latchkey connect SITE`.",
      },
    );
  }
  throw ambiguous(fitting);
}

export function ambiguous(connections: readonly Connection[]): LatchkeyError {
  const list = connections.map((one) =>
    `  ${one.id}  ${one.site.url}  ${one.account?.display_name ?? ""}`.trimEnd(),
  );
  return new LatchkeyError("connection_ambiguous", `Several connections fit:\n${list.join("\n")}`, {
    fix: "Name one with -c.",
  });
}

function isNamed(connection: Connection, named: string): boolean {
  const name = named.replace(/\/+$/, "");
  const { site } = connection;
  return (
    connection.id === name ||
    connection.name === name ||
    site.url === name ||
    site.name === name ||
    hostOf(site.url) === name ||
    site.id === name
  );
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "";
}
