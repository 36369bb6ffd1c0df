import { LatchkeyError } from "../errors.ts";
import type { Window } from "./model.ts";

/** The question without its order. @throws usage for one that asks nothing */
export function withoutOrder(jql: string): string {
  let quote: string | undefined;
  for (let at = 0; at < jql.length; at++) {
    const letter = jql[at]!;
    if (quote !== undefined) {
      if (letter === "\\") at++;
      else if (letter === quote) quote = undefined;
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (/^order\s+by\s/i.test(jql.slice(at, at + 40)) && !/\w/.test(jql[at - 1] ?? " ")) {
      return bounded(jql.slice(0, at));
    }
  }
  return bounded(jql);
}

function bounded(jql: string): string {
  const asked = jql.trim();
  if (asked !== "") return asked;
  throw new LatchkeyError("usage", "The question names no issues.", {
    fix: "Say which: a JQL question such as 'project = JJ', or --project KEY.",
  });
}

export function projectQuestion(keys: readonly string[]): string {
  const wrong = keys.find((key) => !/^[A-Za-z0-9_]{1,100}$/.test(key));
  if (wrong !== undefined) throw new LatchkeyError("usage", "A project is named by its key or id.");
  return `project in (${keys.map((key) => `"${key}"`).join(", ")})`;
}

/** The issues of a window, the oldest first. */
export function questionOf(jql: string, window: Window): string {
  const bounds = [
    `(${jql})`,
    ...(window.from === undefined ? [] : [`created >= "${window.from}"`]),
    ...(window.to === undefined ? [] : [`created < "${window.to}"`]),
  ];
  return `${bounds.join(" AND ")} ORDER BY created ASC, key ASC`;
}

export const updatedSince = (jql: string, minute: string) => `(${jql}) AND updated >= "${minute}"`;

/**
 * A moment as JQL reads it: minutes on the clock of the account's own zone. Nothing else fits: JQL knows neither
 * seconds nor offsets.
 */
export function minuteIn(zone: string, at: number): string {
  const parts = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit" },
    ...{ hour: "2-digit", minute: "2-digit" },
  }).formatToParts(at);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("year").padStart(4, "0")}-${part("month")}-${part("day")} ${part("hour")}:${part("minute")}`;
}

const HOUR_MS = 3_600_000;

/**
 * The latest minute at or before a moment whose name on the clock means one moment only, whatever Jira makes of an
 * hour that comes twice.
 */
export function unmistakableMinute(
  zone: string,
  at: number,
): { readonly minute: string; readonly at: number } {
  let from = at - (at % 60_000);
  const told = (moment: number) => Date.parse(`${minuteIn(zone, moment).replace(" ", "T")}Z`);
  // Clocks are put back by three hours at most; before that the minute would not come again.
  for (let hours = 0; hours < 12; hours++) {
    const plain = [-3, -2, -1, 1, 2, 3].every(
      (by) => told(from + by * HOUR_MS) - told(from) === by * HOUR_MS,
    );
    if (plain) break;
    from -= HOUR_MS;
  }
  return { minute: minuteIn(zone, from), at: from };
}
