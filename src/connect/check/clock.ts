import { CLOCK_WINDOW_S, describeClock } from "../clock.ts";
import type { CheckFinding } from "../contract.ts";
import { ok, wrong } from "./findings.ts";

/** Below this no one need know; above it the five minutes are not far. */
const NOTABLE_S = 60;

/** The clocks, by the `Date` header of an answer. */
export function checkClock(skew_s: number | undefined): readonly CheckFinding[] {
  if (skew_s === undefined) return [];
  const words = describeClock(skew_s) ?? "";
  const evidence = { skew_s };
  if (Math.abs(skew_s) > CLOCK_WINDOW_S) {
    return [wrong("timestamp_refused", words, { fix: "Set both clocks by NTP.", evidence })];
  }
  if (Math.abs(skew_s) <= NOTABLE_S) return [ok("clock", "The clocks agree.", { evidence })];
  return [ok("clock", `${words} Five minutes are allowed.`, { fix: "Set both clocks by NTP.", evidence })];
}
