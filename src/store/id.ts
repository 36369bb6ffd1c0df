const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LENGTH = 22;
/** The largest multiple of 62 below 256: bytes above it are drawn again, so that no letter is likelier. */
const FAIR = 248;

export type IdPrefix =
  | "con"
  | "fam"
  | "att"
  | "hdl"
  | "dnc"
  | "evt"
  | "cse"
  | "whe"
  | "dlv"
  | "seg"
  | "lnk"
  | "cal"
  | "hok"
  | "exp";

/**
 * A new id: the prefix, `_` and 22 characters of base62, which is 131 bits: nobody guesses one.
 * @param random draws that many bytes
 */
export function newId(prefix: IdPrefix, random: (bytes: number) => Uint8Array): string {
  let out = "";
  while (out.length < LENGTH) {
    for (const byte of random(32)) {
      if (byte >= FAIR) continue;
      out += ALPHABET[byte % 62];
      if (out.length === LENGTH) break;
    }
  }
  return `${prefix}_${out}`;
}
