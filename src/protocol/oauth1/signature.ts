import type { SigningKey } from "./key.ts";

export function baseStringUri(_url: string): string {
  throw new Error("not built yet");
}
export function normalizedParameters(_pairs: readonly (readonly [string, string])[]): string {
  throw new Error("not built yet");
}
/** `parameters`: all pairs, decoded, except those of the URL's query, which is read here ('+' is a space). */
export function signatureBaseString(
  _method: string,
  _url: string,
  _parameters: readonly (readonly [string, string])[],
): string {
  throw new Error("not built yet");
}
export function sign(_key: SigningKey, _baseString: string): Promise<string> {
  throw new Error("not built yet");
}
export function signSync(_key: SigningKey, _baseString: string): string {
  throw new Error("not built yet");
}
export function signRaw(_key: SigningKey, _baseString: string): string {
  throw new Error("not built yet");
}
