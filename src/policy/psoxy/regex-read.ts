/**
 * Reads a regular expression into a small program that `regex-run.ts` follows in time that grows with the text and
 * not with its powers. What would need going back (back-references, looking around, possessive repeats) is refused.
 */
export type Instruction =
  | { readonly op: "unit"; readonly fits: (unit: number) => boolean }
  | { readonly op: "split"; first: number; second: number }
  | { readonly op: "jump"; to: number }
  | { readonly op: "save"; readonly slot: number }
  | { readonly op: "assert"; readonly what: Assertion }
  | { readonly op: "match" };
export type Assertion = "begin" | "end" | "word" | "not-word";
export type Program = { readonly instructions: readonly Instruction[]; readonly groups: number };

type Test = (unit: number) => boolean;
type Tree =
  | { readonly kind: "unit"; readonly fits: Test }
  | { readonly kind: "assert"; readonly what: Assertion }
  | { readonly kind: "all"; readonly parts: readonly Tree[] }
  | { readonly kind: "any"; readonly choices: readonly Tree[] }
  | { readonly kind: "group"; readonly number: number; readonly inner: Tree }
  | {
      readonly kind: "repeat";
      readonly inner: Tree;
      readonly least: number;
      readonly most: number;
      readonly lazy: boolean;
    };

const MOST_INSTRUCTIONS = 1000;
const LONGEST = 1000;
const DEEPEST = 40;

/** @throws Error that says what is not understood, and where */
export function readRegex(source: string, options: { readonly ignore_case?: boolean } = {}): Program {
  if (source.length > LONGEST) throw new Error(`is longer than ${LONGEST} characters`);
  const flags = /^\(\?i\)/.exec(source);
  const reader = new Reader(source, flags ? 4 : 0, flags !== null || options.ignore_case === true);
  const tree = reader.whole();
  const instructions: Instruction[] = [];
  emit(tree, instructions);
  instructions.push({ op: "match" });
  return { instructions, groups: reader.groups };
}

class Reader {
  groups = 0;
  private at: number;
  private depth = 0;
  private readonly source: string;
  private readonly ignoreCase: boolean;

  constructor(source: string, at: number, ignoreCase: boolean) {
    this.source = source;
    this.at = at;
    this.ignoreCase = ignoreCase;
  }

  whole(): Tree {
    const tree = this.choices();
    if (this.at < this.source.length) throw this.wrong("a bracket is closed that was not opened");
    return tree;
  }

  private choices(): Tree {
    if (++this.depth > DEEPEST) throw this.wrong("brackets are nested too deeply");
    const choices = [this.sequence()];
    while (this.take("|")) choices.push(this.sequence());
    this.depth--;
    return choices.length === 1 ? choices[0]! : { kind: "any", choices };
  }

  private sequence(): Tree {
    const parts: Tree[] = [];
    while (this.at < this.source.length && !"|)".includes(this.source[this.at]!)) parts.push(this.repeated());
    return parts.length === 1 ? parts[0]! : { kind: "all", parts };
  }

  private repeated(): Tree {
    let inner = this.atom();
    for (;;) {
      const found = /^(?:([*+?])|\{(\d{1,4})(,(\d{0,4}))?\})/.exec(this.source.slice(this.at, this.at + 12));
      if (!found) return inner;
      this.at += found[0].length;
      if (inner.kind === "assert") throw this.wrong("a position cannot be repeated");
      const [least, most] = bounds(found);
      if (most < least) throw this.wrong("the bounds of a repeat are the wrong way round");
      const lazy = this.take("?");
      if (!lazy && this.source[this.at] === "+") throw this.wrong("possessive repeats are not read");
      inner = { kind: "repeat", inner, least, most, lazy };
    }
  }

  private atom(): Tree {
    const sign = this.source[this.at]!;
    if (sign === "(") return this.group();
    if (sign === "[") return this.unit(this.charClass());
    this.at++;
    if (sign === ".") return this.unit((unit) => !LINE_ENDS.has(unit));
    if (sign === "^") return { kind: "assert", what: "begin" };
    if (sign === "$") return { kind: "assert", what: "end" };
    if ("*+?{".includes(sign)) throw this.wrong("a repeat has nothing to repeat");
    if (sign !== "\\") return this.unit(same(sign.charCodeAt(0)));
    const next = this.source[this.at];
    const position = ({ b: "word", B: "not-word", A: "begin", z: "end", Z: "end" } as const)[next ?? ""];
    if (position) {
      this.at++;
      return { kind: "assert", what: position };
    }
    return this.unit(this.escaped());
  }

  private group(): Tree {
    this.at++;
    const form = /^\?(?::|<([A-Za-z][A-Za-z0-9]*)>)/.exec(this.source.slice(this.at, this.at + 60));
    if (form) this.at += form[0].length;
    else if (this.source[this.at] === "?") throw this.wrong("looking around and inner flags are not read");
    const captures = !form || form[1] !== undefined;
    const number = captures ? ++this.groups : 0;
    const inner = this.choices();
    if (!this.take(")")) throw this.wrong("a bracket is not closed");
    return captures ? { kind: "group", number, inner } : inner;
  }

  private charClass(): Test {
    this.at++;
    const negated = this.take("^");
    const tests: Test[] = [];
    for (let first = true; first || this.source[this.at] !== "]"; first = false) {
      if (this.at >= this.source.length) throw this.wrong("a class is not closed");
      if (this.source[this.at] === "[" || this.source.startsWith("&&", this.at))
        throw this.wrong("classes in classes are not read");
      const low = this.member();
      const ranged = this.source[this.at] === "-" && this.source[this.at + 1] !== "]";
      if (!ranged || typeof low === "function") {
        tests.push(typeof low === "function" ? low : same(low));
        continue;
      }
      this.at++;
      const high = this.member();
      if (typeof high === "function" || high < low) throw this.wrong("a range is the wrong way round");
      tests.push((unit) => unit >= low && unit <= high);
    }
    this.at++;
    const cased = this.ignoreCase ? tests.map(eitherCase) : tests;
    const any = (unit: number) => cased.some((test) => test(unit));
    return negated ? (unit) => !any(unit) : any;
  }

