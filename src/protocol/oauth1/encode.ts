const UNRESERVED = /^[A-Za-z0-9\-._~]*$/;
const KEPT_BY_URI_COMPONENT = /[!'()*]/g;

/**
 * Percent-encodes a text as UTF-8, leaving only the unreserved characters of RFC 3986: a space is `%20`, `*` is
 * `%2A`. A lone surrogate becomes U+FFFD, as it would on the wire.
 *
 * @see RFC 5849 section 3.6
 */
export function percentEncode(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text.toWellFormed()).replace(KEPT_BY_URI_COMPONENT, hexOf);
}

function hexOf(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/**
 * The reverse of {@link percentEncode}. What is not a percent-encoding stays as it stands and bytes that are not
 * UTF-8 become U+FFFD: remote text must never make the reader throw.
 */
export function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return decodeLeniently(text);
  }
}

function decodeLeniently(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) =>
    new TextDecoder().decode(Buffer.from(run.replaceAll("%", ""), "hex")),
  );
}

/**
 * Name and value pairs of a query string or of an `application/x-www-form-urlencoded` body, decoded, in their
 * order, repeated names kept. `+` is a space; a name without `=` has an empty value.
 *
 * @see RFC 5849 section 3.4.1.3.1
 */
export function parseForm(text: string): [string, string][] {
  const pairs: [string, string][] = [];
  for (const piece of text.split("&")) {
    if (piece === "") continue;
    const equals = piece.indexOf("=");
    const name = equals < 0 ? piece : piece.slice(0, equals);
    const value = equals < 0 ? "" : piece.slice(equals + 1);
    pairs.push([decodeFormPart(name), decodeFormPart(value)]);
  }
  return pairs;
}

function decodeFormPart(text: string): string {
  return percentDecode(text.includes("+") ? text.replaceAll("+", " ") : text);
}

/** Pairs as a form body or query string. A space is written `%20`, which every reader understands. */
export function formEncode(pairs: Iterable<readonly [string, string]>): string {
  const pieces: string[] = [];
  for (const [name, value] of pairs) pieces.push(`${percentEncode(name)}=${percentEncode(value)}`);
  return pieces.join("&");
}
