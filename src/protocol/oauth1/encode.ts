/** Percent-encoding as OAuth 1.0a wants it: only the unreserved characters of RFC 3986 stay. @see RFC 5849 section 3.6 */
export function percentEncode(_text: string): string {
  throw new Error("not built yet");
}
export function percentDecode(_text: string): string {
  throw new Error("not built yet");
}
export function parseForm(_text: string): [string, string][] {
  throw new Error("not built yet");
}
export function formEncode(_pairs: Iterable<readonly [string, string]>): string {
  throw new Error("not built yet");
}
