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
const live = new Set<string>();

/** Adds a value to the live secrets that {@link scrub} removes from text. */
export function remember(value: string): void {
  if (value.length < MIN_LENGTH) return;
  live.delete(value);
  live.add(value);
  if (live.size > MAX_LIVE) {
    const oldest = live.values().next().value;
    if (oldest !== undefined) live.delete(oldest);
  }
}

/**
 * Removes every live secret from a text, in each form it is likely to appear in: raw, percent-encoded once and
 * twice, and base64. The log calls it on every finished line, so no call site can forget.
 */
export function scrub(text: string): string {
  let out = text;
  for (const value of live) {
    for (const form of formsOf(value)) {
      if (out.includes(form)) out = out.replaceAll(form, PRINTED);
    }
  }
  return out;
}

const forms = new Map<string, readonly string[]>();

function formsOf(value: string): readonly string[] {
  const known = forms.get(value);
  if (known) return known;
  const once = encodeURIComponent(value);
  const made = [
    ...new Set([
      value,
      once,
      encodeURIComponent(once),
      JSON.stringify(value).slice(1, -1),
      Buffer.from(value).toString("base64"),
      Buffer.from(value).toString("base64url"),
    ]),
  ];
  if (forms.size > MAX_LIVE) forms.clear();
  forms.set(value, made);
  return made;
}
