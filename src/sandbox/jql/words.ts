/**
 * Text search as `~` does it: words compared without case and without their English endings, all of them
 * wanted, phrases in quotes in order, `*` and `?` as wildcards, `-word` unwanted. Any punctuation is taken
 * as a gap between words, so no text can fail to be searched for.
 */

const WORD = /[\p{L}\p{N}_]+/gu;

type Term =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "pattern"; readonly pattern: RegExp };
type Clause = { readonly term: Term; readonly not: boolean };

/** A compiled search; `groups` are alternatives (`OR`), each a list of wanted and unwanted terms. */
export type TextQuery = { readonly groups: readonly (readonly Clause[])[] };

/** The words of a text, folded for comparison. */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [word] of text.normalize("NFC").matchAll(WORD)) words.push(stem(word.toLowerCase()));
  return words;
}

function stem(word: string): string {
  if (word.length > 5 && word.endsWith("ing")) return word.slice(0, -3);
  if (word.length > 4 && word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  if (word.length > 4 && word.endsWith("ed")) return word.slice(0, -2);
  if (word.length > 4 && word.endsWith("es")) return word.slice(0, -2);
  if (word.length > 3 && word.endsWith("s") && !word.endsWith("ss")) return word.slice(0, -1);
  if (word.length > 4 && word.endsWith("e")) return word.slice(0, -1);
  return word;
}

/** Reads what stands behind `~`. Never throws; a query without any word matches nothing. */
export function textQuery(text: string): TextQuery {
  const groups: Clause[][] = [[]];
  for (const [whole] of text.normalize("NFC").matchAll(/[+\-!]?"[^"]*"?|[^\s"]+/gu)) {
    const current = groups[groups.length - 1] as Clause[];
    if (whole === "OR" || whole === "||") {
      if (current.length > 0) groups.push([]);
      continue;
    }
    if (whole === "AND" || whole === "&&") continue;
    const sign = /^[+\-!]/.test(whole) ? whole[0] : "";
    const clauses = termsOf(sign === "" ? whole : whole.slice(1));
    for (const term of clauses) current.push({ term, not: sign === "-" || sign === "!" });
  }
  return { groups: groups.filter((group) => group.some((clause) => !clause.not)) };
}

function termsOf(token: string): Term[] {
  if (token.startsWith('"')) {
    const words = wordsOf(token);
    return words.length === 0 ? [] : [{ kind: "words", words }];
  }
  const bare = token.replace(/[~^][\d.]*$/, "");
  if (!/[*?]/.test(bare)) return wordsOf(bare).map((word) => ({ kind: "words", words: [word] }));
  const terms: Term[] = [];
  for (const [piece] of bare.toLowerCase().matchAll(/[\p{L}\p{N}_*?]+/gu)) {
    if (/[\p{L}\p{N}_]/u.test(piece)) terms.push(wildcard(piece));
  }
  return terms;
}

function wildcard(piece: string): Term {
  if (!/[*?]/.test(piece)) return { kind: "words", words: [stem(piece)] };
  const source = piece.replace(/\*+/g, "*").replaceAll("*", ".*").replaceAll("?", ".");
  return { kind: "pattern", pattern: new RegExp(`^${source}$`, "u") };
}

/** Whether any of the texts satisfies the query; each text is searched on its own. */
export function matchesText(query: TextQuery, texts: readonly string[]): boolean {
  if (query.groups.length === 0) return false;
  const wanted = texts.map((text) => ({
    text,
    words: undefined as string[] | undefined,
    raw: undefined as string[] | undefined,
  }));
  return query.groups.some((group) =>
    group.every((clause) => wanted.some((entry) => holds(clause.term, entry)) !== clause.not),
  );
}

type Entry = { text: string; words: string[] | undefined; raw: string[] | undefined };

function holds(term: Term, entry: Entry): boolean {
  if (term.kind === "pattern") {
    entry.raw ??= [...entry.text.normalize("NFC").toLowerCase().matchAll(WORD)].map(([word]) => word);
    return entry.raw.some((word) => term.pattern.test(word));
  }
  entry.words ??= wordsOf(entry.text);
  const { words } = entry;
  const [first] = term.words;
  if (term.words.length === 1) return words.includes(first as string);
  for (let at = words.indexOf(first as string); at !== -1; at = words.indexOf(first as string, at + 1)) {
    if (term.words.every((word, index) => words[at + index] === word)) return true;
  }
  return false;
}

/** The readable text of a field value: a string as it is, a rich-text document as the text of its leaves. */
export function plainText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return "";
  if (Array.isArray(value)) return value.map(plainText).join(" ");
  const node = value as { text?: unknown; content?: unknown; attrs?: { text?: unknown } };
  if (typeof node.text === "string") return node.text;
  if (typeof node.attrs?.text === "string") return node.attrs.text;
  return plainText(node.content);
}
