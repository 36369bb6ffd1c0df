/** When a delivery that failed is tried again. Pure. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** After each failed attempt, until the next one; a bit more than three days in all. */
export const RETRY_AFTER_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;

const LONGEST_MS = 24 * HOUR;
const COOL_FIRST_MS = 5 * SECOND;
const COOL_LONGEST_MS = 5 * MINUTE;

/**
 * When the next attempt is due; `undefined`: there is none, it goes to the dead letters.
 *
 * @param attempts those made so far
 * @param asked_ms what Retry-After asks for; taken up to a day
 * @param chance 0 to 1: spreads what failed together over a tenth more or less
 */
export function nextAttempt(
  attempts: number,
  at: number,
  asked_ms: number,
  chance: number,
): number | undefined {
  const delay = RETRY_AFTER_MS[attempts - 1];
  if (delay === undefined) return undefined;
  const spread = delay * (0.9 + 0.2 * chance);
  return at + Math.round(Math.max(spread, Math.min(asked_ms, LONGEST_MS)));
}

/** Until when an endpoint is left alone after so many failed attempts in a row, whatever else waits for it. */
export function coolUntil(failures: number, at: number, asked_ms: number): number {
  const pause = Math.min(COOL_LONGEST_MS, COOL_FIRST_MS * 2 ** Math.min(failures - 1, 20));
  return at + Math.max(pause, Math.min(asked_ms, LONGEST_MS));
}

/** Retry-After in milliseconds from now: seconds, or a date. 0 where it says nothing. @see RFC 9110 section 10.2.3 */
export function askedDelay(header: string | undefined, at: number): number {
  if (header === undefined) return 0;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * SECOND;
  const date = Date.parse(header);
  return Number.isNaN(date) ? 0 : Math.max(0, date - at);
}
