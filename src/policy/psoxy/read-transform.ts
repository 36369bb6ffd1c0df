/** Reads one transform; in YAML its name is the tag, in JSON it stands under `method`. */
import { compilePath, type JsonPath } from "./path.ts";
import type { Encoding } from "./pseudonym.ts";
import { below, type Members, type Reading } from "./reading.ts";
import { compileRegex, type Regex } from "./regex.ts";
import type { Method, Transform } from "./transform.ts";

/** Every transform, with the options it has. */
const OPTIONS = {
  redact: [],
  pseudonymize: ["encoding", "includeReversible", "includeOriginal"],
  pseudonymizeEmailHeader: ["encoding", "includeReversible", "includeOriginal"],
  pseudonymizeRegexMatches: ["regex", "includeReversible"],
  redactRegexMatches: ["redactions"],
  redactExceptPhrases: ["allowedPhrases"],
  redactExceptSubstringsMatchingRegexes: ["exceptions"],
  filterTokenByRegex: ["delimiter", "filters"],
  tokenize: ["regex"],
  textDigest: ["keywords", "isJsonEscaped", "jsonPathToProcessWhenEscaped"],
  hashIp: [],
  encryptIp: [],
} as const satisfies Record<Method["method"], readonly string[]>;

/** The names that transforms have, and that tags of a rule file may have. */
export const TRANSFORMS = Object.keys(OPTIONS) as readonly Method["method"][];

const ENCODINGS: readonly Encoding[] = ["URL_SAFE_TOKEN", "URL_SAFE_HASH_ONLY", "JSON"];
const REGEX_FIX = "Write it without back-references, looking around and possessive repeats.";

export function readTransform(value: unknown, path: string, reading: Reading): Transform | undefined {
  const members = reading.thing(value, path);
  if (!members) return undefined;
  const method = reading.oneOf(members.method, below(path, "method"), TRANSFORMS);
  if (!method) return undefined;
  reading.members(value, path, ["method", "jsonPaths", "applyOnlyWhen", ...OPTIONS[method]]);
  const jsonPaths = reading.list(members.jsonPaths, below(path, "jsonPaths"), (item, at) =>
    pathOf(item, at, reading),
  );
  if (!Array.isArray(members.jsonPaths) || members.jsonPaths.length === 0)
    reading.wrong(
      below(path, "jsonPaths"),
      "names no path",
      "Name what it is for, like $.issues[*]..accountId.",
    );
  const when = members.applyOnlyWhen;
  const options = methodOf(method, members, path, reading);
  return (
    options && {
      ...options,
      jsonPaths,
      applyOnlyWhen:
        when === undefined || when === null ? undefined : pathOf(when, below(path, "applyOnlyWhen"), reading),
    }
  );
}

function methodOf(
  method: Method["method"],
  members: Members,
  path: string,
  reading: Reading,
): Method | undefined {
  const at = (name: string) => below(path, name);
  const flag = (name: string) => reading.flag(members[name], at(name));
  const given = (name: string) => members[name] !== undefined && members[name] !== null;
  const regex = (value: unknown, place: string) => regexOf(value, place, reading);
  const regexes = (name: string): Regex[] => {
    if (!given(name)) reading.wrong(at(name), "is missing", `Add ${name}.`);
    return reading.list(members[name], at(name), regex);
  };
  const texts = (name: string) =>
    reading.list(members[name], at(name), (item, place) => reading.text(item, place));
  switch (method) {
    case "redact":
    case "hashIp":
    case "encryptIp":
      return { method };
    case "pseudonymize":
    case "pseudonymizeEmailHeader": {
      const encoding = given("encoding")
        ? reading.oneOf(members.encoding, at("encoding"), ENCODINGS)
        : undefined;
      return {
        method,
        encoding: encoding ?? "URL_SAFE_TOKEN",
        includeReversible: flag("includeReversible"),
        includeOriginal: flag("includeOriginal"),
      };
    }
    case "pseudonymizeRegexMatches": {
      const found = regex(members.regex, at("regex"));
      return found && { method, regex: found, includeReversible: flag("includeReversible") };
    }
    case "redactRegexMatches":
      return { method, redactions: regexes("redactions") };
    case "redactExceptPhrases":
      return { method, allowedPhrases: texts("allowedPhrases") };
    case "redactExceptSubstringsMatchingRegexes":
      return { method, exceptions: regexes("exceptions") };
    case "filterTokenByRegex": {
      const delimiter = given("delimiter") ? regex(members.delimiter, at("delimiter")) : compileRegex("\\s+");
      return delimiter && { method, delimiter, filters: regexes("filters") };
    }
    case "tokenize":
      return { method, regex: given("regex") ? regex(members.regex, at("regex")) : undefined };
    case "textDigest": {
      const inner = members.jsonPathToProcessWhenEscaped;
      return {
        method,
        keywords: texts("keywords"),
        isJsonEscaped: flag("isJsonEscaped"),
        jsonPathToProcessWhenEscaped:
          inner === undefined || inner === null
            ? undefined
            : pathOf(inner, at("jsonPathToProcessWhenEscaped"), reading),
      };
    }
  }
}

function regexOf(value: unknown, path: string, reading: Reading): Regex | undefined {
  return reading.made(value, path, (text) => compileRegex(text), REGEX_FIX);
}

function pathOf(value: unknown, path: string, reading: Reading): JsonPath | undefined {
  return reading.made(value, path, compilePath, "Write a path like $.issues[*].fields..accountId.");
}
