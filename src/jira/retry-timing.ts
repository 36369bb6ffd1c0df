import type { HttpHeaders } from "../http.ts";

const LONGEST_WAIT_S = 24 * 3600;
const FIRST_MS = 500;
const LONGEST_MS = 30_000;
/** Added to a time that Jira named, so that not everybody who was told it comes at once. */
const SPREAD_MS = 1_000;

/** The three date forms of HTTP and the one of ISO 8601, seconds optional. @see RFC 9110 section 5.6.7 */
const DATES = [
  /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/,
  /^[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/,
  /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/,
  /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/,
];

/** The instant a date names, milliseconds; `undefined` for what is not one. */
function instantOf(text: string, now: number): number | undefined {
  // Date.parse alone would make a date of almost any number, and take the form without a zone for local time.
  const form = DATES.findIndex((one) => one.test(text));
  if (form < 0) return undefined;
  const at = Date.parse(form === 2 ? `${text} GMT` : text);
  if (Number.isNaN(at)) return undefined;
  // Two digits of a year that would lie fifty years ahead mean the century before.
  return form === 1 && at - now > 50 * 365.25 * 86_400_000 ? now : at;
}

/** Seconds since the epoch or milliseconds; a small number counts from now. */
function resetOf(text: string, now: number): number | undefined {
  if (!/^\d{1,13}$/.test(text)) return instantOf(text, now);
  const number = Number(text);
  if (number >= 1e12) return number;
  return number >= 1e9 ? number * 1000 : now + number * 1000;
}

/**
 * Seconds to wait, at most a day: `Retry-After` as a number or a date, else `X-RateLimit-Reset` as a date (with and
 * without seconds) or a number; `undefined` where neither says.
 * @param now milliseconds since the epoch
 * @see RFC 9110 section 10.2.3
 */
export function retryAfter(headers: HttpHeaders, now: number): number | undefined {
  const asked = headers["retry-after"]?.trim();
  if (asked !== undefined && /^\d{1,9}$/.test(asked)) return Math.min(Number(asked), LONGEST_WAIT_S);
  const at =
    (asked === undefined ? undefined : instantOf(asked, now)) ??
    resetOf(headers["x-ratelimit-reset"]?.trim() ?? "", now);
  return at === undefined ? undefined : Math.min(Math.max(0, Math.ceil((at - now) / 1000)), LONGEST_WAIT_S);
}

/**
 * Milliseconds before the next try: what Jira asked for and a little more, else twice as long each time with full
 * jitter, at most half a minute.
 * @param tries sent so far, from 1
 * @param chance from 0 to 1
 */
export function waitBefore(asked_s: number | undefined, tries: number, chance: number): number {
  const backoff = Math.min(LONGEST_MS, FIRST_MS * 2 ** (tries - 1)) * chance;
  if (asked_s === undefined) return Math.round(backoff);
  return asked_s === 0
    ? Math.round(backoff)
    : Math.round(asked_s * 1000 + Math.min(SPREAD_MS, asked_s * 250) * chance);
}

/** Waits; an abort ends the wait with the signal's reason. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((settle, reject) => {
    const over = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", over);
      settle();
    }, ms);
    signal?.addEventListener("abort", over, { once: true });
  });
}
