/**
 * Percent-encoding as RFC 5849 section 3.6 wants it: only letters, digits, `-`, `.`, `_` and `~` stay.
 * Written here a second time on purpose: the sandbox is a witness of the client, not a mirror of it.
 */
export function percentEncode(value: string): string {
  let encoded = "";
  for (const byte of Buffer.from(value, "utf8")) {
    encoded += isUnreserved(byte)
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}

function isUnreserved(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    byte === 0x2d ||
    byte === 0x2e ||
    byte === 0x5f ||
    byte === 0x7e
  );
}

/**
 * Decodes a value of an `Authorization: OAuth` header. The plus sign becomes a space, as in the server
 * library Jira stands on; a damaged escape stays as it is, so that the signature check fails and not the parser.
 */
export function percentDecode(value: string): string {
  const spaced = value.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

/** Writes pairs as `name=value&name=value`, a space as `%20` and never as `+`. */
export function encodePairs(pairs: ReadonlyArray<readonly [string, string]>): string {
  return pairs.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join("&");
}
