/** Draws: a seed makes the same ones everywhere, so that a request that did harm can be made again. */
export type Draw = {
  /** From 0 to `below`, without it. */
  number(below: number): number;
  one<T>(of: readonly T[]): T;
  chance(of_a_hundred: number): boolean;
  word(length: number): string;
  bytes(length: number): string;
};

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

/** Mulberry32: 32 bits of state, quick, and the same in every engine. */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const number = (below: number) => Math.floor(next() * below);
  const text = (length: number, letter: () => string) => Array.from({ length }, letter).join("");
  return {
    number,
    one: (of) => of[number(of.length)]!,
    chance: (of_a_hundred) => next() * 100 < of_a_hundred,
    word: (length) => text(length, () => LETTERS[number(LETTERS.length)]!),
    bytes: (length) => text(length, () => String.fromCharCode(number(256))),
  };
}
