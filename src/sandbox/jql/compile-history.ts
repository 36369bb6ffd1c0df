/** From `WAS` and `CHANGED` to a predicate over the past of issues. */
import type { TerminalClause } from "@atlaskit/jql-ast";
import { parseJqlDate } from "./dates.ts";
import { type Field, fieldNamed, type JqlContext } from "./fields.ts";
import { type HistoryLimits, hasChanged, wasOneOf } from "./history.ts";
import { resolveOperand } from "./operands.ts";
import type { Predicate, Problems, Resolved } from "./resolved.ts";

const NEVER: Predicate = () => false;

/** `WAS` and `CHANGED` with what may follow them. */
export function compileHistory(
  clause: TerminalClause,
  field: Field,
  operator: string,
  context: JqlContext,
  problems: Problems,
  negate: boolean,
): Predicate {
  const limits = historyLimits(clause, field, context, problems);
  if (operator === "changed") {
    return (issue) => hasChanged(issue, field.id, limits) !== negate;
  }
  if (clause.operand === undefined) return NEVER;
  const values = new Set(
    resolveOperand(clause.operand, field, context, problems).flatMap((value) =>
      namesOf(field, value, context),
    ),
  );
  const positive = !operator.includes("not") !== negate;
  return (issue) => wasOneOf(issue, field.id, values, limits) === positive;
}

/** The changelog names a value by id or by name: both of the record meant by either. */
function namesOf(field: Field, value: Resolved, context: JqlContext): readonly string[] {
  const { statuses, priorities, resolutions } = context.site;
  const table = { status: statuses, priority: priorities, resolution: resolutions }[field.id];
  if (table === undefined) return value.keys;
  const names = new Set(value.keys);
  for (const record of Object.values(table)) {
    const own = [String(record.id), String(record.name).toLowerCase()];
    if (own.some((name) => value.keys.includes(name))) for (const name of own) names.add(name);
  }
  return [...names];
}

function historyLimits(
  clause: TerminalClause,
  field: Field,
  context: JqlContext,
  problems: Problems,
): HistoryLimits {
  const limits: { by?: Set<string>; from?: Set<string>; to?: Set<string>; after?: number; before?: number } =
    {};
  for (const predicate of clause.predicates ?? []) {
    const kind = predicate.operator.value.toLowerCase();
    if (predicate.operand === undefined) continue;
    if (kind === "by" || kind === "from" || kind === "to") {
      const meaning = kind === "by" ? (fieldNamed("reporter", context) as Field) : field;
      const keys = resolveOperand(predicate.operand, meaning, context, problems).flatMap(
        (value) => value.keys,
      );
      limits[kind] = new Set(keys);
      continue;
    }
    const dates = resolveOperand(
      predicate.operand,
      fieldNamed("created", context) as Field,
      context,
      problems,
    );
    const [first, second] = dates.map((value) => value.number);
    if (kind === "after") limits.after = first;
    else if (kind === "before") limits.before = first;
    else if (kind === "during") Object.assign(limits, { after: first, before: second ?? first });
    else if (kind === "on" && first !== undefined) {
      Object.assign(limits, { after: first, before: parseJqlDate("1d", { ...context, now: first }) });
    }
  }
  return limits;
}
