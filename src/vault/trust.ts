import { ERRORS, type ErrorCode, LatchkeyError } from "../errors.ts";
import type { RegistrationRow } from "../store/index.ts";
import type { Suspension } from "./records.ts";

/** A suspended registration is tried again this often: a server in trouble may have blamed us wrongly. */
const PROBE_MS = 600_000;

type Suspendable = Pick<RegistrationRow, "id" | "state" | "suspended">;

export function suspensionOf({ state, suspended }: Suspendable): Suspension | undefined {
  if (state !== "suspended") return undefined;
  const unknown = { code: "operator", at: 0, evidence: {} };
  return suspended === null ? unknown : (JSON.parse(suspended) as Suspension);
}

/** @throws registration_suspended, unless its time has come to be tried again */
export function demandTrust(registration: Suspendable, now: number): void {
  const suspended = suspensionOf(registration);
  if (!suspended) return;
  const since = now - suspended.at;
  // A time to come means that the clock was set back.
  if (suspended.code !== "operator" && (since >= PROBE_MS || since < 0)) return;
  throw suspendedError(registration.id, suspended.code);
}

export function suspendedError(registration_id: string, code: string, cause?: unknown): LatchkeyError {
  const known = code in ERRORS ? ` (${code}: ${ERRORS[code as ErrorCode].meaning})` : ` (${code})`;
  return new LatchkeyError(
    "registration_suspended",
    `The registration "${registration_id}" is suspended${known}.`,
    {
      cause,
      details: { registration_id, code },
    },
  );
}
