/** From a syntax tree to a predicate over issues. NOT is pushed inwards, as Jira does, so `NOT a = b` is `a != b`. */
import type { Clause, TerminalClause } from "@atlaskit/jql-ast";
import type { Issue } from "../world/model.ts";
import { compileHistory } from "./compile-history.ts";
import { type Field, fieldNamed, issueOf, type JqlContext } from "./fields.ts";
import { resolveOperand } from "./operands.ts";
import { parseLoaded, unquoted } from "./parse.ts";
import { propertyField } from "./properties.ts";
import type { Predicate, Problems, Resolved } from "./resolved.ts";
import { matchesText, textQuery } from "./words.ts";

const NEGATED: Record<string, string> = {
  "=": "!=",
  "!=": "=",
  in: "not in",
  "not in": "in",
  "~": "!~",
  "!~": "~",
  is: "is not",
  "is not": "is",
  "<": ">=",
  ">=": "<",
  ">": "<=",
  "<=": ">",
  was: "was not",
  "was not": "was",
  "was in": "was not in",
  "was not in": "was in",
};

const NEVER: Predicate = () => false;

/** Compiles a clause; what is wrong with it is added to `problems`, and the faulty part then matches nothing. */
export function compileClause(
  clause: Clause,
  context: JqlContext,
  problems: Problems,
  negate = false,
): Predicate {
  if (clause.clauseType === "not") return compileClause(clause.clause, context, problems, !negate);
  if (clause.clauseType === "terminal") return compileTerminal(clause, context, problems, negate);
  const parts = clause.clauses.map((part) => compileClause(part, context, problems, negate));
  const all = (clause.operator.value === "and") !== negate;
  return all ? (issue) => parts.every((part) => part(issue)) : (issue) => parts.some((part) => part(issue));
}

function compileTerminal(
  clause: TerminalClause,
  context: JqlContext,
  problems: Problems,
  negate: boolean,
): Predicate {
  const name = unquoted(clause.field.text);
  if (FILTER_NAMES.has(name.toLowerCase())) return compileFilter(clause, context, problems, negate);
  const field = clause.field.properties?.length ? propertyField(clause.field) : fieldNamed(name, context);
  if (field === undefined) {
    problems.list.push(noSuchField(name, context));
    return NEVER;
  }
  const written = (clause.operator?.value ?? "").toLowerCase().replace(/\s+/g, " ");
  if (!field.operators.has(written)) {
    problems.list.push(
      written === "changed" || written.startsWith("was")
        ? `History searches do not support the '${field.name}' field.`
        : `The operator '${written}' is not supported by the '${field.name}' field.`,
    );
    return NEVER;
  }
  if (written === "changed" || written.startsWith("was")) {
    return compileHistory(clause, field, written, context, problems, negate);
  }
  const operator = negate ? (NEGATED[written] ?? written) : written;
  if (clause.operand === undefined) return NEVER;
  if (field.kind === "text" || operator === "~" || operator === "!~") {
    if (operator === "~" || operator === "!~") return compileText(clause, field, operator, problems);
  }
  const before = problems.list.length;
  const values = resolveOperand(clause.operand, field, context, problems);
  if (problems.list.length > before && values.length === 0) return NEVER;
  return compare(field, operator, values, context, problems);
}

/** What is said of a field that is not there; nobody is told that signing in may help. */
function noSuchField(name: string, context: JqlContext): string {
  return context.me.length === 0
    ? `Field '${name}' does not exist or this field cannot be viewed by anonymous users.`
    : `Field '${name}' does not exist or you do not have permission to view it.`;
}

const FILTER_NAMES = new Set(["filter", "request", "savedfilter", "searchrequest"]);
const DEEPEST = 8;

/** `filter = 10000`: the query of a saved filter in place of the clause. */
function compileFilter(
  clause: TerminalClause,
  context: JqlContext,
  problems: Problems,
  negate: boolean,
): Predicate {
  const operator = (clause.operator?.value ?? "").toLowerCase().replace(/\s+/g, " ");
  if (!["=", "!=", "in", "not in"].includes(operator) || clause.operand === undefined) {
    problems.list.push(`The operator '${operator}' is not supported by the 'filter' field.`);
    return NEVER;
  }
  const depth = problems.depth ?? 0;
  const parts = filterTexts(clause.operand).map((text) => {
    const filter = Object.values(context.site.filters).find(
      (one) => String(one.id) === text || String(one.name).toLowerCase() === text.toLowerCase(),
    );
    const parsed = filter === undefined ? undefined : parseLoaded(String(filter.jql ?? ""));
    if (parsed === undefined || !parsed.ok || depth >= DEEPEST) {
      problems.list.push(
        /^\d+$/.test(text)
          ? `A value with ID '${text}' does not exist for the field 'filter'.`
          : `The value '${text}' does not exist for the field 'filter'.`,
      );
      return NEVER;
    }
    const { where } = parsed.query;
    problems.depth = depth + 1;
    const predicate = where === undefined ? () => true : compileClause(where, context, problems);
    problems.depth = depth;
    return predicate;
  });
  const positive = (operator === "=" || operator === "in") !== negate;
  const anyOf: Predicate = (issue) => parts.some((part) => part(issue));
  return positive ? anyOf : (issue) => !anyOf(issue);
}

