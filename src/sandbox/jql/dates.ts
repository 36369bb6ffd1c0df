/** Dates as JQL writes them: absolute in the user's time zone, relative to now, and the start and end functions. */

/** What a date is read against: the sandbox clock in milliseconds, an IANA time zone, a locale such as `en_US`. */
export type DateContext = { readonly now: number; readonly timeZone: string; readonly locale: string };

const MINUTE = 60_000;
const UNIT_MS: Record<string, number> = {
  m: MINUTE,
  h: 60 * MINUTE,
  d: 24 * 60 * MINUTE,
  w: 7 * 24 * 60 * MINUTE,
};

export type Civil = { y: number; mo: number; d: number; h: number; mi: number; s: number };

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const options = {
    calendar: "gregory",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  } as const;
  let made: Intl.DateTimeFormat;
  try {
    made = new Intl.DateTimeFormat("en-US", { ...options, timeZone });
  } catch {
    made = new Intl.DateTimeFormat("en-US", { ...options, timeZone: "UTC" });
  }
  formatters.set(timeZone, made);
  return made;
}

/** The wall clock of `timeZone` at the instant `ms`. */
export function civilOf(ms: number, timeZone: string): Civil {
  const parts: Record<string, number> = {};
  for (const part of formatter(timeZone).formatToParts(ms)) {
    if (part.type !== "literal") parts[part.type] = Number(part.value);
  }
  return {
    y: parts.year ?? 1970,
    mo: parts.month ?? 1,
    d: parts.day ?? 1,
    h: parts.hour ?? 0,
    mi: parts.minute ?? 0,
    s: parts.second ?? 0,
  };
}

/** The instant at which the wall clock of `timeZone` shows `civil`; fields may overflow (month 13, day 0). */
export function instantOf(civil: Civil, timeZone: string): number {
  const asUtc = Date.UTC(civil.y, civil.mo - 1, civil.d, civil.h, civil.mi, civil.s);
  let guess = asUtc;
  // Two rounds settle every offset change; the third value would only differ inside the hour a clock skips.
  for (let round = 0; round < 2; round += 1) guess = asUtc - offsetAt(guess, timeZone);
  return guess;
}

function offsetAt(ms: number, timeZone: string): number {
  const c = civilOf(ms, timeZone);
  return Date.UTC(c.y, c.mo - 1, c.d, c.h, c.mi, c.s) - Math.floor(ms / 1000) * 1000;
}

/** A date literal of JQL in ms, or undefined where it is none: `2026-01-02`, `2026/1/2 13:45`, `-7d`, `4w 2d`. */
export function parseJqlDate(text: string, context: DateContext): number | undefined {
  const trimmed = text.trim();
  const absolute = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::\d{2})?)?$/.exec(trimmed);
  if (absolute !== null) {
    const [, y, mo, d, h, mi] = absolute;
    const civil = {
      y: Number(y),
      mo: Number(mo),
      d: Number(d),
      h: Number(h ?? 0),
      mi: Number(mi ?? 0),
      s: 0,
    };
    if (civil.mo < 1 || civil.mo > 12 || civil.d < 1 || civil.d > 31 || civil.h > 24 || civil.mi > 59)
      return undefined;
    return instantOf(civil, context.timeZone);
  }
  const period = parsePeriod(trimmed);
  if (period !== undefined) return context.now + period;
  return /^\d{9,}$/.test(trimmed) ? Number(trimmed) : undefined;
}

function parsePeriod(text: string): number | undefined {
  const match = /^([+-])?((?:\d+[wdhm]\s*)+)$/.exec(text);
  if (match === null) return undefined;
  let total = 0;
  for (const [, amount, unit] of (match[2] ?? "").matchAll(/(\d+)([wdhm])/g)) {
    total += Number(amount) * (UNIT_MS[unit ?? "m"] ?? 0);
  }
  return match[1] === "-" ? -total : total;
}

const FUNCTION = /^(start|end)of(day|week|month|year)$/;
const NATURAL_UNIT: Record<string, string> = { day: "d", week: "w", month: "M", year: "y" };

/** The value of `now()`, `startOfDay("-1d")`, `endOfMonth(+1)` …; undefined where `name` is no date function. */
export function dateFunction(
  name: string,
  args: readonly string[],
  context: DateContext,
): number | "bad argument" | undefined {
  const lower = name.toLowerCase();
  if (lower === "now") return context.now;
  const match = FUNCTION.exec(lower);
  if (match === null) return undefined;
  const [, edge, period] = match as unknown as [string, string, string];
  const civil = civilOf(context.now, context.timeZone);
  const start = startOf(civil, period, context);
  const argument = args[0]?.trim();
  let shift = { count: 0, unit: NATURAL_UNIT[period] ?? "d" };
  if (argument !== undefined && argument !== "") {
    const increment = /^([+-]?\d+)([yMwdhm])?$/.exec(argument);
    if (increment === null) return "bad argument";
    shift = { count: Number(increment[1]), unit: increment[2] ?? shift.unit };
  }
  const begin = addTo(start, shift.count, shift.unit);
  if (edge === "start") return instantOf(begin, context.timeZone);
  const after = addTo(addTo(start, 1, NATURAL_UNIT[period] ?? "d"), shift.count, shift.unit);
  return instantOf(after, context.timeZone) - 1;
}

function startOf(civil: Civil, period: string, context: DateContext): Civil {
  const day = { ...civil, h: 0, mi: 0, s: 0 };
  if (period === "year") return { ...day, mo: 1, d: 1 };
  if (period === "month") return { ...day, d: 1 };
  if (period !== "week") return day;
  const weekday = new Date(Date.UTC(civil.y, civil.mo - 1, civil.d)).getUTCDay();
  const firstDay = /US|CA|JP|BR|IL|IN/.test(context.locale.slice(2)) || context.locale === "" ? 0 : 1;
  return addTo(day, -((weekday - firstDay + 7) % 7), "d");
}

function addTo(civil: Civil, count: number, unit: string): Civil {
  const moved = { ...civil };
  if (unit === "y") moved.y += count;
  else if (unit === "M") moved.mo += count;
  else if (unit === "w") moved.d += 7 * count;
  else if (unit === "d") moved.d += count;
  else if (unit === "h") moved.h += count;
  else moved.mi += count;
  const settled = new Date(Date.UTC(moved.y, moved.mo - 1, moved.d, moved.h, moved.mi, moved.s));
  return {
    y: settled.getUTCFullYear(),
    mo: settled.getUTCMonth() + 1,
    d: settled.getUTCDate(),
    h: settled.getUTCHours(),
    mi: settled.getUTCMinutes(),
    s: settled.getUTCSeconds(),
  };
}
