/**
 * Which rule a field of an answer falls under. A rule names a path: `issues.fields.summary`; `*` stands for one
 * name, `**` for any number; lists are passed through, so `issues[].id` and `issues.id` are one. A rule covers all
 * that lies below its path. The first rule that covers a field has it.
 */
export type Pattern = readonly string[];
/** Where each rule stands after the names so far: rule and place in its pattern. */
export type States = readonly (readonly [rule: number, place: number])[];

export function readPattern(text: string): Pattern {
  return text.split(".").map((name) => name.replace(/(\[\])+$/, ""));
}

export function start(patterns: readonly Pattern[]): States {
  return closed(
    patterns,
    patterns.map((_, rule) => [rule, 0] as const),
  );
}

export function step(patterns: readonly Pattern[], states: States, name: string): States {
  const next: (readonly [number, number])[] = [];
  for (const [rule, place] of states) {
    const wanted = patterns[rule]![place];
    if (wanted === undefined || wanted === "**") next.push([rule, place]);
    else if (wanted === "*" || wanted === name) next.push([rule, place + 1]);
  }
  return closed(patterns, next);
}

/** The rules that cover this place, first to last. */
export function covering(patterns: readonly Pattern[], states: States): readonly number[] {
  return [
    ...new Set(states.filter(([rule, place]) => place === patterns[rule]!.length).map(([rule]) => rule)),
  ].sort((a, b) => a - b);
}

function closed(patterns: readonly Pattern[], states: States): States {
  const found = new Map<string, readonly [number, number]>();
  const queue = [...states];
  for (const [rule, place] of queue) {
    const key = `${rule}:${place}`;
    if (found.has(key)) continue;
    found.set(key, [rule, place]);
    if (patterns[rule]![place] === "**") queue.push([rule, place + 1]);
  }
  return [...found.keys()].sort().map((key) => found.get(key)!);
}
