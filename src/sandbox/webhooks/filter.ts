/** The JQL that decides which issues a webhook tells of. */
import type { Clause } from "@atlaskit/jql-ast";
import { searchJql } from "../jql/index.ts";
import { parseJql } from "../jql/parse.ts";
import { personKeys } from "../jql/values.ts";
import type { Issue, Site, World } from "../world/model.ts";

const FIELDS = new Set([
  ...["issuekey", "key", "issue", "project", "issuetype", "type", "status", "assignee", "reporter"],
  ...["issue.property", "priority"],
]);
const OPERATORS = new Set(["=", "!=", "in", "not in"]);

/** Why an app may not register a filter; empty when it may. Apps are held to a part of JQL. */
export async function dynamicFilterFaults(jql: string): Promise<string[]> {
  if (jql.trim() === "") return ["The jqlFilter is required."];
  const parsed = await parseJql(jql);
  if (!parsed.ok) return [parsed.message];
  const { where, orderBy } = parsed.query;
  if (orderBy !== undefined && orderBy !== null) return ["The clause ORDER BY is unsupported"];
  if (where === undefined) return ["The jqlFilter is required."];
  return [...new Set(faultsOf(where))];
}

function faultsOf(clause: Clause): string[] {
  if (clause.clauseType === "not") return faultsOf(clause.clause);
  if (clause.clauseType !== "terminal") return clause.clauses.flatMap(faultsOf);
  const name = clause.field.value;
  const known = FIELDS.has(name.toLowerCase()) || /^cf\[\d+\]$/i.test(name);
  if (!known) return [`The clause ${name} is unsupported`];
  const operator = (clause.operator?.value ?? "").toLowerCase().replace(/\s+/g, " ");
  return OPERATORS.has(operator) ? [] : [`The operator ${operator} is unsupported for the clause ${name}`];
}

/** Whether an issue satisfies a filter for the user who registered it; an empty filter is satisfied by all. */
export async function satisfies(
  issue: Issue,
  jql: string,
  as: { readonly site: Site; readonly world: World; readonly user: string; readonly now: number },
): Promise<boolean> {
  if (jql.trim() === "") return true;
  const user = as.world.users[as.user];
  const result = await searchJql({
    jql,
    user: as.user,
    lenient: true,
    issues: [issue],
    context: {
      site: as.site,
      world: as.world,
      me: user === undefined ? [] : personKeys(user),
      now: as.now,
      timeZone: user?.timeZone ?? "UTC",
      locale: user?.locale ?? "en_US",
    },
    visible: () => true,
  });
  return result.ok && result.issues.length > 0;
}
