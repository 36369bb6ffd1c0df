/** Reproducible choices for the generated history; nothing here is fit for secrets. */

export type Dice = {
  /** A whole number from 0 up to, not including, `below`. */
  roll(below: number): number;
  /** True in `percent` of a hundred throws. */
  chance(percent: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** Some of a list in its order, at most `most`. */
  some<T>(list: readonly T[], most: number): T[];
};

/** The same seed and name give the same throws for ever (mulberry32). */
export function createDice(seed: number, name: string): Dice {
  let state = seed | 0;
  for (const letter of name) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const roll = (below: number) => Math.floor(next() * below);
  return {
    roll,
    chance: (percent) => roll(100) < percent,
    pick: (list) => list[roll(list.length)]!,
    some: (list, most) => {
      const count = roll(Math.min(most, list.length) + 1);
      const start = roll(Math.max(1, list.length - count + 1));
      return list.slice(start, start + count);
    },
  };
}

/** A moment as Jira writes it: `2026-08-01T11:23:38.022+0000`. */
export function jiraDate(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "+0000");
}

/** A day as Jira writes it: `2026-08-01`. */
export function jiraDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
