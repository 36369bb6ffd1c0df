/** How the checks say what they found. */
import type { LatchkeyError } from "../../errors.ts";
import type { CheckFinding, CheckReport } from "../contract.ts";

type More = Pick<CheckFinding, "fix" | "evidence">;

export function ok(code: string, says: string, more: More = {}): CheckFinding {
  return { code, outcome: "ok", says, ...more };
}

export function wrong(code: string, says: string, more: More = {}): CheckFinding {
  return { code, outcome: "wrong", says, ...more };
}

export function unproven(code: string, says: string, more: More = {}): CheckFinding {
  return { code, outcome: "unproven", says, ...more };
}

/** A proven failure in its own words. */
export function wrongBy(error: LatchkeyError, evidence?: CheckFinding["evidence"]): CheckFinding {
  return wrong(error.code, error.message, { fix: error.fix, ...(evidence !== undefined && { evidence }) });
}

/** Failures that may pass: they prove nothing about the registration. */
const PASSING = new Set(["server_error", "temporarily_unavailable", "jira_rate_limited", "jira_failed"]);

/** A failure that may be gone at the next try is no mistake of the registration. */
export function byKind(error: LatchkeyError, evidence?: CheckFinding["evidence"]): CheckFinding {
  const finding = wrongBy(error, evidence);
  return PASSING.has(error.code) ? { ...finding, outcome: "unproven" } : finding;
}

/** One mistake spoils it; without any, it is as well as what Jira itself has confirmed: client or consumer. */
export function reportOf(registration_id: string, findings: readonly CheckFinding[]): CheckReport {
  const confirmed = findings.some((one) => CONFIRMING.has(one.code) && one.outcome === "ok");
  const spoiled = findings.some((one) => one.outcome === "wrong");
  return { registration_id, outcome: spoiled ? "wrong" : confirmed ? "ok" : "unproven", findings };
}

const CONFIRMING = new Set(["client", "consumer"]);
