export function codeChallenge(_code_verifier: string): string {
  throw new Error("not built yet");
}
export function isCodeVerifier(_text: string): boolean {
  throw new Error("not built yet");
}
export function verifierFrom(_bytes: Uint8Array): string {
  throw new Error("not built yet");
}
