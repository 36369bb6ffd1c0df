import { isLatchkeyError, type LatchkeyError } from "../errors.ts";
import type { Json } from "../jira/index.ts";
import type { FieldProblem, PushProblem } from "./model.ts";
import type { PlannedField } from "./plan.ts";

/**
 * What a creation that brought no issue proves. `undone`: nothing was made. `unknown`: something may have been; the
 * client sends a creation again only where the failure proves that nothing happened, so this is about its last try.
 */
export function provenBy(thrown: unknown): "undone" | "unknown" {
  if (!isLatchkeyError(thrown)) return "unknown";
  const { status, stage } = thrown.details;
  if (typeof status === "number")
    return status >= 400 && status < 500 && status !== 408 ? "undone" : "unknown";
  if (thrown.code === "egress_refused") return "undone";
  if (thrown.origin === "network") return stage === "connect" ? "undone" : "unknown";
  return thrown.code === "jira_answer_unreadable" ? "unknown" : "undone";
}

/** Whether no other idea would fare better: the connection, the vault or the database is at fault. */
export function endsAll(error: LatchkeyError): boolean {
  return (
    error.retry === "after-reconnect" ||
    ["vault", "configuration", "authorization-server"].includes(error.origin)
  );
}

/** A refusal of Jira with the fields as the idea calls them. Jira's own words are bounded data. */
export function problemOf(error: LatchkeyError, fields: readonly PlannedField[] = []): PushProblem {
  const { code, message, fix, retry_after_s } = error;
  const found = fieldsIn(error, fields);
  return {
    ...{ code, message, fix },
    ...(found.length === 0 ? {} : { fields: found }),
    ...(retry_after_s === undefined ? {} : { retry_after_s }),
  };
}

const OWN: Readonly<Record<string, string>> = { summary: "title", issuetype: "issueType" };

function fieldsIn({ details }: LatchkeyError, fields: readonly PlannedField[]): FieldProblem[] {
  const { jira, problems } = details as {
    jira?: { errorMessages?: string[]; errors?: Json };
    problems?: FieldProblem[];
  };
  if (Array.isArray(problems)) return problems;
  const named = Object.entries(jira?.errors ?? {}).map(([id, words]) => ({
    field: fields.find((field) => field.id === id)?.name ?? OWN[id] ?? id.slice(0, 100),
    problem: String(words),
  }));
  const general = (jira?.errorMessages ?? []).map((words) => ({ field: "", problem: String(words) }));
  return [...named, ...general].slice(0, 50);
}
