import type { Jira, Json } from "../jira/index.ts";
import type { ExportPolicy, Kind } from "./model.ts";

/** In what form what Jira answered leaves. Each kind is treated as the answer of the resource that is its own. */
export type Treatment = {
  /** Whether anything of the kind may leave. */
  allows(kind: Kind | "fields"): boolean;
  /** `undefined`: nothing of it leaves. */
  issue(issue: Json): Json | undefined;
  /** Parts of an issue. */
  list(kind: Listed, items: readonly Json[]): readonly Json[];
};

export type Listed = Exclude<Kind, "issues" | "users" | "deleted"> | "fields";

type Resource = {
  readonly operation: string;
  wrap(items: readonly Json[]): unknown;
  unwrap(answer: unknown): unknown;
};

/** @param policy absent: everything leaves as it is */
export function treatmentOf(jira: Jira, policy: ExportPolicy | undefined): Treatment {
  if (policy === undefined) return { allows: () => true, issue: (issue) => issue, list: (_, items) => items };
  const cloud = jira.flavor === "cloud";
  const resources = cloud
    ? resourcesOf("/rest/api/3", CLOUD_CHANGES)
    : resourcesOf("/rest/api/2", OLD_CHANGES);
  const search = searchOperation(cloud);
  const known = new Set(policy.endpoints.map(({ operation }) => operation.name));
  const through = (operation: string, body: unknown) => policy.answer(operation, 200, body);
  return {
    allows: (kind) => {
      if (kind === "users" || kind === "deleted") return true;
      return known.has(kind === "issues" ? search : resources[kind].operation);
    },
    issue: (issue) => itemsOf(membersOf(through(search, { issues: [issue] })).issues)[0],
    list(kind, items) {
      const { operation, wrap, unwrap } = resources[kind];
      return known.has(operation) ? itemsOf(unwrap(through(operation, wrap(items)))) : [];
    },
  };
}

/** The question itself is one that the policy allows. */
export async function admittedQuestion(
  cloud: boolean,
  policy: ExportPolicy | undefined,
  jql: string,
): Promise<string> {
  if (policy === undefined) return jql;
  const path = searchOperation(cloud).slice("GET ".length);
  const { query } = await policy.ask({ method: "GET", path, query: String(new URLSearchParams({ jql })) });
  return new URLSearchParams(query).get("jql") ?? jql;
}

const searchOperation = (cloud: boolean) => (cloud ? "GET /rest/api/3/search/jql" : "GET /rest/api/2/search");

const inMember = (name: string) => ({
  wrap: (items: readonly Json[]) => ({ [name]: items }),
  unwrap: (answer: unknown) => membersOf(answer)[name],
});
const plain = { wrap: (items: readonly Json[]) => items, unwrap: (answer: unknown) => answer };

const CLOUD_CHANGES = "/issue/{issueIdOrKey}/changelog";
/** Data Center tells changes with the issue alone. */
const OLD_CHANGES = "/issue/{issueIdOrKey}";

function resourcesOf(api: string, changes: string): Readonly<Record<Listed, Resource>> {
  const at = (path: string) => `GET ${api}${path}`;
  const cloud = changes === CLOUD_CHANGES;
  const histories = {
    wrap: (items: readonly Json[]) => ({ changelog: { histories: items } }),
    unwrap: (answer: unknown) => membersOf(membersOf(answer).changelog).histories,
  };
  return {
    comments: { operation: at("/issue/{issueIdOrKey}/comment"), ...inMember("comments") },
    worklogs: { operation: at("/issue/{issueIdOrKey}/worklog"), ...inMember("worklogs") },
    changelog: { operation: at(changes), ...(cloud ? inMember("values") : histories) },
    remotelinks: { operation: at("/issue/{issueIdOrKey}/remotelink"), ...plain },
    attachments: {
      operation: at("/attachment/{id}"),
      wrap: ([item]) => item,
      unwrap: (answer) => (answer === undefined ? [] : [answer]),
    },
    projects: cloud
      ? { operation: at("/project/search"), ...inMember("values") }
      : { operation: at("/project"), ...plain },
    sprints: { operation: "GET /rest/agile/1.0/board/{boardId}/sprint", ...inMember("values") },
    fields: { operation: at("/field"), ...plain },
  };
}

export function membersOf(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function itemsOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}
