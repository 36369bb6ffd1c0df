/** Many issues in one request: created, or read. */
import type { Issue, JiraRecord, Json } from "../world/model.ts";
import { bodyObject, type Call, isObject, issueCalled, maySee, ok, type Row } from "./call.ts";
import { fieldNames, fieldSchemas } from "./field-names.ts";
import { fieldChoice, issueJson } from "./issue-view.ts";
import { createIssue, made } from "./issues.ts";
import { badRequest, JiraError } from "./refuse.ts";

const MOST_AT_ONCE = 50;
const MOST_FETCHED = 100;
const MOST_PROPERTIES = 5;

function createMany(call: Call) {
  const list = bodyObject(call).issueUpdates;
  if (!Array.isArray(list) || list.length === 0)
    throw badRequest("The 'issueUpdates' list must not be empty.");
  if (list.length > MOST_AT_ONCE)
    throw badRequest(`No more than ${MOST_AT_ONCE} issues can be created at once.`);
  const issues: JiraRecord[] = [];
  const errors: unknown[] = [];
  for (const [index, item] of list.entries()) {
    const body = isObject(item) ? item : {};
    try {
      issues.push(made(call, createIssue(call, body), body));
    } catch (error) {
      // Who is not signed in is told so once, not once an issue.
      if (!(error instanceof JiraError) || error.status === 401) throw error;
      const elementErrors = { errorMessages: error.errorMessages, errors: error.errors };
      errors.push({ status: error.status, elementErrors, failedElementNumber: index });
    }
  }
  return ok({ issues, errors }, issues.length === 0 ? 400 : 201);
}

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** Issues by id or key in any letter case, ordered by id; those the caller may not see are only named. */
function fetchMany(call: Call, body: JiraRecord): unknown {
  const wanted = texts(body.issueIdsOrKeys);
  if (wanted.length === 0 || wanted.length > MOST_FETCHED)
    throw badRequest(`'issueIdsOrKeys' must name between 1 and ${MOST_FETCHED} issues.`);
  const properties = texts(body.properties);
  if (properties.length > MOST_PROPERTIES)
    throw badRequest(`No more than ${MOST_PROPERTIES} properties can be asked for.`);
  const choice = fieldChoice(texts(body.fields), "navigable");
  const expand = texts(body.expand);
  const found = new Set<Issue>();
  const missing: string[] = [];
  for (const name of wanted) {
    const issue = issueCalled(call, name);
    if (issue !== undefined && maySee(call, call.site.projects[issue.projectId])) found.add(issue);
    else missing.push(name);
  }
  const issues = [...found]
    .sort((a, b) => Number(a.id) - Number(b.id))
    .map((issue) => withProperties(issueJson(call, issue, choice, perIssue(expand)), issue, properties));
  const ids = [...new Set(issues.flatMap((issue) => Object.keys((issue.fields ?? {}) as JiraRecord)))];
  return {
    expand: "schema,names",
    issues,
    ...(expand.includes("names") ? { names: fieldNames(call, ids) } : {}),
    ...(expand.includes("schema") ? { schema: fieldSchemas(call, ids) } : {}),
    issueErrors: missing.map((id) => ({
      id,
      errorMessage: "Issue does not exist or you do not have permission to see it.",
    })),
  };
}

/** `names` and `schema` stand once beside the issues. */
function perIssue(expand: readonly string[]): string[] {
  return expand.filter((name) => name !== "names" && name !== "schema");
}

function withProperties(shown: JiraRecord, issue: Issue, wanted: readonly string[]): JiraRecord {
  if (wanted.length === 0) return shown;
  const own = Object.entries(issue.properties);
  const kept = own.filter(([name]) => wanted.includes("*all") || wanted.includes(name));
  return { ...shown, properties: Object.fromEntries(kept) };
}

export const issueBulkRows: readonly Row[] = [
  ["POST", "/rest/api/{version}/issue/bulk", createMany],
  [
    "POST",
    "/rest/api/{version}/issue/bulkfetch",
    (call) => (call.site.face === "cloud" ? ok(fetchMany(call, bodyObject(call))) : undefined),
  ],
];