function filterTexts(operand: unknown): string[] {
  const { text, values } = operand as { text?: string; values?: readonly unknown[] };
  return values === undefined ? [unquoted(text ?? "")] : values.flatMap(filterTexts);
}

function compileText(clause: TerminalClause, field: Field, operator: string, problems: Problems): Predicate {
  const operand = clause.operand as unknown as { operandType: string; text?: string };
  if (operand.operandType !== "value" && operand.operandType !== "keyword") {
    problems.list.push(
      `The operator '${operator}' does not support a ${operand.operandType} for the field '${field.name}'.`,
    );
    return NEVER;
  }
  const query = textQuery(operand.operandType === "value" ? unquoted(operand.text ?? "") : "");
  const texts = (issue: Issue): readonly string[] => field.texts?.(issue) ?? [];
  if (operator === "~") return (issue) => matchesText(query, texts(issue));
  return (issue) => {
    const found = texts(issue);
    return found.length > 0 && !matchesText(query, found);
  };
}

function isEmpty(field: Field, issue: Issue, context: JqlContext): boolean {
  const filled =
    (field.keys?.(issue).length ?? 0) > 0 ||
    field.number?.(issue, context) !== undefined ||
    (field.numbers?.(issue, context).length ?? 0) > 0 ||
    (field.texts?.(issue).length ?? 0) > 0;
  return !filled;
}

function compare(
  field: Field,
  operator: string,
  values: readonly Resolved[],
  context: JqlContext,
  problems: Problems,
): Predicate {
  if (operator === "is" || operator === "is not") {
    if (values.some((value) => !value.keys.includes(""))) {
      problems.list.push(`The operator '${operator}' only supports the values EMPTY and NULL.`);
      return NEVER;
    }
    return operator === "is"
      ? (issue) => isEmpty(field, issue, context)
      : (issue) => !isEmpty(field, issue, context);
  }
  if (operator === "=" || operator === "in") return equalTo(field, values, context);
  if (operator === "!=" || operator === "not in") {
    const equal = equalTo(field, values, context);
    const wantsFilled = !values.some((value) => value.keys.includes(""));
    // As in Jira, an issue without a value is not among those that differ from one.
    return (issue) => !equal(issue) && !(wantsFilled && isEmpty(field, issue, context));
  }
  return ordered(field, operator, values[0], context);
}

function equalTo(field: Field, values: readonly Resolved[], context: JqlContext): Predicate {
  const wantsEmpty = values.some((value) => value.keys.includes(""));
  if (field.kind === "date" || (field.kind === "number" && field.keys === undefined)) {
    const wantedNumbers = new Set(
      values.flatMap((value) => (value.number === undefined ? [] : [value.number])),
    );
    return (issue) => {
      const all = field.numbers?.(issue, context);
      if (all !== undefined) return all.some((one) => wantedNumbers.has(one));
      const own = field.number?.(issue, context);
      return own === undefined ? wantsEmpty : wantedNumbers.has(own);
    };
  }
  const wanted = new Set(values.flatMap((value) => value.keys));
  if (field.id === "issuekey") {
    // A key of before a move means the issue it has become.
    const meant = new Set([...wanted].map((value) => issueOf(value, context)?.id));
    return (issue) => meant.has(issue.id);
  }
  return (issue) => {
    const own = field.keys?.(issue) ?? [];
    return own.length === 0 ? wantsEmpty : own.some((key) => wanted.has(key));
  };
}

function ordered(
  field: Field,
  operator: string,
  value: Resolved | undefined,
  context: JqlContext,
): Predicate {
  if (value === undefined) return NEVER;
  const place = placeOf(field, value, context);
  if (place === undefined) return NEVER;
  const holds = (number: number | undefined): boolean => {
    if (number === undefined) return false;
    if (operator === "<") return number < place;
    if (operator === "<=") return number <= place;
    return operator === ">" ? number > place : number >= place;
  };
  const { numbers } = field;
  if (numbers !== undefined) return (issue) => numbers(issue, context).some(holds);
  const own = (issue: Issue): number | undefined => {
    if (field.kind === "key")
      return sameProject(issue, value.text)
        ? placeOf(field, { text: issue.key, keys: [] }, context)
        : undefined;
    if (field.rank === undefined) return field.number?.(issue, context);
    for (const key of field.keys?.(issue) ?? []) {
      const rank = field.rank(key, context);
      if (rank !== undefined) return rank;
    }
    return undefined;
  };
  return (issue) => holds(own(issue));
}

function placeOf(field: Field, value: Resolved, context: JqlContext): number | undefined {
  if (field.kind === "key") return Number(value.text.slice(value.text.lastIndexOf("-") + 1)) || undefined;
  if (field.rank !== undefined) return field.rank(value.keys[0] ?? "", context);
  return value.number;
}

function sameProject(issue: Issue, key: string): boolean {
  const prefix = key.slice(0, key.lastIndexOf("-") + 1).toUpperCase();
  return issue.key.startsWith(prefix) && issue.key.lastIndexOf("-") === prefix.length - 1;
}
