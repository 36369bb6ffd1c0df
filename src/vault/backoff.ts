import { ERRORS, type ErrorCode, isLatchkeyError, LatchkeyError } from "../errors.ts";
import type { FamilyRow } from "../store/index.ts";

const FIRST_MS = 2_000;
const LONGEST_MS = 300_000;

/**
 * How long a family is left alone after a passing failure: twice as long each time up to five minutes, half of it
 * by chance so that families do not come back together, and never shorter than the server asked for.
 */
export function backOff(
  failures_before: number,
  failure: unknown,
  now: number,
  random: (bytes: number) => Uint8Array,
): { readonly failures: number; readonly cool_until: number } {
  const failures = failures_before + 1;
  const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures_before, 20));
  const chance = (random(1)[0] ?? 0) / 255;
  const asked = isLatchkeyError(failure) ? (failure.retry_after_s ?? 0) * 1000 : 0;
  return { failures, cool_until: now + Math.round(Math.max(full / 2 + (full / 2) * chance, asked)) };
}

/**
 * Whether the server may have rotated although no tokens came: the request was on its way, and no answer (or half
 * of one, or one by a proxy in between) arrived. A refusal that was read is certain, and so is a connection that
 * never came about.
 */
export function isUncertain(failure: unknown): boolean {
  if (!isLatchkeyError(failure)) return true;
  if (failure.origin === "network")
    return failure.details.stage !== "connect" && failure.code !== "egress_refused";
  const { status } = failure.details;
  return failure.code === "token_answer_unreadable" || status === 502 || status === 504;
}

/**
 * While a family cools down after a passing failure its endpoint is left alone.
 * @throws that failure again, with the time that is left
 */
export function demandCooled(family: FamilyRow, now: number): void {
  if (family.cool_until === null || family.cool_until <= now) return;
  const last =
    family.last_failure === null
      ? undefined
      : (JSON.parse(family.last_failure) as { code: string; at: number });
  // A failure in the time to come means that the clock was set back.
  if (last && last.at > now) return;
  const code = last && last.code in ERRORS ? (last.code as ErrorCode) : "temporarily_unavailable";
  throw new LatchkeyError(code, undefined, { retry_after_s: Math.ceil((family.cool_until - now) / 1000) });
}
