import { createHash, timingSafeEqual } from "node:crypto";
import { LatchkeyError } from "../errors.ts";

/** Longer values are no answer of any Jira. A code of Cloud is a JWT of a few thousand characters. */
const MAX_VALUE = 65_536;
const MAX_PARAMETERS = 50;

/** A callback that cannot be taken; `parameter` names what is wrong with it, never its value. */
export function malformed(message: string, parameter?: string): LatchkeyError {
  return new LatchkeyError("callback_malformed", message, {
    details: parameter === undefined ? {} : { parameter: parameter.slice(0, 100) },
  });
}

/**
 * Reads the parameters of a callback: each at most once, none oversized, none of those that belong to another
 * protocol. Others are harmless and passed over, since a callback address may carry its own.
 */
export function readCallback(
  params: URLSearchParams,
  foreign: readonly string[],
): ReadonlyMap<string, string> {
  const read = new Map<string, string>();
  for (const [name, value] of params) {
    if (read.has(name)) throw malformed("The callback carries a parameter twice.", name);
    if (value.length > MAX_VALUE || name.length > MAX_VALUE) {
      throw malformed("The callback carries a parameter that is far too long.", name);
    }
    if (foreign.includes(name))
      throw malformed("The callback carries a parameter of another protocol.", name);
    read.set(name, value);
    if (read.size > MAX_PARAMETERS) throw malformed("The callback carries far too many parameters.");
  }
  return read;
}

/** Compares in a time that tells nothing of where two texts differ, nor of their lengths. */
export function sameSecret(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
