/** Durations as Jira writes them, and what logged work does to the remaining estimate. */
import type { JiraRecord, Json } from "../world/model.ts";
import type { Call } from "./call.ts";
import { badRequest } from "./refuse.ts";

const HOUR = 3600;
const UNITS: Record<string, number> = { w: 40 * HOUR, d: 8 * HOUR, h: HOUR, m: 60 };

/** Seconds of `3h 20m` (a week is five days, a day eight hours), or undefined. */
export function secondsOf(text: string): number | undefined {
  if (!/^\s*(?:\d+(?:\.\d+)?[wdhm]\s*)+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)([wdhm])/g))
    seconds += Number(amount) * (UNITS[unit ?? "m"] ?? 0);
  return Math.round(seconds);
}

/** `3h 20m` of seconds. */
export function durationText(seconds: number): string {
  const parts: string[] = [];
  let left = seconds;
  for (const [unit, size] of Object.entries(UNITS)) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.join(" ") || "0m";
}

/** What becomes of the remaining estimate when work is logged, changed or taken back. */
export type EstimateChange =
  | { readonly kind: "auto" | "leave" }
  | { readonly kind: "new"; readonly seconds: number }
  | { readonly kind: "manual"; readonly seconds: number };

/** Reads `adjustEstimate` with `newEstimate`, `reduceBy` or `increaseBy`; 400 where what it needs is missing. */
export function readEstimate(call: Call): EstimateChange {
  const kind = call.query.get("adjustEstimate") ?? "auto";
  if (kind === "auto" || kind === "leave") return { kind };
  if (kind === "new") return { kind, seconds: needed(call, "newEstimate") };
  if (kind === "manual") {
    const removing = call.request.method === "DELETE";
    const seconds = needed(call, removing ? "increaseBy" : "reduceBy");
    return { kind, seconds: removing ? -seconds : seconds };
  }
  throw badRequest(
    `The value '${kind.slice(0, 60)}' of 'adjustEstimate' is not one of new, leave, manual, auto.`,
  );
}

function needed(call: Call, name: string): number {
  const seconds = secondsOf(call.query.get(name) ?? "");
  if (seconds !== undefined) return seconds;
  throw badRequest(`'${name}' must be a duration such as '2d' when 'adjustEstimate' asks for it.`);
}

/** Moves `timeestimate` by what was spent; undefined where the issue has no estimate and gets none. */
export function applyEstimate(
  fields: JiraRecord,
  spent: number,
  change: EstimateChange,
): { before: Json; after: Json } | undefined {
  const before = fields.timeestimate ?? null;
  const after =
    change.kind === "new"
      ? change.seconds
      : typeof before !== "number" || change.kind === "leave"
        ? before
        : Math.max(0, before - (change.kind === "manual" ? change.seconds : spent));
  if (after === before) return undefined;
  fields.timeestimate = after;
  return { before, after };
}
