/** What each transform does to the values at its paths. */
import { addressesOf, emailOf } from "./email.ts";
import { ipOf } from "./ip.ts";
import { at, type JsonPath, put, remove } from "./path.ts";
import type { Form, PsoxyPseudonyms } from "./pseudonym.ts";
import { type Found, LONGEST_TEXT, matchesOf, type Regex } from "./regex.ts";
import { digestOf } from "./text-digest.ts";

export type Method =
  | { readonly method: "redact" }
  | ({ readonly method: "pseudonymize" | "pseudonymizeEmailHeader" } & Form)
  | {
      readonly method: "pseudonymizeRegexMatches";
      readonly regex: Regex;
      readonly includeReversible: boolean;
    }
  | { readonly method: "redactRegexMatches"; readonly redactions: readonly Regex[] }
  | { readonly method: "redactExceptPhrases"; readonly allowedPhrases: readonly string[] }
  | { readonly method: "redactExceptSubstringsMatchingRegexes"; readonly exceptions: readonly Regex[] }
  | { readonly method: "filterTokenByRegex"; readonly delimiter: Regex; readonly filters: readonly Regex[] }
  | { readonly method: "tokenize"; readonly regex: Regex | undefined }
  | {
      readonly method: "textDigest";
      readonly keywords: readonly string[];
      readonly isJsonEscaped: boolean;
      readonly jsonPathToProcessWhenEscaped: JsonPath | undefined;
    }
  | { readonly method: "hashIp" | "encryptIp" };

export type Transform = Method & {
  readonly jsonPaths: readonly JsonPath[];
  /** It is applied only to answers in which this path selects something. */
  readonly applyOnlyWhen: JsonPath | undefined;
};

/** Why an answer cannot be transformed; nothing of it may leave. */
export class Untransformable extends Error {}

/** Changes the JSON in place. @throws Untransformable for a thing where the rules expect a value */
export function transform(json: unknown, one: Transform, pseudonyms: PsoxyPseudonyms): void {
  if (one.applyOnlyWhen && one.applyOnlyWhen.select(json).length === 0) return;
  const map = one.method === "redact" ? undefined : mapOf(one, pseudonyms);
  for (const path of one.jsonPaths) {
    const places = path.select(json);
    if (!map) remove(places);
    else {
      for (const place of places) {
        const value = at(place);
        if (typeof value === "object" && value !== null)
          throw new Untransformable(`${path.text} selects a thing, and ${one.method} takes a value`);
        put(place, value === null || value === undefined ? null : map(String(value)));
      }
    }
  }
}

function mapOf(
  one: Exclude<Method, { method: "redact" }>,
  pseudonyms: PsoxyPseudonyms,
): (text: string) => string | null {
  const looked = (use: (text: string) => string | null) => (text: string) =>
    text.length > LONGEST_TEXT ? null : use(text);
  switch (one.method) {
    case "pseudonymize":
      return (text) => (text.trim() === "" ? null : pseudonyms.pseudonymize(text, one));
    case "pseudonymizeEmailHeader":
      return looked((text) => emailHeader(text, one, pseudonyms));
    case "pseudonymizeRegexMatches":
      return looked((text) =>
        replaced(
          text,
          [one.regex],
          (found) => pseudonyms.pseudonymize(found, { includeReversible: one.includeReversible }),
          true,
        ),
      );
    case "redactRegexMatches":
      return looked((text) =>
        one.redactions.reduce((rest, regex) => replaced(rest, [regex], () => "", false, true) ?? rest, text),
      );
    case "redactExceptPhrases":
      return looked((text) => phrasesIn(text, one.allowedPhrases));
    case "redactExceptSubstringsMatchingRegexes":
      return looked((text) => longestOf(text, one.exceptions));
    case "filterTokenByRegex":
      return looked((text) => tokensThat(text, one.delimiter, one.filters));
    case "tokenize":
      return looked((text) => tokenized(text, one.regex, pseudonyms));
    case "textDigest":
      return looked((text) => digestOf(text, one));
    case "hashIp":
    case "encryptIp":
      return (text) => {
        const ip = ipOf(text.trim());
        return ip === undefined ? null : pseudonyms.address(ip, one.method === "encryptIp");
      };
  }
}

function emailHeader(text: string, form: Form, pseudonyms: PsoxyPseudonyms): string | null {
  const addresses = addressesOf(text).filter((address) => emailOf(address));
  if (addresses.length === 0) return null;
  return addresses.map((address) => pseudonyms.pseudonymize(address, form)).join(",");
}

/** The text with the first group, or the whole, of every match replaced; null where nothing matches, if asked. */
function replaced(
  text: string,
  regexes: readonly Regex[],
  by: (found: string) => string,
  nullWithout: boolean,
  whole = false,
): string | null {
  for (const regex of regexes) {
    let out = "";
    let from = 0;
    for (const found of matchesOf(regex, text)) {
      const [begin, end] = whole ? [found.index, found.end] : spanOf(found);
      if (end === begin) continue;
      out += text.slice(from, begin) + by(text.slice(begin, end));
      from = end;
    }
    if (from > 0) return out + text.slice(from);
  }
  return nullWithout ? null : text;
}

function spanOf(found: Found): readonly [number, number] {
  const group = found.groups[0];
  return group && group[0] >= 0 && group[1] >= 0 ? group : [found.index, found.end];
}

function tokenized(text: string, regex: Regex | undefined, pseudonyms: PsoxyPseudonyms): string {
  if (!regex) return pseudonyms.tokenize(text);
  return replaced(text, [regex], (found) => pseudonyms.tokenize(found), false) ?? text;
}

/** The allowed phrases that stand in the text, as the rules write them, each where it is not part of a longer word. */
function phrasesIn(text: string, phrases: readonly string[]): string {
  const lower = text.toLowerCase();
  const letter = /[\p{L}\p{N}_]/u;
  const stands = (phrase: string) => {
    for (let i = lower.indexOf(phrase); i >= 0; i = lower.indexOf(phrase, i + 1)) {
      if (!letter.test(lower[i - 1] ?? " ") && !letter.test(lower[i + phrase.length] ?? " ")) return true;
    }
    return false;
  };
  return phrases.filter((phrase) => stands(phrase.toLowerCase())).join(",");
}

function longestOf(text: string, regexes: readonly Regex[]): string {
  let best = "";
  for (const regex of regexes) {
    for (const { index, end } of matchesOf(regex, text)) {
      if (end - index > best.length) best = text.slice(index, end);
    }
  }
  return best;
}

function tokensThat(text: string, delimiter: Regex, filters: readonly Regex[]): string {
  const tokens: string[] = [];
  let from = 0;
  for (const { index, end } of matchesOf(delimiter, text)) {
    if (end === index) continue;
    tokens.push(text.slice(from, index));
    from = end;
  }
  tokens.push(text.slice(from));
  return tokens.filter((token) => token !== "" && filters.some((filter) => filter.whole(token))).join(" ");
}
