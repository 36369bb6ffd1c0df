/** What another program or a page has said: read into what was seen, and named. */
import { ERRORS } from "../errors.ts";
import type { Flavor } from "../protocol/flavors.ts";
import { byTable, causeSeen, recognise } from "./cause.ts";
import { type Diagnosis, type Observation, type Recorded, STEPS } from "./contract.ts";

const MAX_TEXT = 64 * 1024;
const REQUEST = /^>?\s*([A-Z]{3,10})\s+(\S+)(?:\s+HTTP\/[\d.]+)?\s*$/;
const STATUS = /^<?\s*HTTP\/[\d.]+\s+(\d{3})\b/;
const HEADER = /^([<>]?)\s*([A-Za-z][A-Za-z0-9-]*):\s?(.*)$/;

/**
 * Reads pasted text: `curl -i` and `curl -v`, a page's words, a stack trace. A request line, a status line and headers
 * are taken where they stand; everything is kept as words.
 */
export function readSeen(pasted: string, flavor?: Flavor): Observation {
  const text = pasted.slice(0, MAX_TEXT).replace(/\r\n/g, "\n");
  const lines = text.split("\n");
  const request = lines.map((line) => REQUEST.exec(line)).find((match) => match !== null);
  const status_at = lines.findIndex((line) => STATUS.test(line));
  const status = status_at < 0 ? undefined : Number(STATUS.exec(lines[status_at]!)?.[1]);
  const headers: Record<string, string> = {};
  const request_headers: Record<string, string> = {};
  for (const [index, line] of lines.entries()) {
    const [, side, name = "", value = ""] = HEADER.exec(line) ?? [];
    if (name === "") continue;
    const sent = side === ">" || (side !== "<" && status_at >= 0 && index < status_at);
    (sent ? request_headers : headers)[name.toLowerCase()] = value.trim();
  }
  const url = urlOf(request?.[2], request_headers.host) ?? /https?:\/\/[^\s"'<>]+/.exec(text)?.[0];
  return {
    flavor,
    text: bodyOf(lines, status_at),
    headers,
    request_headers,
    ...(request && { method: request[1] }),
    ...(url && { url }),
    ...(status !== undefined && { status }),
  };
}

function urlOf(target: string | undefined, host: string | undefined): string | undefined {
  if (target === undefined) return undefined;
  if (/^https?:/.test(target)) return target;
  return host !== undefined && target.startsWith("/") ? `http://${host}${target}` : target;
}

/** After the status line, the body begins with the first empty line; without one, all of it is words. */
function bodyOf(lines: readonly string[], status_at: number): string {
  const empty =
    status_at < 0 ? -1 : lines.findIndex((line, index) => index > status_at && /^<?\s*$/.test(line));
  return (empty < 0 ? lines : lines.slice(empty + 1)).join("\n").trim();
}

/** Names what was seen; without a row for it, says so and guesses nothing. */
export function explain(seen: Observation, target = "what was said"): Diagnosis {
  const cause = causeSeen(seen);
  const at = cause === undefined ? undefined : (recognise(seen)?.step ?? "jira");
  return {
    target,
    ...(seen.flavor && { flavor: seen.flavor }),
    outcome: cause ? "found" : "unproven",
    ...(cause && { cause }),
    steps: STEPS.map((name) =>
      name === at && cause
        ? { name, outcome: "found", says: cause.title, evidence: cause.evidence }
        : {
            name,
            outcome: "skipped",
            says: cause ? "Nobody was asked." : "Nothing of what was said points here.",
          },
    ),
  };
}

/** A recorded dance or call that failed. */
export function explainRecorded(recorded: Recorded): Diagnosis {
  const { error_code: code, flavor, site_url, failure, kind, base_strings } = recorded;
  const text = [failure?.happened, ...(recorded.jira ?? [])].filter(Boolean).join("\n");
  const seen: Observation = {
    flavor,
    code,
    method: recorded.method,
    url: recorded.url,
    status: recorded.status,
    headers: recorded.headers,
    text,
    details: {
      [kind]: recorded.id,
      at: new Date(recorded.at).toISOString(),
      ...wordOf(recorded.jira_word),
      ...(failure?.next[0] && { fix: failure.next[0] }),
      ...(base_strings?.ours && { our_base_string: base_strings.ours }),
      ...(base_strings?.theirs && { their_base_string: base_strings.theirs }),
    },
  };
  const about = { flavor, ...(site_url && { site: site_url }) };
  const cause =
    causeSeen(seen, about) ??
    byTable(code, ERRORS[code].meaning, failure?.next.join(" ") ?? ERRORS[code].fix, seen, about);
  const known = explain(seen, `the last ${kind} that failed${site_url ? `, with ${site_url}` : ""}`);
  return { ...known, flavor, outcome: "found", cause };
}

/** `oauth_problem=token_rejected`, `error=access_denied`, or the bare word. */
function wordOf(word: string | undefined): Readonly<Record<string, string>> {
  if (word === undefined) return {};
  const [, name = "oauth_problem", value = word] = /^(oauth_problem|error)=(.+)$/.exec(word) ?? [];
  return { [name]: value };
}
