/** Escaped characters, hidden while marks are looked for and shown again in the words that are left. */
const PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
/** The first of the characters that Unicode keeps for the use of a program; there are as many as marks. */
const FIRST = 0xfdd0;
const HIDDEN = /[\ufdd0-\ufdef]/g;

/** One character of punctuation that is no mark. */
export function hideOne(mark: string): string {
  return String.fromCharCode(FIRST + PUNCTUATION.indexOf(mark));
}

export function show(text: string): string {
  return text.replace(HIDDEN, (one) => PUNCTUATION[one.charCodeAt(0) - FIRST]!);
}

/** A text that holds none of them by itself. */
export function withoutHidden(text: string): string {
  return text.replace(HIDDEN, "\ufffd");
}
