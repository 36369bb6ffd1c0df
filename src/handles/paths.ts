/** Paths as limits name them: prefixes and patterns, both by whole segments. */

/** Whether a text may stand as a pattern: plain segments, `*` and `**`. */
export function isPattern(text: string): boolean {
  return /^(\/(\*{1,2}|[A-Za-z0-9._~-]+))+$/.test(text);
}

export function isBelow(path: string, prefix: string): boolean {
  const bare = prefix.replace(/\/+$/, "");
  return path === bare || path.startsWith(`${bare}/`);
}

export function fitsPattern(path: string, pattern: string): boolean {
  return covers(segmentsOf(pattern), segmentsOf(path), 0, 0);
}

/** Whether everything that fits one pattern fits one of the others; false where that is not certain. */
export function isWithin(pattern: string, others: readonly string[]): boolean {
  return others.some((other) => covers(segmentsOf(other), segmentsOf(pattern), 0, 0));
}

/** A prefix as the pattern that says the same. */
export function patternOf(prefix: string): string {
  return `${prefix.replace(/\/+$/, "")}/**`;
}

function segmentsOf(path: string): readonly string[] {
  return path.split("/").slice(1);
}

function covers(wide: readonly string[], narrow: readonly string[], w: number, n: number): boolean {
  const wanted = wide[w];
  const given = narrow[n];
  if (wanted === undefined) return given === undefined;
  if (wanted === "**") {
    return covers(wide, narrow, w + 1, n) || (given !== undefined && covers(wide, narrow, w, n + 1));
  }
  if (given === undefined || given === "**") return false;
  return (wanted === "*" || wanted === given) && covers(wide, narrow, w + 1, n + 1);
}
