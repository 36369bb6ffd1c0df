/**
 * A secret is a value that cannot be printed. Whatever tries to (a template string, `JSON.stringify`,
 * `console.log`, a log line) gets `[secret]`; only {@link Secret.reveal} hands the value over, so every place
 * that does is found by searching for one word.
 */
const PRINTED = "[secret]";
const inspectCustom = Symbol.for("nodejs.util.inspect.custom");

export class Secret<T extends string = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
    remember(value);
  }

  /** The value itself. Call it where the value goes on the wire or into the vault, and nowhere else. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return PRINTED;
  }

  toJSON(): string {
    return PRINTED;
  }

  [Symbol.toPrimitive](): string {
    return PRINTED;
  }

  [inspectCustom](): string {
    return PRINTED;
  }
}

/** Wraps a value; a value that is already a secret comes back as it is. */
export function secret<T extends string>(value: T | Secret<T>): Secret<T> {
  return value instanceof Secret ? value : new Secret(value);
}

/** Shorter values would be scrubbed out of ordinary words. */
const MIN_LENGTH = 8;
/** The registry is a net under the log, not a store: beyond this many the oldest are let go. */
const MAX_LIVE = 10_000;
/** Values in the order they were last seen, each with the forms it may appear in. */
const live = new Map<string, readonly string[]>();
/** Forms by their first eight characters, so that scrubbing costs by the length of the text and not by the number of secrets. */
const byStart = new Map<string, Set<string>>();

/**
 * Where a form's first three characters fall in a table, so that most places of a text are passed over without a look
 * at the map. Forms that were let go leave their mark behind, which costs a look and hides nothing.
 */
const starts = new Uint8Array(1 << 15);
function placeOf(first: number, second: number, third: number): number {
  return ((first & 31) << 10) | ((second & 31) << 5) | (third & 31);
}

/** Values of which nobody has needed the forms yet: most secrets come and go without a line being logged. */
const fresh = new Set<string>();
/** So many are worked through at the next line; of more, the oldest are let go. */
const MAX_FRESH = 2_000;

/** Adds a value to the live secrets that {@link scrub} removes from text. */
export function remember(value: string): void {
  if (value.length < MIN_LENGTH) return;
  const forms = live.get(value);
  if (forms) {
    live.delete(value);
    live.set(value, forms);
    return;
  }
  fresh.delete(value);
  fresh.add(value);
  if (fresh.size <= MAX_FRESH) return;
  const oldest = fresh.values().next().value;
  if (oldest !== undefined) fresh.delete(oldest);
}

function workThroughFresh(): void {
  for (const value of fresh) {
    const forms = formsOf(value);
    live.set(value, forms);
    for (const form of forms) {
      const start = form.slice(0, MIN_LENGTH);
      const known = byStart.get(start);
      if (known) known.add(form);
      else byStart.set(start, new Set([form]));
      starts[placeOf(form.charCodeAt(0), form.charCodeAt(1), form.charCodeAt(2))] = 1;
    }
    if (live.size > MAX_LIVE) forgetOldest();
  }
  fresh.clear();
}

function forgetOldest(): void {
  const oldest = live.entries().next().value;
  if (!oldest) return;
  live.delete(oldest[0]);
  for (const form of oldest[1]) {
    const start = form.slice(0, MIN_LENGTH);
    const known = byStart.get(start);
    known?.delete(form);
    if (known?.size === 0) byStart.delete(start);
  }
}

/** Raw, percent-encoded once and twice, as JSON writes it, and base64. */
function formsOf(value: string): readonly string[] {
  const once = encodeURIComponent(value);
  return [
    ...new Set([
      value,
      once,
      encodeURIComponent(once),
      JSON.stringify(value).slice(1, -1),
      Buffer.from(value).toString("base64"),
      Buffer.from(value).toString("base64url"),
    ]),
  ];
}

/**
 * Removes every live secret from a text, in each form it is likely to appear in. The log calls it on every
 * finished line, so no call site can forget.
 */
export function scrub(text: string): string {
  workThroughFresh();
  let out = "";
  let copied = 0;
  for (let i = 0; i + MIN_LENGTH <= text.length; i++) {
    if (starts[placeOf(text.charCodeAt(i), text.charCodeAt(i + 1), text.charCodeAt(i + 2))] === 0) continue;
    const candidates = byStart.get(text.slice(i, i + MIN_LENGTH));
    if (!candidates) continue;
    const found = longestAt(text, i, candidates);
    if (found === 0) continue;
    out += text.slice(copied, i) + PRINTED;
    copied = i + found;
    i = copied - 1;
  }
  return copied === 0 ? text : out + text.slice(copied);
}

function longestAt(text: string, at: number, candidates: ReadonlySet<string>): number {
  let length = 0;
  for (const form of candidates) {
    if (form.length > length && text.startsWith(form, at)) length = form.length;
  }
  return length;
}
