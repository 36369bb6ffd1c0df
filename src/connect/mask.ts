/**
 * What may be shown of a message of the dance. Names are allowed one by one, because a parameter nobody thought
 * of is masked then, where a list of forbidden names would have let it through.
 */
import type { HttpHeaders } from "../http.ts";

const MASK = "***";

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
  "content-length",
  "content-type",
  "date",
  "retry-after",
  "server",
  "x-seraph-loginreason",
]);

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
  if (!URL.canParse(value)) return value === "oob" ? value : MASK;
  const address = new URL(value);
  return encodeURIComponent(`${address.origin}${address.pathname}`.slice(0, MAX_VALUE));
}

/** The headers of an answer that say something and carry nothing. */
export function maskHeaders(headers: HttpHeaders): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (SHOWN_HEADERS.has(name.toLowerCase())) shown[name.toLowerCase()] = printable(value);
  }
  return shown;
}

/** A foreign word made safe to keep: printable ASCII, bounded. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, MAX_VALUE);
}
