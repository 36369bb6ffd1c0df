/** Regular expressions that cannot be made slow: every way through is followed at once, unit by unit. */
import { type Instruction, type Program, readRegex, wordUnit } from "./regex-read.ts";

/** Longer texts are not looked into; whoever asks must let nothing of them through. */
export const LONGEST_TEXT = 100_000;

export type Found = {
  readonly index: number;
  readonly end: number;
  /** Begin and end of each group, or -1. */
  readonly groups: readonly (readonly [number, number])[];
};

export type Regex = {
  readonly source: string;
  /** How many groups capture. */
  readonly groups: number;
  /** The first match at or after a place. */
  find(text: string, from?: number): Found | undefined;
  /** Whether the whole text is one match. */
  whole(text: string): boolean;
};

/** @throws Error that says what is not understood */
export function compileRegex(source: string, options: { readonly ignore_case?: boolean } = {}): Regex {
  const program = readRegex(source, options);
  let whole: Program | undefined;
  return {
    source,
    groups: program.groups,
    find: (text, from = 0) => run(program, text, from),
    whole(text) {
      whole ??= readRegex(`${wrapped(source)}$`, options);
      const found = run(whole, text, 0, true);
      return found !== undefined && found.end === text.length;
    },
  };
}

function wrapped(source: string): string {
  const flags = source.startsWith("(?i)") ? "(?i)" : "";
  return `${flags}(?:${source.slice(flags.length)})`;
}

/** All matches that do not overlap, from left to right. */
export function* matchesOf(regex: Regex, text: string): Generator<Found> {
  for (let from = 0; from <= text.length; ) {
    const found = regex.find(text, from);
    if (!found) return;
    yield found;
    from = found.end > found.index ? found.end : found.end + 1;
  }
}

type Thread = { readonly at: number; readonly saved: readonly number[] };

function run(program: Program, text: string, from: number, anchored = false): Found | undefined {
  const { instructions } = program;
  const seen = new Uint32Array(instructions.length);
  let mark = 0;
  let threads: Thread[] = [];
  let best: { readonly end: number; readonly saved: readonly number[] } | undefined;
  for (let i = from; i <= text.length; i++) {
    mark++;
    const ready: Thread[] = [];
    for (const thread of threads) follow(instructions, thread, text, i, seen, mark, ready);
    if (!best && (!anchored || i === from))
      follow(instructions, { at: 0, saved: [i] }, text, i, seen, mark, ready);
    if (ready.length === 0 && (best || anchored)) break;
    threads = [];
    for (const thread of ready) {
      const instruction = instructions[thread.at]!;
      if (instruction.op === "match") {
        best = { end: i, saved: thread.saved };
        break;
      }
      if (instruction.op === "unit" && i < text.length && instruction.fits(text.charCodeAt(i)))
        threads.push({ at: thread.at + 1, saved: thread.saved });
    }
  }
  return best && foundOf(program, best);
}

/** Follows a thread to the units it waits for; each instruction once for each place, the preferred way first. */
function follow(
  instructions: readonly Instruction[],
  start: Thread,
  text: string,
  i: number,
  seen: Uint32Array,
  mark: number,
  ready: Thread[],
): void {
  const stack: Thread[] = [start];
  for (let thread = stack.pop(); thread; thread = stack.pop()) {
    const { at, saved } = thread;
    if (seen[at] === mark) continue;
    seen[at] = mark;
    const instruction = instructions[at]!;
    if (instruction.op === "jump") stack.push({ at: instruction.to, saved });
    else if (instruction.op === "split")
      stack.push({ at: instruction.second, saved }, { at: instruction.first, saved });
    else if (instruction.op === "save") {
      const next = [...saved];
      next[instruction.slot] = i;
      stack.push({ at: at + 1, saved: next });
    } else if (instruction.op === "assert") {
      if (holds(instruction.what, text, i)) stack.push({ at: at + 1, saved });
    } else ready.push(thread);
  }
}

function holds(what: string, text: string, i: number): boolean {
  if (what === "begin") return i === 0;
  if (what === "end") return i === text.length;
  const before = i > 0 && wordUnit(text.charCodeAt(i - 1));
  const after = i < text.length && wordUnit(text.charCodeAt(i));
  return (before !== after) === (what === "word");
}

function foundOf(program: Program, { end, saved }: { end: number; saved: readonly number[] }): Found {
  const groups = Array.from({ length: program.groups }, (_, group): [number, number] => [
    saved[(group + 1) * 2] ?? -1,
    saved[(group + 1) * 2 + 1] ?? -1,
  ]);
  return { index: saved[0]!, end, groups };
}
