/**
 * What may be shown of a message of a dance, or of a call that failed. Names are allowed one by one, because a parameter nobody thought
 * of is masked then, where a list of forbidden names would have let it through.
 */
import type { HttpHeaders } from "../http.ts";

export const MASK = "***";

/** Parameters that say how the dance is danced and give no power to whoever reads them. */
const SHOWN_PARAMETERS = new Set([
  "audience",
  "client_id",
  "code_challenge_method",
  "error",
  "fields",
  "grant_type",
  "maxResults",
  "oauth_callback_confirmed",
  "oauth_consumer_key",
  "oauth_problem",
  "oauth_signature_method",
  "oauth_version",
  "prompt",
  "response_type",
  "scope",
  "startAt",
]);

/** Parameters whose value is an address: shown without its query, since that may carry anything. */
const ADDRESS_PARAMETERS = new Set(["redirect_uri", "oauth_callback"]);

const SHOWN_HEADERS = new Set([
  "atl-traceid",
  "content-length",
  "content-type",
  "date",
  "ratelimit-reason",
  "retry-after",
  "server",
  "x-arequestid",
  "x-authentication-denied-reason",
  "x-ratelimit-fillrate",
  "x-ratelimit-interval-seconds",
  "x-ratelimit-limit",
  "x-ratelimit-nearlimit",
  "x-ratelimit-remaining",
  "x-ratelimit-reset",
  "x-seraph-loginreason",
]);

/** What a challenge may say besides its scheme; its other parameters may repeat what was sent. */
const SHOWN_CHALLENGES = /\b(?:oauth_problem|oauth_acceptable_timestamps|error)="[A-Za-z0-9_.%-]{1,100}"/g;

/** No word a server or a browser sends is kept longer than this. */
const MAX_VALUE = 300;

/** A URL with every value masked that is not known to be harmless; user name, password and fragment are dropped. */
export function maskUrl(url: string): string {
  if (!URL.canParse(url)) return MASK;
  const parsed = new URL(url);
  const query = [...parsed.searchParams].map(
    ([name, value]) => `${encodeURIComponent(name.slice(0, 60))}=${maskValue(name, value)}`,
  );
  const path = `${parsed.origin}${parsed.pathname}`.slice(0, MAX_VALUE);
  return query.length === 0 ? path : `${path}?${query.slice(0, 30).join("&")}`;
}

function maskValue(name: string, value: string): string {
  if (SHOWN_PARAMETERS.has(name)) return encodeURIComponent(value.slice(0, MAX_VALUE));
  if (!ADDRESS_PARAMETERS.has(name)) return MASK;
  const address = addressOnly(value);
  return address === MASK ? MASK : encodeURIComponent(address);
}

/** An address without its query, since that may carry anything. */
export function addressOnly(value: string): string {
  if (!URL.canParse(value)) return value === "oob" ? value : MASK;
  const address = new URL(value);
  return printable(`${address.origin}${address.pathname}`);
}

/** The headers of an answer that say something and carry nothing. */
export function maskHeaders(headers: HttpHeaders): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    if (SHOWN_HEADERS.has(lower)) shown[lower] = printable(value);
    else if (lower === "www-authenticate") shown[lower] = challengeOf(value);
    // Where a browser or a client was sent, without what it was sent with.
    else if (lower === "location") shown[lower] = maskLocation(value);
  }
  return shown;
}

function challengeOf(value: string): string {
  const scheme = /^\s*(OAuth|Bearer|Basic|Negotiate|Digest)\b/i.exec(value)?.[1] ?? MASK;
  const said = value.slice(0, 10_000).match(SHOWN_CHALLENGES) ?? [];
  return [scheme, [...new Set(said)].slice(0, 4).join(", ")].filter(Boolean).join(" ");
}

/** What names a resource, a version, a project or an issue. Anything else may be what somebody wanted kept. */
const PLAIN_SEGMENT =
  /^(|[a-z][a-z-]{0,30}|[a-z]{2,20}([A-Z][a-z]{1,20}){1,3}|[A-Za-z]{1,30}\.(jspa?|action)|[A-Z][A-Z0-9_]{0,9}(-[0-9]{1,12})?|[a-z]{1,20}_[0-9]{1,12}|[0-9]{1,19}|[0-9]\.[0-9])$/;

function maskPath(path: string): string {
  return path
    .split("/")
    .map((segment) => (PLAIN_SEGMENT.test(segment) ? segment : MASK))
    .join("/")
    .slice(0, MAX_VALUE);
}

function maskLocation(value: string): string {
  if (!URL.canParse(value)) return MASK;
  const { origin, pathname } = new URL(value);
  return printable(`${origin}${maskPath(pathname)}`);
}

const PLAIN_NAME = /^[A-Za-z_-]{1,30}$/;
/** Where in a list a caller was; everything else in a query is what it looked for. */
const PAGING = new Set(["maxResults", "startAt"]);

/** The address of a call below a site's base: its path where it only names things, and no value of its query. */
export function maskCallUrl(base: string, url: string): string {
  const [address, query] = splitOnce(url.split("#")[0] ?? "", "?");
  const own = base.replace(/\/+$/, "");
  if (!address.startsWith(own)) return maskUrl(url);
  const path = maskPath(address.slice(own.length));
  const pairs = [...new URLSearchParams(query)].slice(0, 30).map(([name, value]) => {
    const known = PLAIN_NAME.test(name) ? name : MASK;
    return `${known}=${PAGING.has(name) && /^[0-9]{1,9}$/.test(value) ? value : MASK}`;
  });
  return `${printable(own)}${path}${pairs.length === 0 ? "" : `?${pairs.join("&")}`}`;
}

function splitOnce(text: string, at: string): [string, string] {
  const index = text.indexOf(at);
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index + 1)];
}

/** A foreign word made safe to keep: printable ASCII, bounded. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, MAX_VALUE);
}
