import { createHash } from "node:crypto";

/** SHA-256, hex: how states, request tokens and bindings are kept. */
export function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

/** Names a token without telling it: 16 characters of its hash. */
export function tokenId(token: string): string {
  return createHash("sha256")
    .update("latchkey token id\0")
    .update(token, "utf8")
    .digest("base64url")
    .slice(0, 16);
}
