/** ORDER BY: a comparison of issues by several fields, empty values last when ascending. */
import type { OrderBy } from "@atlaskit/jql-ast";
import type { Issue } from "../world/model.ts";
import { fieldNamed, type JqlContext } from "./fields.ts";
import { unquoted } from "./parse.ts";
import type { Problems } from "./resolved.ts";
import { compareKeys, keyParts } from "./values.ts";

type SortValue = string | number | readonly (string | number)[] | undefined;
type Step = { readonly read: (issue: Issue) => SortValue; readonly sign: 1 | -1 };

const MOST_FIELDS = 7;

/** The issues in the order asked for; without ORDER BY newest key first. */
export function sortIssues(
  issues: Issue[],
  orderBy: OrderBy | undefined,
  context: JqlContext,
  problems: Problems,
): Issue[] {
  const steps = stepsOf(orderBy, context, problems);
  if (steps.length === 0) steps.push({ read: (issue) => keyParts(issue.key), sign: -1 });
  // Values are read once an issue, not once a comparison: reading them costs more than comparing.
  const rows = issues.map((issue) => ({ issue, values: steps.map((step) => step.read(issue)) }));
  rows.sort((a, b) => {
    for (const [index, step] of steps.entries()) {
      const order = compareValues(a.values[index], b.values[index], step.sign);
      if (order !== 0) return order;
    }
    return compareKeys(b.issue.key, a.issue.key);
  });
  return rows.map((row) => row.issue);
}

function stepsOf(orderBy: OrderBy | undefined, context: JqlContext, problems: Problems): Step[] {
  const wanted = orderBy?.fields ?? [];
  if (wanted.length > MOST_FIELDS) {
    problems.list.push(`The maximum number of fields in the ORDER BY clause is ${MOST_FIELDS}.`);
    return [];
  }
  const steps: Step[] = [];
  for (const { field: named, direction } of wanted) {
    const field = fieldNamed(unquoted(named.text), context);
    if (field === undefined) {
      problems.list.push(`Field '${named.value}' does not exist or you do not have permission to view it.`);
    } else if (field.sort === undefined) {
      problems.list.push(`Not able to sort using field '${named.value}'.`);
    } else {
      const read = field.sort.bind(field);
      steps.push({
        read: (issue) => read(issue, context),
        sign: direction?.value.toLowerCase() === "desc" ? -1 : 1,
      });
    }
  }
  return steps;
}

function compareValues(a: SortValue, b: SortValue, sign: 1 | -1): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? sign : -sign;
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let index = 0; index < a.length; index += 1) {
      const order = compareValues(a[index], b[index], sign);
      if (order !== 0) return order;
    }
    return 0;
  }
  if (typeof a === "number" && typeof b === "number") return (a - b) * sign;
  const [x, y] = [String(a), String(b)];
  return x === y ? 0 : (x < y ? -1 : 1) * sign;
}
