/** The measure of a text instead of the text. */
import { at, isTooDeep, type JsonPath, put } from "./path.ts";

export type DigestSettings = {
  readonly keywords: readonly string[];
  readonly isJsonEscaped: boolean;
  readonly jsonPathToProcessWhenEscaped: JsonPath | undefined;
};

/**
 * `{"length":…,"word_count":…}` as a text, and how often each keyword stands in it. Where the text is JSON itself,
 * only what a path selects in it is measured, and the JSON around it stays.
 */
export function digestOf(text: string, settings: DigestSettings): string | null {
  const { isJsonEscaped, jsonPathToProcessWhenEscaped: path } = settings;
  if (!isJsonEscaped || !path) return measured(text, settings.keywords);
  let inner: unknown;
  try {
    inner = JSON.parse(text);
  } catch {
    return null;
  }
  if (isTooDeep(inner)) return null;
  for (const place of path.select(inner)) {
    const value = at(place);
    put(place, typeof value === "string" ? measured(value, settings.keywords) : null);
  }
  return JSON.stringify(inner);
}

/** Words are parted by blanks of ASCII; the length counts UTF-16 units. */
function measured(text: string, keywords: readonly string[]): string {
  const words = text.split(/[ \t\n\v\f\r]+/).filter((word) => word !== "");
  const lower = words.map((word) => word.toLowerCase());
  const counts = keywords.map((keyword) => [
    keyword,
    lower.filter((word) => word === keyword.toLowerCase()).length,
  ]);
  return JSON.stringify({
    length: text.length,
    word_count: words.length,
    ...(keywords.length > 0 ? { keywords: Object.fromEntries(counts) } : {}),
  });
}
