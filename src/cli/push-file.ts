import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { LatchkeyError } from "../errors.ts";
import type { Io } from "./io.ts";

/** One idea of a file, and the line it begins on; of a JSON list, its place from 1. */
export type Lined = { readonly line: number; readonly value: unknown };

/** A JSON list is read whole; one idea to a line may go on for ever. */
const MOST_BYTES = 200_000_000;

/** The ideas of a file, or of stdin for `-`: one JSON object to a line, a JSON list, or one JSON object. */
export async function* ideasIn(io: Io, file: string): AsyncGenerator<Lined> {
  const stream: Readable = file === "-" ? io.stdin : createReadStream(file);
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  // Told with the file's name below; an event that nobody hears would end the process.
  const failed = new Promise<never>((_, reject) => stream.once("error", reject));
  failed.catch(() => {});
  try {
    yield* Symbol.asyncIterator in lines ? read(lines[Symbol.asyncIterator](), failed) : [];
  } catch (thrown) {
    if (!(thrown instanceof Error) || !("syscall" in thrown)) throw thrown;
    throw new LatchkeyError("file_unreadable", `${file} cannot be read.`, { cause: thrown });
  } finally {
    lines.close();
  }
}

async function* read(lines: AsyncIterator<string>, failed: Promise<never>): AsyncGenerator<Lined> {
  let whole: string[] | undefined;
  let size = 0;
  for (let line = 1; ; line++) {
    const next = await Promise.race([lines.next(), failed]);
    if (next.done) break;
    const text = line === 1 ? next.value.replace(/^\uFEFF/, "") : next.value;
    if (whole) {
      size += text.length;
      if (size > MOST_BYTES) {
        throw new LatchkeyError("usage", "A JSON list of that size is not read.", {
          fix: "Write one idea to a line.",
        });
      }
      whole.push(text);
      continue;
    }
    if (text.trim() === "") continue;
    const value = parsed(text);
    // A list, or an object that goes on over several lines.
    if (
      Array.isArray(value) ||
      (value === undefined && /^\s*[[{]\s*("[^"]*"\s*:.*)?$/.test(text) && line === 1)
    )
      whole = [text];
    else yield { line, value: value ?? text };
  }
  if (!whole) return;
  const all = parsed(whole.join("\n"));
  if (all === undefined)
    throw new LatchkeyError("usage", "The file is not JSON.", {
      fix: "Write one idea to a line, or a JSON list.",
    });
  for (const [at, value] of (Array.isArray(all) ? all : [all]).entries()) yield { line: at + 1, value };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
