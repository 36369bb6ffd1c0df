import { createHash } from "node:crypto";

/** Whether the verifier is the one the challenge was made of. @see RFC 7636 section 4.6 */
export function verifierFits(
  challenge: string,
  method: string | undefined,
  verifier: string | undefined,
): boolean {
  if (verifier === undefined || !/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) return false;
  if (method === "S256")
    return createHash("sha256").update(verifier, "ascii").digest("base64url") === challenge;
  return verifier === challenge;
}

/** What is wrong with a challenge, in words; undefined when nothing is. */
export function challengeFault(challenge: string | null, method: string | null): string | undefined {
  if (challenge === null) return method === null ? undefined : "code_challenge is missing";
  if (method !== null && method !== "S256" && method !== "plain")
    return "code_challenge_method is not supported";
  if (!/^[A-Za-z0-9._~-]{43,128}$/.test(challenge)) return "code_challenge is malformed";
  return undefined;
}
