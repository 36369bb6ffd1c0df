/** How far two clocks are apart, from what a server lets slip. */

/** OAuth 1.0a servers of Jira take timestamps within five minutes of their own clock. */
export const CLOCK_WINDOW_S = 300;

/**
 * Seconds the server's clock is ahead of ours (negative: behind), from the `Date` header of an answer and the
 * moments before and after it. Exact to about a second; `undefined` where there is no such header.
 */
export function skewFromDate(
  date: string | undefined,
  sent_at_ms: number,
  received_at_ms: number,
): number | undefined {
  const server = Date.parse(date ?? "");
  if (Number.isNaN(server)) return undefined;
  return Math.round((server - (sent_at_ms + received_at_ms) / 2) / 1000);
}

/** The sentence for a skew in seconds; `undefined` for what is not a number. */
export function describeClock(skew_s: unknown): string | undefined {
  if (typeof skew_s !== "number" || !Number.isFinite(skew_s)) return undefined;
  const minutes = Math.abs(skew_s) / 60;
  const amount = minutes < 2 ? `${Math.abs(skew_s)} seconds` : `${Math.round(minutes)} minutes`;
  return `Jira's clock is ${amount} ${skew_s > 0 ? "ahead of" : "behind"} the clock of this computer.`;
}
