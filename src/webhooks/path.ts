import { createHash } from "node:crypto";

/** In the table the secret end of an address is known by its digest. */
export function pathHash(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
