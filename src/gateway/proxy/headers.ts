import { answerHeaderPasses, namedByConnection } from "../../policy/index.ts";
import type { OpenAnswer } from "../../transport.ts";

/** What a header may hold in HTTP/1.1; anything else would end our own answer in the middle of its head. */
const PLAIN = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The headers of Jira's answer that pass, and those that make the answer harmless under our own name. */
export function answerHeaders(answer: OpenAnswer): [string, string][] {
  const flat = flatHeaders(answer);
  return Array.from({ length: flat.length / 2 }, (_, n) => [flat[2 * n]!, flat[2 * n + 1]!]);
}

/** The same, names and values in turn. */
export function flatHeaders(answer: OpenAnswer): string[] {
  const { rawHeaders, status } = answer;
  const hops = namedByConnection(answer.headers.connection);
  const passing: string[] = [];
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = passingName(rawHeaders[i]!);
    const value = rawHeaders[i + 1]!;
    if (name === "" || hops.has(name) || !PLAIN.test(value)) continue;
    // An answer that has no body announces none. @see RFC 9110 section 8.6
    if (name === "content-length" && status === 204) continue;
    passing.push(name, value);
  }
  for (const [name, value] of HARMLESS) passing.push(name, value);
  return passing;
}

/** Names as Jira writes them, each with its lower-case form if it passes, else with none: the same ones come each time. */
const names = new Map<string, string>();
const MOST_NAMES = 500;
const LONG_NAME = 60;

function passingName(raw: string): string {
  const known = names.get(raw);
  if (known !== undefined) return known;
  const lower = raw.toLowerCase();
  const name = answerHeaderPasses(lower) ? lower : "";
  if (raw.length > LONG_NAME) return name;
  if (names.size >= MOST_NAMES) names.clear();
  names.set(raw, name);
  return name;
}

/** Jira's bytes come from our origin now: nothing in them may run or be framed here. */
const HARMLESS: readonly [string, string][] = [
  ["cache-control", "no-store"],
  ["content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox"],
  ["x-content-type-options", "nosniff"],
];

/** What describes Jira's own bytes, which are not those that leave. */
const OF_THE_BYTES =
  /^(content-(type|length|encoding|disposition|range)|accept-ranges|etag|last-modified|link|vary)$/;

/**
 * The headers of an answer that was written anew.
 * @param length Of the new body; absent where there is none.
 */
export function filteredHeaders(
  answer: OpenAnswer,
  treat: (headers: Readonly<Record<string, string>>) => Record<string, string>,
  length: number | undefined,
  head: boolean,
): [string, string][] {
  const passing = Object.entries(treat(Object.fromEntries(answerHeaders(answer)))).filter(
    ([name]) => !OF_THE_BYTES.test(name) && !HARMLESS.some(([one]) => one === name),
  );
  const describing: [string, string][] = length === undefined ? [] : [["content-type", "application/json"]];
  const measured: [string, string][] =
    head || answer.status === 204 || answer.status === 304 ? [] : [["content-length", String(length ?? 0)]];
  return [...passing, ...describing, ...measured, ...HARMLESS];
}
