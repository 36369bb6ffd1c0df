/** What a call reaches, as Atlassian's table of operations tells it: an issue, a project, a search, or nothing of one. */
import { type Flavor, findOperation } from "../../policy/index.ts";

export type Reach =
  /** An issue stands in the path, in the segment of this place. */
  | { readonly kind: "issue"; readonly at: number }
  | { readonly kind: "project"; readonly at: number }
  | { readonly kind: "desk"; readonly at: number }
  /** Issues by a query. */
  | { readonly kind: "search" }
  /** Makes an issue: its project stands in the body. */
  | { readonly kind: "create" }
  /** Makes a request of a service desk, which stands in the body. */
  | { readonly kind: "request" }
  /** Links two issues, both in the body. */
  | { readonly kind: "link" }
  /** A link by its id: it is read before it is changed. */
  | { readonly kind: "known-link" }
  /** Nothing of any project. */
  | { readonly kind: "free" };

/** Parameters in whose place an issue stands. */
const ISSUE = new Set(["{issueIdOrKey}"]);
const PROJECT = new Set(["{projectIdOrKey}", "{projectKeyOrId}", "{projectId}", "{projIdOrKey}"]);
/** Of a project: what describes it and its issues. Schemes are shared with other projects. */
const OF_A_PROJECT =
  /^\/rest\/api\/[23]\/(project\/\{[^}]+\}(\/(components?|versions?|statuses|role|role\/\{[^}]+\}|roledetails|properties|properties\/\{[^}]+\}|features|hierarchy|avatars))?|issue\/createmeta\/\{[^}]+\}\/issuetypes(\/\{[^}]+\})?)$/;
/** They have an issue in their path and reach beyond it: several at once, or another one by name. */
const BEYOND = /^(POST .*\/worklog\/move|DELETE .*\/worklog|DELETE .*\/remotelink|.*\/changelog\/list)$/;
const SEARCH =
  /^(GET \/rest\/api\/[23]\/search(\/jql)?|POST \/rest\/api\/[23]\/search(\/jql|\/approximate-count)?|GET \/rest\/agile\/1\.0\/(board\/\{[^}]+\}\/(issue|backlog|epic\/[^/]+\/issue|sprint\/\{[^}]+\}\/issue)|epic\/[^/]+\/issue|sprint\/\{[^}]+\}\/issue))$/;
const FREE =
  /^GET (\/rest\/api\/[23]\/(myself|serverInfo|field|configuration|user|user\/search|users\/search|(priority|status|statuscategory|resolution|issuetype|issueLinkType)(\/\{[^}]+\})?)|\/rest\/servicedeskapi\/info)$/;

/** `undefined` for what is no operation, or one that a limit to projects does not let through. */
export function reachOf(flavor: Flavor, method: string, path: string): Reach | undefined {
  const verb = method === "HEAD" ? "GET" : method;
  const operation = findOperation(flavor, verb, path);
  if (!operation || BEYOND.test(operation.name)) return undefined;
  const { name, segments } = operation;
  if (SEARCH.test(name)) return { kind: "search" };
  if (FREE.test(name)) return { kind: "free" };
  if (/^POST \/rest\/api\/[23]\/issue$/.test(name)) return { kind: "create" };
  if (/^POST \/rest\/api\/[23]\/issueLink$/.test(name)) return { kind: "link" };
  if (/^(GET|DELETE) \/rest\/api\/[23]\/issueLink\/\{[^}]+\}$/.test(name)) return { kind: "known-link" };
  if (name === "POST /rest/servicedeskapi/request") return { kind: "request" };
  const issue = segments.findIndex((segment) => ISSUE.has(segment));
  if (issue >= 0) return { kind: "issue", at: issue };
  if (verb !== "GET") return undefined;
  const project = segments.findIndex((segment) => PROJECT.has(segment));
  if (project >= 0 && OF_A_PROJECT.test(operation.path)) return { kind: "project", at: project };
  const desk = segments.indexOf("{serviceDeskId}");
  return desk >= 0 ? { kind: "desk", at: desk } : undefined;
}
