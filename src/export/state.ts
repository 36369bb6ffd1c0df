/** What the next run must know of this one: which versions of which issues were exported, and nothing of their content. */
import { createReadStream, existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { createInterface } from "node:readline";
import { LatchkeyError } from "../errors.ts";

export type StateHead = {
  readonly latchkey_export_state: 1;
  readonly site: string;
  readonly jql: string;
  readonly policy: string | null;
  readonly format: string;
  readonly without: readonly string[];
  /** Milliseconds since the epoch, on Jira's clock: nothing that was updated before is missing. */
  readonly complete_until: number;
};

export type Known = {
  readonly head: StateHead;
  readonly ids: Set<number>;
  /** Versions of the issues that were updated at or after a moment. */
  readonly versions: Map<number, number>;
};

/** @param since milliseconds since the epoch: which versions to keep in mind */
export async function readState(
  path: string,
  since: (head: StateHead) => number,
): Promise<Known | undefined> {
  if (!existsSync(path)) return undefined;
  let head: StateHead | undefined;
  let from = 0;
  const ids = new Set<number>();
  const versions = new Map<number, number>();
  for await (const line of linesOf(path)) {
    if (head === undefined) {
      head = headOf(line);
      from = since(head);
      continue;
    }
    const [id, version] = line.split(" ").map(Number) as [number, number];
    ids.add(id);
    if (version >= from) versions.set(id, version);
  }
  return head && { head, ids, versions };
}

export async function readHead(path: string): Promise<StateHead | undefined> {
  if (!existsSync(path)) return undefined;
  for await (const line of linesOf(path)) return headOf(line);
  return undefined;
}

function headOf(line: string): StateHead {
  try {
    const head = JSON.parse(line) as StateHead;
    if (head.latchkey_export_state === 1) return head;
  } catch {
    // Told below.
  }
  throw new LatchkeyError("file_unreadable", "The state of the last export cannot be read.", {
    fix: "Export everything again, without --since.",
  });
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) if (line !== "") yield line;
}

/** The state after a first run: all that was read. */
export async function writeFirstState(
  path: string,
  head: StateHead,
  versions: AsyncIterable<{ readonly bytes: Buffer }>,
): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(head)}\n`);
    for await (const { bytes } of versions) await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Writes the state anew: what was known and is still there, with the versions that were read now. */
export async function writeState(
  before: string,
  path: string,
  head: StateHead,
  read: ReadonlyMap<number, number>,
  gone: ReadonlySet<number>,
): Promise<void> {
  async function* versions() {
    let held = "";
    let first = true;
    for await (const line of linesOf(before)) {
      const id = Number(line.split(" ")[0]);
      if (!first && !read.has(id) && !gone.has(id)) held += `${line}\n`;
      first = false;
      if (held.length < 1_000_000) continue;
      yield { bytes: Buffer.from(held) };
      held = "";
    }
    yield { bytes: Buffer.from(`${held}${[...read].map(([id, version]) => `${id} ${version}\n`).join("")}`) };
  }
  await writeFirstState(path, head, versions());
}
