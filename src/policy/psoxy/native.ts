/** A policy of Latchkey's own for the endpoints of a rule file: everything by its kind, people as tokens, no texts. */
import { type Flavor, type Operation, operationOf, vocabulary } from "../fields.ts";
import type { EndpointRule, Parameter, Parameters, PolicyDocument } from "../rules.ts";
import type { Endpoint } from "./rules.ts";

/** Query parameters of Jira by what they hold; others are left out. */
const PARAMETERS: Readonly<Record<string, readonly [string, Parameter]>> = {
  jql: ["jql", "jql"],
  nextpagetoken: ["nextPageToken", "cursor"],
  startat: ["startAt", "integer"],
  maxresults: ["maxResults", { type: "integer", max: 100 }],
  groupid: ["groupId", "id"],
  groupname: ["groupname", "group"],
  includeinactiveusers: ["includeInactiveUsers", "boolean"],
  includeactive: ["includeActive", "boolean"],
  includeinactive: ["includeInactive", "boolean"],
  includearchived: ["includeArchived", "boolean"],
  username: ["username", "person"],
};
/** Fields that nobody may ask for by name with these rules: rendered and free text. */
const NOT_ASKED = new Set(["environment", "worklog", "comment", "attachment"]);

export function nativePolicy(
  flavor: Flavor,
  tried: readonly { readonly endpoint: Endpoint; readonly operation: Operation | undefined }[],
): PolicyDocument {
  const rules = new Map<string, EndpointRule>();
  for (const { endpoint, operation } of tried) {
    if (!operation || operation.answer === null || rules.has(operation.path)) continue;
    const methods = (endpoint.allowedMethods ?? ["GET"]).filter(
      (method) => method === "GET" && operationOf(flavor, method, operation.path),
    );
    if (methods.length === 0) continue;
    rules.set(operation.path, { path: operation.path, methods, query: queryOf(endpoint), answer: ["**"] });
  }
  return {
    latchkey_policy: 1,
    name: "In place of Psoxy's rules",
    flavor,
    endpoints: [...rules.values()],
  };
}

function queryOf({ allowedQueryParams = [] }: Endpoint): Parameters {
  const entries = allowedQueryParams.flatMap((name): [string, Parameter][] => {
    if (name === "fields") return [["fields", { type: "list", of: fieldNames() }]];
    const known = PARAMETERS[name];
    return known ? [[known[0], known[1]]] : [];
  });
  return Object.fromEntries(entries);
}

function fieldNames(): string[] {
  return [...vocabulary().system].filter((name) => !NOT_ASKED.has(name)).sort();
}
