/** The pages of an export as they were read: one file for each window, and a journal of what is whole in them. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { LatchkeyError } from "../errors.ts";
import type { Kind } from "./model.ts";
import type { Rows } from "./pages.ts";

export type Spooled = Kind | "versions" | "fields";

/** How far a window was read. */
export type Mark = {
  readonly window: string;
  /** Bytes of its file that are whole. */
  readonly at: number;
  /** Issues so far. */
  readonly issues: number;
  /** Where the next page begins. */
  readonly cursor?: string;
  readonly done?: boolean;
  readonly refused?: readonly Kind[];
};

/** Every page begins with a line of this length that says how many rows and bytes of each kind follow. */
const HEAD = 512;

type Head = Partial<Record<Spooled, readonly [rows: number, bytes: number]>>;

export type Spool = {
  /** By window: the last one that its file bears out. */
  marks(): ReadonlyMap<string, Mark>;
  /** Cuts off what came after the mark. */
  openWindow(window: string, at: number): Promise<SpoolWindow>;
  /** The rows of one kind in the order of these windows, in pieces of a page. */
  read(
    windows: readonly string[],
    kind: Spooled,
  ): AsyncGenerator<{ readonly rows: number; readonly bytes: Buffer }>;
  close(): Promise<void>;
};

export type SpoolWindow = {
  /** The page is in the file before it is in the journal. */
  add(rows: Rows, mark: Omit<Mark, "at" | "window">): Promise<void>;
  close(): Promise<void>;
};

/** What belongs to no issue, and which issues went, stand in windows of their own. */
export const SURROUNDINGS = "surroundings";
export const DELETED = "deleted";

/** Which version of which issue was read, in the order in which they came. */
export async function versionsIn(spool: Spool, windows: readonly string[]): Promise<Map<number, number>> {
  const versions = new Map<number, number>();
  for await (const { bytes } of spool.read(windows, "versions")) {
    for (const line of bytes.toString().split("\n")) {
      const [id, version] = line.split(" ");
      if (version !== undefined) versions.set(Number(id), Number(version));
    }
  }
  return versions;
}

export async function openSpool(folder: string): Promise<Spool> {
  const pathOf = (window: string) => join(folder, `${window}.part`);
  const journalPath = join(folder, "journal.jsonl");
  const marks = readMarks(journalPath, pathOf);
  const journal = await open(journalPath, "a", 0o600);
  return {
    marks: () => marks,
    async openWindow(window, at) {
      const path = pathOf(window);
      const file = await open(path, existsSync(path) ? "r+" : "w+", 0o600);
      await file.truncate(at);
      let place = at;
      return {
        async add(rows, mark) {
          const bytes = encode(rows);
          await writeAll(file, bytes, place);
          place += bytes.length;
          const told: Mark = { window, at: place, ...mark };
          await journal.appendFile(`${JSON.stringify(told)}\n`);
          marks.set(window, told);
        },
        close: () => file.close(),
      };
    },
    async *read(windows, kind) {
      for (const window of windows) {
        const mark = marks.get(window);
        if (mark !== undefined && mark.at > 0) yield* piecesOf(pathOf(window), mark.at, kind);
      }
    },
    close: () => journal.close(),
  };
}

function readMarks(path: string, pathOf: (window: string) => string): Map<string, Mark> {
  const marks = new Map<string, Mark>();
  if (!existsSync(path)) return marks;
  const text = readFileSync(path, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  // A line that was begun and not ended is of a page that does not count; the next one begins a line of its own.
  if (whole.length < text.length) writeFileSync(path, whole);
  const sizes = new Map<string, number>();
  for (const line of whole.split("\n")) {
    if (line === "") continue;
    const mark = JSON.parse(line) as Mark;
    if (!sizes.has(mark.window)) {
      const file = pathOf(mark.window);
      sizes.set(mark.window, existsSync(file) ? statSync(file).size : 0);
    }
    // After a loss of power the file may be shorter than the journal says.
    if (mark.at <= (sizes.get(mark.window) ?? 0)) marks.set(mark.window, mark);
  }
  return marks;
}

function encode(rows: Rows): Buffer {
  const head: Head = {};
  const bodies: Buffer[] = [];
  for (const [kind, lines] of rows) {
    const body = Buffer.from(lines.join(""));
    head[kind] = [lines.length, body.length];
    bodies.push(body);
  }
  const said = Buffer.from(JSON.stringify(head).padEnd(HEAD - 1));
  return Buffer.concat([said, Buffer.from("\n"), ...bodies]);
}

async function* piecesOf(path: string, end: number, kind: Spooled) {
  const file = await open(path, "r");
  try {
    for (let place = 0; place < end; ) {
      const head = JSON.parse((await readAll(file, place, HEAD)).toString("utf8")) as Head;
      place += HEAD;
      for (const [name, [rows, length]] of Object.entries(head)) {
        if (name === kind) yield { rows, bytes: await readAll(file, place, length) };
        place += length;
      }
    }
  } finally {
    await file.close();
  }
}

async function readAll(file: FileHandle, place: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  for (let have = 0; have < length; ) {
    const { bytesRead } = await file.read(bytes, have, length - have, place + have);
    if (bytesRead === 0)
      throw new LatchkeyError("file_unreadable", "A page that was read before is cut short.");
    have += bytesRead;
  }
  return bytes;
}

async function writeAll(file: FileHandle, bytes: Buffer, place: number): Promise<void> {
  for (let have = 0; have < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, have, bytes.length - have, place + have);
    have += bytesWritten;
  }
}
