import { createHmac, timingSafeEqual } from "node:crypto";
import type { Proven, Refused } from "./token.ts";

const SIGNATURE = /^([a-z0-9-]{1,20})=([0-9a-f]{1,200})$/i;

/**
 * Verifies `X-Hub-Signature` of an administrator's webhook: HMAC-SHA-256 over the body as it came. Every other
 * algorithm is refused, since the sender would choose it.
 *
 * @see https://developer.atlassian.com/cloud/jira/platform/webhooks/
 */
export function verifySignature(
  header: string | undefined,
  body: Uint8Array,
  secret: string,
): Proven | Refused {
  if (header === undefined) return { ok: false, why: "not_signed" };
  const [, algorithm = "", hex = ""] = SIGNATURE.exec(header.trim()) ?? [];
  if (algorithm.toLowerCase() !== "sha256") return { ok: false, why: "signature_algorithm" };
  const expected = createHmac("sha256", secret).update(body).digest();
  const given = Buffer.from(hex, "hex");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return { ok: false, why: "signature_forged" };
  }
  return { ok: true };
}
