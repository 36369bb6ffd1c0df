/**
 * From JQL text to a syntax tree, by Atlassian's own grammar, with Jira's way of saying what is wrong.
 * The parser costs about 100 ms to load and half a millisecond a query, so it is loaded at the first query
 * and its results are kept.
 */
import type { Query } from "@atlaskit/jql-ast";

export type ParsedJql =
  | { readonly ok: true; readonly query: Query }
  | { readonly ok: false; readonly message: string };

const KEPT = 500;
const kept = new Map<string, ParsedJql>();

const EXPECT_OPERATOR =
  "The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'.";
const RESERVED_CHARACTERS = "+.,;?|*/%^$#@[]";

type Builder = { build(text: string): { query: Query | undefined; errors: readonly ParserError[] } };
type ParserError = Error & {
  description?: string;
  line?: number;
  charPositionInLine?: number;
  start?: number;
};

type MakeBuilder = () => Builder;

let loading: Promise<MakeBuilder> | undefined;

async function load(): Promise<MakeBuilder> {
  const module = (await import("@atlaskit/jql-ast")) as unknown as {
    JastBuilder?: new () => Builder;
    default?: { JastBuilder: new () => Builder };
  };
  const JastBuilder = module.JastBuilder ?? module.default?.JastBuilder;
  if (JastBuilder === undefined) throw new Error("the JQL parser offers no JastBuilder");
  // A builder that is given the same text again finds no condition in it: each text gets its own.
  return () => new JastBuilder();
}

let loaded: MakeBuilder | undefined;

/** The same at once, for queries inside a query: the parser has been loaded by the outer one. */
export function parseLoaded(text: string): ParsedJql | undefined {
  return kept.get(text) ?? (loaded === undefined ? undefined : parseWith(loaded, text));
}

/** Parses one query; never throws on any text. */
export async function parseJql(text: string): Promise<ParsedJql> {
  const known = kept.get(text);
  if (known !== undefined) return known;
  loading ??= load();
  loaded = await loading;
  const parsed = parseWith(loaded, text);
  if (kept.size >= KEPT) kept.delete(kept.keys().next().value as string);
  kept.set(text, parsed);
  return parsed;
}

function parseWith(make: MakeBuilder, text: string): ParsedJql {
  try {
    const { query, errors } = make().build(text);
    const first = errors[0];
    if (first !== undefined) return { ok: false, message: describe(text, first) };
    if (query === undefined)
      return { ok: false, message: "Error in the JQL Query: the query cannot be read." };
    return { ok: true, query };
  } catch (cause) {
    return { ok: false, message: describe(text, cause as ParserError) };
  }
}

function describe(text: string, error: ParserError): string {
  const line = error.line ?? 1;
  const column = (error.charPositionInLine ?? 0) + 1;
  const place = `(line ${line}, character ${column})`;
  const offset = error.start ?? 0;
  if (offset >= text.length) {
    return `Error in the JQL Query: ${missingAtEnd(error.description ?? "")} (line ${line}, character ${text.length})`;
  }
  const character = text[offset] ?? "";
  if ((character === '"' || character === "'") && offendingWord(text, offset) === character) {
    return `Error in the JQL Query: The quoted string '${text.slice(offset + 1)}' has not been completed. ${place}`;
  }
  if (RESERVED_CHARACTERS.includes(character)) {
    const escaped = `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
    return `Error in the JQL Query: The character '${character}' is a reserved JQL character. You must enclose it in a string or use the escape '${escaped}' instead. ${place}`;
  }
  const got = offendingWord(text, offset);
  const description = error.description ?? "";
  if (/expecting .*(QUOTE_STRING|EMPTY)/.test(description)) {
    return `Error in the JQL Query: Expecting either a value, list or function but got '${got}'. You must surround '${got}' in quotation marks to use it as a value. ${place}`;
  }
  if (/ORDER/.test(description)) {
    return `Error in the JQL Query: Expecting either 'OR' or 'AND' but got '${got}'. ${place}`;
  }
  return `Error in the JQL Query: Expecting operator but got '${got}'. ${EXPECT_OPERATOR} ${place}`;
}

function missingAtEnd(description: string): string {
  if (/expecting .*(QUOTE_STRING|EMPTY)/.test(description)) {
    return "Expecting either a value, list or function before the end of the query.";
  }
  if (/\)/.test(description)) return "Expecting ')' before the end of the query.";
  return `Expecting operator before the end of the query. ${EXPECT_OPERATOR}`;
}

function offendingWord(text: string, offset: number): string {
  const rest = text.slice(offset);
  const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(rest);
  if (quoted?.[1] !== undefined) return quoted[1];
  const single = /^'((?:[^'\\]|\\.)*)'/.exec(rest);
  if (single?.[1] !== undefined) return single[1];
  return /^[^\s()=!<>~,"']+/.exec(rest)?.[0] ?? rest.charAt(0);
}

const ESCAPES: Record<string, string> = { t: "\t", n: "\n", r: "\r" };

/** The value of a string as it was written: quotes taken off, `\\"`, `\\t`, `\\u00e9` and the like resolved. */
export function unquoted(written: string): string {
  const quote = written[0];
  const isQuoted = written.length > 1 && (quote === '"' || quote === "'") && written.endsWith(quote);
  const inside = isQuoted ? written.slice(1, -1) : written;
  if (!inside.includes("\\")) return inside;
  return inside.replace(
    /\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g,
    (_whole, code: string | undefined, plain: string) =>
      code === undefined ? (ESCAPES[plain] ?? plain) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
