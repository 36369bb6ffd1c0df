/** The walk as it goes: what each step has shown, up to the first cause. */
import type { Cause, Diagnosis, Step, StepName, StepOutcome } from "./contract.ts";
import { STEPS } from "./contract.ts";

export type Notes = {
  ok(name: StepName, says: string, evidence?: readonly string[]): void;
  unproven(name: StepName, says: string, evidence?: readonly string[]): void;
  /** A step that does not apply here. */
  skip(name: StepName, says: string): void;
  /** Ends the walk. */
  found(name: StepName, cause: Cause): void;
  readonly cause: Cause | undefined;
  diagnosis(about: Omit<Diagnosis, "outcome" | "cause" | "steps">): Diagnosis;
};

export function newNotes(): Notes {
  const steps = new Map<StepName, Step>();
  let cause: Cause | undefined;
  const note = (name: StepName, outcome: StepOutcome, says: string, evidence: readonly string[] = []) => {
    if (steps.get(name)?.outcome === "found") return;
    steps.set(name, { name, outcome, says, ...(evidence.length > 0 && { evidence }) });
  };
  return {
    ok: (name, says, evidence) => note(name, "ok", says, evidence),
    unproven: (name, says, evidence) => note(name, "unproven", says, evidence),
    skip: (name, says) => note(name, "skipped", says),
    found(name, proven) {
      if (cause !== undefined) return;
      note(name, "found", proven.title, proven.evidence);
      cause = proven;
    },
    get cause() {
      return cause;
    },
    diagnosis(about) {
      const all = STEPS.map((name) => steps.get(name) ?? notReached(name, cause !== undefined));
      const bare = all.some(({ outcome, name }) => outcome === "unproven" && ESSENTIAL.has(name));
      const outcome = cause ? "found" : bare ? "unproven" : "healthy";
      return { ...about, outcome, ...(cause && { cause }), steps: all };
    },
  };
}

/** Without a proof of these, nobody can call it healthy. */
const ESSENTIAL: ReadonlySet<StepName> = new Set(["registration"]);

function notReached(name: StepName, stopped: boolean): Step {
  return {
    name,
    outcome: "skipped",
    says: stopped ? "Not looked at: the cause comes before." : "Nothing to look at here.",
  };
}
