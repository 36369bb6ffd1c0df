/**
 * What never passes the proxy, whatever a policy says (docs/threat-model.md, "The proxy"). Pure: text in, text
 * out, or a refusal.
 */
import { LatchkeyError } from "../errors.ts";

/**
 * Paths below the site's base that hand out or change credentials, lower case: with the modules of Data Center that
 * stand beside those of the documents under longer names (authconfig, oauth2-client, applinks-oauth).
 */
const NEVER = /^\/(rest\/(pat|(auth|authconfig|oauth|oauth2|applinks)(-[a-z0-9-]+)?)|plugins\/servlet)(\/|$)/;

/** Webhook registration: of an OAuth app under each version of the API, of an administrator under both its names. */
const WEBHOOKS = /^\/rest\/((jira-)?webhooks?|api\/[^/]+\/webhook)(\.[a-z]+)?(\/|$)/;

/** Data Center's address of cached files; it serves whatever stands behind the underscore as if it had been asked for. */
const FORWARDED = /^\/s\/.*\/_(\/|$)/;

/**
 * The exact path to send for a path as it was received, or a refusal. What is checked and what is sent are one
 * text: escapes of plain characters are undone, everything ambiguous is refused rather than interpreted.
 *
 * @param raw Path below the site's base, still percent-encoded, beginning with `/`.
 * @throws LatchkeyError `path_refused`
 */
export function refusePath(raw: string): string {
  if (!raw.startsWith("/")) throw refused("does not begin with a slash");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[\u0000-\u0020\u007f-\uffff]/.test(raw))
    throw refused("holds a character that must be percent-encoded");
  if (/[\\;#?]/.test(raw)) throw refused("holds a backslash, a semicolon, a hash or a question mark");
  if (raw.includes("//")) throw refused("holds an empty segment");
  if (/%(?![0-9a-fA-F]{2})/.test(raw)) throw refused("holds a broken escape");
  if (/%(2f|5c|2e|25|3b|23|3f|0[0-9a-f]|1[0-9a-f]|7f)/i.test(raw)) {
    throw refused("holds an encoded slash, dot, percent sign, delimiter or control character");
  }
  const segments = raw.split("/").slice(1).map(decoded);
  if (segments.some((segment) => segment === "." || segment === "..")) throw refused("holds a dot segment");
  refuseResource(segments);
  return `/${segments.map(encodeSegment).join("/")}`;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw refused("is not valid UTF-8");
  }
}

/** As `encodeURIComponent`, but the characters a path may hold plainly stay readable. */
function encodeSegment(segment: string): string {
  return encodeURIComponent(segment).replace(/%(40|3A|24|26|2B|2C|3D)/g, (encoded) =>
    decodeURIComponent(encoded),
  );
}

function refuseResource(segments: readonly string[]): void {
  const path = `/${segments.map((segment) => segment.toLowerCase()).join("/")}`;
  const never = NEVER.exec(path)?.[1];
  if (never) throw refused(`lies under /${never}, which hands out or changes credentials`);
  if (WEBHOOKS.test(path)) throw refused("registers webhooks, which Latchkey does itself");
  if (FORWARDED.test(path)) throw refused("stands for another path at Jira");
}

function refused(why: string): LatchkeyError {
  return new LatchkeyError("path_refused", `The path ${why}.`, { details: { why } });
}

/**
 * Refuses parameters that would carry or change a credential, in a query or a form. Names are compared as the
 * server decodes them, without regard to case.
 *
 * @param options.two_legged On calls without a user, `user_id` would choose whom to act as.
 * @throws LatchkeyError `path_refused`
 */
export function refuseParameters(raw: string, options: { readonly two_legged?: boolean } = {}): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[\u0000-\u001f\u007f]/.test(raw)) throw refusedParameter("holds a control character");
  // Nobody agrees whether a semicolon separates parameters, so here it always does.
  for (const pair of raw.split(/[&;]/)) {
    const text = pair.split("=", 1)[0]!.replaceAll("+", " ");
    let name: string;
    try {
      name = decodeURIComponent(text).trim().toLowerCase();
    } catch {
      throw refusedParameter("is not valid UTF-8");
    }
    if (NEVER_PARAMETER.test(name) || (options.two_legged === true && name === "user_id")) {
      throw refusedParameter(`${JSON.stringify(name.slice(0, 60))} would carry or change the credential`);
    }
  }
}

/**
 * Refuses a query that would not be sent as it was checked: a fragment, or characters a URL cannot hold.
 *
 * @param raw Without the question mark, still percent-encoded.
 * @throws LatchkeyError `path_refused`
 */
export function refuseQuery(raw: string, options: { readonly two_legged?: boolean } = {}): void {
  if (/[^\x21-\x7e]|#/.test(raw))
    throw refusedParameter("holds a character that must be percent-encoded, or a fragment begins");
  refuseParameters(raw, options);
}

const NEVER_PARAMETER = /^(x?oauth_.*|os_.*|access_token|jwt|_method|x-http-method-override)$/;

function refusedParameter(why: string): LatchkeyError {
  return new LatchkeyError("path_refused", `A parameter ${why}.`, { details: { why } });
}

/** Request headers that reach Jira; everything else stays here. */
const REQUEST_HEADERS: ReadonlySet<string> = new Set([
  "accept",
  "accept-language",
  "content-type",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "range",
  "x-atlassian-token",
  "x-experimentalapi",
  "x-force-accept-language",
]);

const METHOD_OVERRIDES = ["x-http-method-override", "x-http-method", "x-method-override"];

/**
 * The request headers that pass.
 *
 * @throws LatchkeyError `path_refused` for a method override
 */
export function requestHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, string> {
  for (const name of METHOD_OVERRIDES) {
    if (headers[name] !== undefined)
      throw new LatchkeyError("path_refused", `The header ${name} is refused: send the method itself.`);
  }
  const hops = namedByConnection(headers.connection);
  const out: Record<string, string> = {};
  for (const name of REQUEST_HEADERS) {
    const value = headers[name];
    if (hops.has(name)) continue;
    if (typeof value === "string") out[name] = value;
    else if (value) out[name] = value.join(", ");
  }
  return out;
}

/**
 * The headers that `Connection` makes a matter of one hop; they stop here, both ways.
 * @see RFC 9110 section 7.6.1
 */
export function namedByConnection(connection: string | readonly string[] | undefined): ReadonlySet<string> {
  if (connection === undefined || connection === "keep-alive") return KEEP_ALIVE;
  const text = typeof connection === "string" ? connection : connection.join(",");
  return new Set(text.split(",").map((name) => name.trim().toLowerCase()));
}

const KEEP_ALIVE: ReadonlySet<string> = new Set(["keep-alive"]);

/** Answer headers that pass: what describes the body, and what tells a caller how fast it may go. */
const ANSWER_HEADER =
  /^(content-(type|length|encoding|disposition|language|range)|accept-ranges|etag|last-modified|vary|date|link|deprecation|sunset|retry-after|(beta-)?retry-after|(x-)?(beta-)?ratelimit(-.*)?|atl-(traceid|request-id)|x-arequestid)$/;

/** Whether one answer header may leave; set-cookie, authentication challenges and names of people may not. */
export function answerHeaderPasses(name: string): boolean {
  return ANSWER_HEADER.test(name.toLowerCase());
}
