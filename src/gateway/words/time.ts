/** Times in words. All of them are UTC, and say so where an hour is named. */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const two = (value: number) => String(value).padStart(2, "0");

/** `12 Nov 2026`, kept on one line by no-break spaces. */
export function day(at: number): string {
  const date = new Date(at);
  return `${date.getUTCDate()}\u00a0${MONTHS[date.getUTCMonth()]}\u00a0${date.getUTCFullYear()}`;
}

/** `15:02 UTC` */
export function clock(at: number): string {
  const date = new Date(at);
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}\u00a0UTC`;
}

/** `12 Nov 2026, 15:02 UTC` */
export function moment(at: number): string {
  return `${day(at)}, ${clock(at)}`;
}

/** `today 15:02 UTC`, or the day where it is another one. */
export function nearby(at: number, now: number): string {
  return day(at) === day(now) ? `today, ${clock(at)}` : moment(at);
}

/** A span in its largest whole unit: `27 days`, `1 hour`, `a few seconds`. */
export function span(ms: number): string {
  const length = Math.abs(ms);
  if (length < MINUTE) return "a few seconds";
  if (length < HOUR) return counted(Math.floor(length / MINUTE), "minute");
  if (length < 2 * DAY) return counted(Math.floor(length / HOUR), "hour");
  return counted(Math.floor(length / DAY), "day");
}

/** `2 minutes ago`, `in 27 days`. */
export function relative(at: number, now: number): string {
  return at <= now ? `${span(now - at)} ago` : `in ${span(at - now)}`;
}

/** `214 ms`, `3.2 s` */
export function took(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)}\u00a0ms` : `${(ms / 1000).toFixed(1)}\u00a0s`;
}

/** A date as Jira writes it (`2016-08-01T11:23:38.022+1000`), or a plain day; `undefined` for anything else. */
export function jiraTime(value: unknown): number | undefined {
  if (typeof value !== "string" || value.length > 40) return undefined;
  const at = Date.parse(value.replace(/([+-]\d{2})(\d{2})$/, "$1:$2"));
  return Number.isNaN(at) ? undefined : at;
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
