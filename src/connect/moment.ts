import type { At } from "../protocol/oauth1/authorize.ts";

/** The moment of one signed request: seconds, and a nonce of 128 random bits that no other request has. */
export function momentOf(parts: {
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
}): At {
  return {
    timestamp: Math.floor(parts.now() / 1000),
    nonce: Buffer.from(parts.random(16)).toString("hex"),
  };
}
