/** One REST call as the resources see it: who asks, which site, which version, and readers of parameters. */
import type { Identity } from "../auth/identity.ts";
import { json, type Sandbox, type SandboxRequest, type SandboxResponse } from "../message.ts";
import type { Happening } from "../webhooks/happening.ts";
import {
  findIssue,
  findProject,
  type Issue,
  type JiraRecord,
  type Json,
  type Project,
  type Site,
  type User,
  type World,
} from "../world/model.ts";
import { badRequest, JiraError, notFound } from "./refuse.ts";

export type Call = {
  readonly request: SandboxRequest;
  readonly sandbox: Sandbox;
  readonly site: Site;
  readonly world: World;
  /** What `self` links begin with. */
  readonly base: string;
  /** The version as asked for: `2`, `3`, `latest`; `1` or `1.0` outside `/rest/api`. */
  readonly version: string;
  /** Version 3 of the Jira API: rich text is a document, not wiki text. */
  readonly adf: boolean;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly identity: Identity;
  /** Absent for anonymous. */
  readonly user: User | undefined;
  /** Milliseconds, by the sandbox's clock. */
  readonly now: number;
  /** What this call did, for webhooks; told once the call has been answered. */
  readonly happenings: Happening[];
};

export type Resource = (call: Call) => SandboxResponse | undefined | Promise<SandboxResponse | undefined>;
/** Method, pattern below the site's base, resource. `{version}` of `/rest/api` is `2`, `3` or `latest`. */
export type Row = readonly [method: string, pattern: string, resource: Resource];

/** A JSON answer, 200 unless told otherwise. */
export function ok(value: unknown, status = 200): SandboxResponse {
  return json(status, value);
}

/** The value of a switch-like query parameter. */
export function flag(call: Call, name: string): boolean {
  return call.query.get(name) === "true";
}

/** A whole number from the query, `fallback` when absent; 400 where it is none. */
export function wholeNumber(call: Call, name: string, fallback: number): number {
  const text = call.query.get(name);
  if (text === null || text === "") return fallback;
  if (!/^-?\d{1,10}$/.test(text)) {
    throw badRequest(`The value '${text.slice(0, 100)}' of the parameter '${name}' is not a valid number.`);
  }
  return Number(text);
}

/** Names of a comma-separated, repeatable parameter. */
export function listed(call: Call, name: string): string[] {
  return call.query.getAll(name).flatMap(commaList);
}

/** The parts of a comma-separated text, without blanks. */
export function commaList(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** The JSON object of the body; 400 where it is none. */
export function bodyObject(call: Call): JiraRecord {
  const body = call.request.json();
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as JiraRecord;
  if (call.request.body.length === 0) throw badRequest("No content to map to Object due to end of input");
  throw badRequest("There was an error parsing JSON. Check that your request body is valid.");
}

/** 401 for anonymous, in Jira's words. */
export function signedIn(call: Call): User {
  if (call.user !== undefined) return call.user;
  throw new JiraError(401, ["You are not authenticated. Authentication required to perform this operation."]);
}

/** Whether the caller may see a project: signed in, and a member where membership is limited. */
export function maySee(call: Call, project: Project | undefined): boolean {
  const { user } = call;
  if (user === undefined) return false;
  if (project?.members === undefined) return true;
  return user.admin || project.members.includes(user.name);
}

/** The projects the caller may see. */
export function visibleProjects(call: Call): Project[] {
  return Object.values(call.site.projects).filter((project) => maySee(call, project));
}

/** An entry of a table by a name that came from outside: what every object inherits is no entry. */
export function entry<T>(table: Readonly<Record<string, T>>, name: string | undefined): T | undefined {
  return name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
}

const ISSUE_NAME = /^(?:\d+|[a-z][a-z0-9_]*-\d+)$/i;

/** The issue of an id or key that came from outside, whoever may see it. */
export function issueCalled(call: Call, name: string): Issue | undefined {
  return ISSUE_NAME.test(name) ? findIssue(call.site, name) : undefined;
}

/** The project of an id or key that came from outside, whoever may see it. */
export function projectCalled(call: Call, name: string): Project | undefined {
  return Object.hasOwn(Object.prototype, name) ? undefined : findProject(call.site, name);
}

/** The issue of a path parameter, by id or key in any letter case; 404 where the caller may not see it. */
export function issueParam(call: Call, name = "issue"): Issue {
  const issue = issueCalled(call, call.params[name] ?? "");
  if (issue !== undefined && maySee(call, call.site.projects[issue.projectId])) return issue;
  if (call.site.face === "cloud")
    throw notFound("Issue does not exist or you do not have permission to see it.");
  if (issue !== undefined && call.user === undefined) {
    throw new JiraError(401, [
      "You do not have the permission to see the specified issue.",
      "Login Required",
    ]);
  }
  if (issue !== undefined)
    throw new JiraError(403, ["You do not have the permission to see the specified issue."]);
  throw notFound("Issue Does Not Exist");
}

/** The project of a path parameter; 404 where the caller may not see it. */
export function projectParam(call: Call, name = "project"): Project {
  const text = call.params[name] ?? "";
  const project = projectCalled(call, text);
  if (project !== undefined && maySee(call, project)) return project;
  throw notFound(
    /^\d+$/.test(text)
      ? `No project could be found with id '${text}'.`
      : `No project could be found with key '${text}'.`,
  );
}

/** A Jira timestamp in UTC: `2021-01-17T12:34:00.000+0000`. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "+0000");
}

/** Whether a value is a JSON object, not a list. */
export function isObject(value: unknown): value is JiraRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A member of a JSON object as text, `""` where it is none. */
export function textOf(value: Json | undefined): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

const BASE = "{base}";

/** An address of the world's records as this call sees it. */
export function address(call: Call, text: string): string {
  if (!text.startsWith(BASE)) return text;
  const path = text.slice(BASE.length);
  return call.base + (call.adf && path.startsWith("/rest/api/2/") ? `/rest/api/3/${path.slice(12)}` : path);
}
