/** A query held to projects: read, written anew, and joined with the projects, so that no text of it can reach out. */
import { LatchkeyError } from "../../errors.ts";
import { type Clause, NotUnderstood, type Operand, type Query, readJql } from "../../policy/jql-read.ts";

/** Functions that look at nothing but the issue, the clock and who asks; others ask about issues elsewhere. */
const FUNCTIONS = new Set(
  (
    "startofday endofday startofweek endofweek startofmonth endofmonth startofyear endofyear now opensprints " +
    "closedsprints futuresprints releasedversions unreleasedversions latestreleasedversion earliestunreleasedversion " +
    "standardissuetypes subtaskissuetypes currentuser currentlogin lastlogin membersof approved approver pending " +
    "pendingby myapproval mypending breached completed elapsed everbreached paused remaining running withincalendarhours"
  ).split(" "),
);
/** A saved filter is a query that nobody here has read. */
const SAVED = new Set(["filter", "request", "savedfilter", "searchrequest"]);

/**
 * The query to send.
 *
 * @param ids Of the projects; written as numbers, which Jira takes for ids and not for keys or names.
 * @throws LatchkeyError `forbidden` for a query that is not surely understood
 */
export function withinProjects(text: string, ids: readonly string[]): string {
  try {
    const query = readJql(text);
    const within = `project in (${ids.map((id) => String(Number(id))).join(", ")})`;
    const where = query.where === undefined ? within : `(${clause(query.where)}) AND ${within}`;
    const order = orderOf(query);
    return order === "" ? where : `${where} ORDER BY ${order}`;
  } catch (thrown) {
    if (thrown instanceof NotUnderstood) throw refused(`The query ${thrown.message}.`);
    throw thrown;
  }
}

function orderOf({ order }: Query): string {
  return order
    .map(({ field, direction }) => (direction ? `${quoted(field)} ${direction}` : quoted(field)))
    .join(", ");
}

function clause(one: Clause): string {
  if (one.type === "not") return `NOT (${clause(one.part)})`;
  if (one.type !== "term") return `(${one.parts.map(clause).join(one.type === "and" ? " AND " : " OR ")})`;
  if (SAVED.has(one.field.toLowerCase())) throw refused("The query names a saved filter.");
  const value = one.operand === undefined ? "" : ` ${operand(one.operand)}`;
  const predicates = one.predicates.map((each) => ` ${each.word.toUpperCase()} ${operand(each.operand)}`);
  return `${quoted(one.field)} ${one.operator.toUpperCase()}${value}${predicates.join("")}`;
}

function operand(one: Operand): string {
  if (one.type === "empty") return "EMPTY";
  if (one.type === "list") return `(${one.items.map(operand).join(", ")})`;
  if (one.type === "value") return quoted(one.text);
  if (!FUNCTIONS.has(one.name.toLowerCase()))
    throw refused(`The query uses the function ${JSON.stringify(one.name.slice(0, 60))}.`);
  return `${one.name}(${one.args.map(quoted).join(", ")})`;
}

function quoted(text: string): string {
  if (/^cf\[\d{1,10}\]$/i.test(text)) return text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[\u0000-\u001f\u007f]/.test(text)) throw refused("The query holds a control character.");
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

function refused(what: string): LatchkeyError {
  return new LatchkeyError("forbidden", what, {
    fix: "The handle is limited to projects; write a plainer query.",
  });
}
