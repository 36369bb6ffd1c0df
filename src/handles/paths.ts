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
  return covers(segmentsOf(pattern), segmentsOf(path));
}

/** Whether everything that fits one pattern fits one of the others; false where that is not certain. */
export function isWithin(pattern: string, others: readonly string[]): boolean {
  return others.some((other) => covers(segmentsOf(other), segmentsOf(pattern)));
}

/** A prefix as the pattern that says the same. */
export function patternOf(prefix: string): string {
  return `${prefix.replace(/\/+$/, "")}/**`;
}

function segmentsOf(path: string): readonly string[] {
  return path.split("/").slice(1);
}

/** Row by row, so that no pattern and path take longer than the one times the other. */
function covers(wide: readonly string[], narrow: readonly string[]): boolean {
  // Whether what is left of the wide one, from the segment looked at, covers the narrow one from each of its places.
  let after = [...narrow.map(() => false), true];
  for (const wanted of wide.toReversed()) {
    const here = [...narrow, undefined].map(() => false);
    for (let place = narrow.length; place >= 0; place--) {
      const given = narrow[place];
      if (wanted === "**") here[place] = after[place]! || (given !== undefined && here[place + 1]!);
      else if (given !== undefined && given !== "**" && (wanted === "*" || wanted === given)) {
        here[place] = after[place + 1]!;
      }
    }
    after = here;
  }
  return after[0]!;
}
