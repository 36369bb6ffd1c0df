import type { Readable, Writable } from "node:stream";
import colors from "picocolors";
import type { Environment } from "../config/index.ts";

type Stream = Writable & { readonly isTTY?: boolean; readonly columns?: number };

/** The terminal a command runs at: data goes to stdout, words go to stderr. */
export type Io = {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Stream;
  readonly stderr: Stream;
  readonly env: Environment;
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
};

export type Voice = {
  /** Prints data for people on stdout; a machine asked for `--json` gets {@link Voice.json} instead. */
  data(text: string): void;
  /** Prints one JSON value on stdout. */
  json(value: unknown): void;
  /** Prints words on stderr. */
  say(text: string): void;
  readonly color: ReturnType<typeof colors.createColors>;
  readonly wantsJson: boolean;
};

/** Colour only on a terminal, never where `NO_COLOR` is set. @see https://no-color.org */
export function wantsColor(stream: Stream, env: Environment): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR && env.FORCE_COLOR !== "0") return true;
  return stream.isTTY === true && env.TERM !== "dumb";
}

export function voiceOf(io: Io, wantsJson: boolean): Voice {
  return {
    data: (text) => void io.stdout.write(`${text}\n`),
    json: (value) => void io.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    say: (text) => void io.stderr.write(`${text}\n`),
    color: colors.createColors(wantsColor(io.stderr, io.env)),
    wantsJson,
  };
}

/** Rows as aligned columns; without a terminal the columns are separated by tabs, for `cut` and `awk`. */
export function table(rows: readonly (readonly string[])[], stream: Stream): string {
  if (!stream.isTTY) return rows.map((row) => row.join("\t")).join("\n");
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  return rows
    .map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join("  "))
    .join("\n");
}

/** Everything on stdin, up to a megabyte: a secret, a body, a pasted URL. */
export async function readStdin(io: Io): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of io.stdin) {
    const bytes = Buffer.from(chunk as Uint8Array | string);
    size += bytes.length;
    if (size > 1_000_000) throw new RangeError("stdin holds more than a megabyte");
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString("utf8");
}