  private member(): Test | number {
    if (this.at >= this.source.length) throw this.wrong("a class is not closed");
    const sign = this.source[this.at++]!;
    return sign === "\\" ? this.escape() : sign.charCodeAt(0);
  }

  private escaped(): Test {
    const found = this.escape();
    return typeof found === "function" ? found : same(found);
  }

  private escape(): Test | number {
    const sign = this.source[this.at++];
    if (sign === undefined) throw this.wrong("it ends with a backslash");
    const set = SETS[sign];
    if (set) return set;
    const control = CONTROLS[sign];
    if (control !== undefined) return control;
    const hex = { x: 2, u: 4 }[sign];
    if (hex !== undefined) {
      const digits = this.source.slice(this.at, this.at + hex);
      if (!new RegExp(`^[0-9A-Fa-f]{${hex}}$`).test(digits))
        throw this.wrong("a code is not written in full");
      this.at += hex;
      return Number.parseInt(digits, 16);
    }
    if (/[A-Za-z0-9]/.test(sign)) throw this.wrong(`\\${sign} is not read`);
    return sign.charCodeAt(0);
  }

  private unit(fits: Test): Tree {
    return { kind: "unit", fits: this.ignoreCase ? eitherCase(fits) : fits };
  }

  private take(sign: string): boolean {
    if (this.source[this.at] !== sign) return false;
    this.at++;
    return true;
  }

  private wrong(what: string): Error {
    return new Error(`cannot be read at character ${this.at + 1}: ${what}`);
  }
}

const LINE_ENDS = new Set([0x0a, 0x0d, 0x85, 0x2028, 0x2029]);
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12 };
const digit: Test = (unit) => unit >= 48 && unit <= 57;
/** `\s` as Java has it: six characters of ASCII. */
const blank: Test = (unit) => unit === 32 || (unit >= 9 && unit <= 13);
export const wordUnit: Test = (unit) =>
  digit(unit) || unit === 95 || (unit >= 65 && unit <= 90) || (unit >= 97 && unit <= 122);
const SETS: Readonly<Record<string, Test>> = {
  d: digit,
  D: (unit) => !digit(unit),
  s: blank,
  S: (unit) => !blank(unit),
  w: wordUnit,
  W: (unit) => !wordUnit(unit),
};

function same(wanted: number): Test {
  return (unit) => unit === wanted;
}

function eitherCase(test: Test): Test {
  return (unit) =>
    test(unit) ||
    (unit >= 65 && unit <= 90 && test(unit + 32)) ||
    (unit >= 97 && unit <= 122 && test(unit - 32));
}

function bounds(found: RegExpExecArray): [number, number] {
  if (found[1] === "*") return [0, Number.POSITIVE_INFINITY];
  if (found[1] === "+") return [1, Number.POSITIVE_INFINITY];
  if (found[1] === "?") return [0, 1];
  const least = Number(found[2]);
  if (found[3] === undefined) return [least, least];
  return [least, found[4] ? Number(found[4]) : Number.POSITIVE_INFINITY];
}

function emit(tree: Tree, out: Instruction[]): void {
  if (out.length > MOST_INSTRUCTIONS) throw new Error("is too large: its repeats multiply");
  if (tree.kind === "unit") out.push({ op: "unit", fits: tree.fits });
  else if (tree.kind === "assert") out.push({ op: "assert", what: tree.what });
  else if (tree.kind === "all") for (const part of tree.parts) emit(part, out);
  else if (tree.kind === "group") {
    out.push({ op: "save", slot: tree.number * 2 });
    emit(tree.inner, out);
    out.push({ op: "save", slot: tree.number * 2 + 1 });
  } else if (tree.kind === "any") emitChoices(tree.choices, out);
  else emitRepeat(tree, out);
}

function emitChoices(choices: readonly Tree[], out: Instruction[]): void {
  const ends: { to: number }[] = [];
  for (const [i, choice] of choices.entries()) {
    if (i === choices.length - 1) {
      emit(choice, out);
      break;
    }
    const split = { op: "split" as const, first: out.length + 1, second: 0 };
    out.push(split);
    emit(choice, out);
    const jump = { op: "jump" as const, to: 0 };
    out.push(jump);
    ends.push(jump);
    split.second = out.length;
  }
  for (const end of ends) end.to = out.length;
}

function emitRepeat(tree: Tree & { kind: "repeat" }, out: Instruction[]): void {
  for (let i = 0; i < tree.least; i++) emit(tree.inner, out);
  const fork = () => {
    const split = { op: "split" as const, first: 0, second: 0 };
    out.push(split);
    return split;
  };
  const aim = (split: { first: number; second: number }, into: number, past: number) => {
    split.first = tree.lazy ? past : into;
    split.second = tree.lazy ? into : past;
  };
  if (tree.most === Number.POSITIVE_INFINITY) {
    const start = out.length;
    const split = fork();
    emit(tree.inner, out);
    out.push({ op: "jump", to: start });
    aim(split, start + 1, out.length);
    return;
  }
  const splits: { split: { first: number; second: number }; into: number }[] = [];
  for (let i = tree.least; i < tree.most; i++) {
    splits.push({ split: fork(), into: out.length });
    emit(tree.inner, out);
  }
  for (const { split, into } of splits) aim(split, into, out.length);
}
