/** A diagnosis as those see it who are no operators. */
import type { Cause, Diagnosis } from "./contract.ts";

/** What stands behind the address people use is the operator's: Jira's inner name, and what was signed. */
const INNER = /^(jira_sees|stated|only_ours|only_theirs|found): /;

/** Without base strings, and without the inner addresses of a Jira behind a proxy. */
export function forOwner(diagnosis: Diagnosis): Diagnosis {
  const { cause, steps } = diagnosis;
  const kept = (evidence: readonly string[] = []) => evidence.filter((line) => !INNER.test(line));
  return {
    ...diagnosis,
    ...(cause && { cause: withoutTexts(cause, kept(cause.evidence)) }),
    steps: steps.map((step) => ({ ...step, ...(step.evidence && { evidence: kept(step.evidence) }) })),
  };
}

function withoutTexts({ base_strings: _, ...cause }: Cause, evidence: readonly string[]): Cause {
  return { ...cause, evidence };
}
