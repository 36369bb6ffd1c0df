import { percentEncode } from "./encoding.ts";

/**
 * The signature base string a server computes of a request.
 * @see RFC 5849 section 3.4.1
 */
export function baseString(
  method: string,
  url: string,
  parameters: ReadonlyArray<readonly [string, string]>,
): string {
  return [
    method.toUpperCase(),
    percentEncode(normaliseUrl(url)),
    percentEncode(normaliseParameters(parameters)),
  ].join("&");
}

/**
 * Scheme and authority in lower case, the scheme's own port dropped, an empty path as `/`.
 * The path stays raw, escapes included.
 */
export function normaliseUrl(url: string): string {
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)/i.exec(url);
  if (!parts) return url;
  const scheme = (parts[1] ?? "").toLowerCase();
  let authority = (parts[2] ?? "").toLowerCase();
  if (scheme === "http" && authority.endsWith(":80")) authority = authority.slice(0, -3);
  if (scheme === "https" && authority.endsWith(":443")) authority = authority.slice(0, -4);
  return `${scheme}://${authority}${parts[3] || "/"}`;
}

/** All parameters but `oauth_signature` and `realm`, encoded, then sorted by name and value as bytes. */
export function normaliseParameters(parameters: ReadonlyArray<readonly [string, string]>): string {
  const encoded: Array<readonly [string, string]> = parameters
    .filter(([name]) => name !== "oauth_signature" && name !== "realm")
    .map(([name, value]) => [percentEncode(name), percentEncode(value)]);
  encoded.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]));
  return encoded.map(([name, value]) => `${name}=${value}`).join("&");
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
