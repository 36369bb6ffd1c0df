/** Signatures of outgoing webhooks. @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
import { createHmac } from "node:crypto";
import { Secret } from "../secret.ts";

const PREFIX = "whsec_";
const BYTES = 32;

/** A new signing secret: `whsec_` and 32 random bytes in base64. */
export function newSigningSecret(random: (bytes: number) => Uint8Array): Secret {
  return new Secret(`${PREFIX}${Buffer.from(random(BYTES)).toString("base64")}`);
}

/**
 * The headers of one attempt, signed with every secret in force, newest first.
 *
 * @param timestamp_s seconds since the epoch, of this attempt
 */
export function signedHeaders(
  secrets: readonly Secret[],
  id: string,
  timestamp_s: number,
  body: string,
): Readonly<Record<string, string>> {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.reveal().slice(PREFIX.length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp_s}.${body}`).digest("base64")}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp_s),
    "webhook-signature": signatures.join(" "),
  };
}
