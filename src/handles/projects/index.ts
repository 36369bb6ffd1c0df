/**
 * A handle limited to projects: what it names is looked up before the call, what it would change is looked up anew,
 * and what Jira answers is looked through. The project of an issue counts, and never the text of its key.
 */
import { LatchkeyError } from "../../errors.ts";
import type { Connection } from "../../vault/index.ts";
import type { ProjectLimit } from "../model.ts";
import type { SiteReader } from "../policy-site.ts";
import { issuesToLookUp, onlyInside } from "./answer.ts";
import { withinProjects } from "./jql.ts";
import { createLookup, type Lookup, type Project } from "./lookup.ts";
import { namedIn } from "./named.ts";
import { type Reach, reachOf } from "./reach.ts";
import { type Fields, withProject } from "./selection.ts";

export type ProjectCall = {
  readonly method: string;
  /** Below the site's base, as it would be sent. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly body: unknown;
  /** A policy has admitted its parameters, `expand` among them. */
  readonly ruled: boolean;
};

export type Guarded = {
  readonly request: Pick<ProjectCall, "path" | "query" | "body">;
  /** The answer without what is outside. @throws forbidden where that is all of it */
  after(status: number, json: unknown): Promise<unknown>;
};

export type Projects = {
  /** @throws forbidden for what is outside, or cannot surely be told to be inside */
  before(connection: Connection, limits: readonly ProjectLimit[], call: ProjectCall): Promise<Guarded>;
  /** The project that a key or id means at a site. */
  find(connection: Connection, keyOrId: string): Promise<Project | undefined>;
};

/** So many issues of one answer are looked up one by one; those beyond are taken to be outside. */
const MOST_LOOKUPS = 200;
const AT_ONCE = 8;

export function createProjects(parts: { readonly reader: SiteReader; readonly now: () => number }): Projects {
  const lookup = createLookup(parts.reader, parts.now);
  return {
    find: (connection, keyOrId) => lookup.project(connection, keyOrId),
    async before(connection, limits, call) {
      const own = limits.filter(({ connection_id }) => connection_id === connection.id);
      const allowed = new Set(own.map(({ id }) => id));
      const flavor = connection.flavor === "cloud" ? "cloud" : "datacenter";
      const reach = reachOf(flavor, call.method, call.path);
      if (!reach || allowed.size === 0) throw outside("This resource is not one of a project.");
      const guard = {
        lookup,
        connection,
        allowed,
        call,
        writes: call.method !== "GET" && call.method !== "HEAD",
      };
      refuseExpand(call);
      const path = await pathOf(guard, reach);
      const body = await bodyOf(guard, reach);
      const held = heldTo(guard, reach, { query: call.query, body });
      return {
        request: { path, query: held.query, body: held.body },
        after: async (status, json) => (status >= 300 ? json : held.shown(await inside(guard, json))),
      };
    },
  };
}

type Guard = {
  readonly lookup: Lookup;
  readonly connection: Connection;
  readonly allowed: ReadonlySet<string>;
  readonly call: ProjectCall;
  readonly writes: boolean;
};

function refuseExpand({ ruled, query, body }: ProjectCall): void {
  const asked = new URLSearchParams(query).has("expand");
  const inBody = typeof body === "object" && body !== null && Object.hasOwn(body, "expand");
  if (ruled || !(asked || inBody)) return;
  throw outside("The parameter expand may bring in what is of other projects.", "Leave expand out.");
}

/** The path with the id of what was looked up in it: a key could mean another issue a moment later. */
async function pathOf(guard: Guard, reach: Reach): Promise<string> {
  const { lookup, connection, call } = guard;
  const segments = call.path.split("/");
  const at = "at" in reach ? reach.at + 1 : -1;
  const given = at < 0 ? "" : decodeURIComponent(segments[at] ?? "");
  if (reach.kind === "issue") segments[at] = (await demandIssue(guard, given)).id;
  if (reach.kind === "project") segments[at] = await demandProject(guard, given);
  if (reach.kind === "desk") {
    const project = await lookup.desk(connection, given);
    if (project === undefined || !guard.allowed.has(project))
      throw outside("The service desk is not of a project of this handle.");
  }
  if (reach.kind === "known-link") {
    const ends = await lookup.link(connection, decodeURIComponent(segments.at(-1) ?? ""));
    if (!ends) throw outside("The link is not between issues of this handle.");
    for (const end of ends) await demandIssue(guard, end);
  }
  return segments.join("/");
}

async function demandIssue(guard: Guard, ref: string) {
  const found = await guard.lookup.issue(guard.connection, ref, guard.writes);
  // The same words for what is elsewhere and for what is nowhere: a handle is no way to find out.
  if (!found || !guard.allowed.has(found.project_id))
    throw outside("The issue is not of a project of this handle.");
  return found;
}

async function demandProject(guard: Guard, ref: string): Promise<string> {
  const found = await guard.lookup.project(guard.connection, ref);
  if (!found || !guard.allowed.has(found.id)) throw outside("The project is not one of this handle.");
  return found.id;
}

/** Everything a body names must be inside; the project of a new issue is written as its id. */
async function bodyOf(guard: Guard, reach: Reach): Promise<unknown> {
  const { body } = guard.call;
  if (body === undefined || reach.kind === "search") return body;
  const named = namedIn(body);
  for (const ref of named.issues) await demandIssue(guard, ref);
  for (const ref of named.perhaps) {
    const found = await guard.lookup.issue(guard.connection, ref, true);
    if (found && !guard.allowed.has(found.project_id))
      throw outside("The body names an issue of another project.");
  }
  for (const ref of named.desks) {
    const project = await guard.lookup.desk(guard.connection, ref);
    if (project === undefined || !guard.allowed.has(project))
      throw outside("The service desk is not of a project of this handle.");
  }
  const projects = new Set<string>();
  for (const ref of named.projects) projects.add(await demandProject(guard, ref));
  if (reach.kind === "request" && named.desks.size === 0) throw outside("The body names no service desk.");
  if (reach.kind === "link" && named.issues.size < 2) throw outside("The body does not name two issues.");
  if (reach.kind !== "create") return body;
  const [id] = projects;
  const fields = (body as { fields?: unknown } | null)?.fields;
  if (id === undefined || projects.size > 1 || typeof fields !== "object" || fields === null)
    throw outside("The body names no project, or several.");
  return { ...(body as object), fields: { ...fields, project: { id } } };
}

type Held = { readonly query: string; readonly body: unknown; shown(json: unknown): unknown };

/** A search is joined with the projects; whatever answers issues is asked for their projects too. */
function heldTo({ allowed, call }: Guard, reach: Reach, given: Pick<ProjectCall, "query" | "body">): Held {
  const plain: Held = { ...given, shown: (json) => json };
  const query = new URLSearchParams(given.query);
  if (reach.kind === "issue" && call.method === "GET" && /\/issue\/[^/]+$/.test(call.path)) {
    return { ...plain, ...inQuery(query) };
  }
  if (reach.kind !== "search") return plain;
  if (call.method === "POST") {
    const body = (given.body ?? {}) as Readonly<Record<string, unknown>>;
    const { jql = "", fields } = body;
    const list = fields === undefined || isTexts(fields) ? (fields as Fields) : undefined;
    if (typeof jql !== "string" || (fields !== undefined && list === undefined))
      throw outside("The body is not that of a search.");
    const counts = call.path.endsWith("/approximate-count");
    const { asked, shown } = withProject(list, call.path.endsWith("/search/jql"));
    const selected = counts || asked === undefined ? {} : { fields: asked };
    return {
      query: given.query,
      body: { ...body, jql: withinProjects(jql, [...allowed]), ...selected },
      shown,
    };
  }
  if (query.getAll("jql").length > 1) throw outside("The query is given twice.");
  query.set("jql", withinProjects(query.get("jql") ?? "", [...allowed]));
  return { ...plain, ...inQuery(query, call.path.endsWith("/search/jql")) };
}

function inQuery(query: URLSearchParams, ids_only = false): Pick<Held, "query" | "shown"> {
  const given = query.has("fields") ? query.getAll("fields").flatMap((text) => text.split(",")) : undefined;
  const { asked, shown } = withProject(given, ids_only);
  query.delete("fields");
  if (asked) query.set("fields", asked.join(","));
  return { query: query.toString(), shown };
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

async function inside({ lookup, connection, allowed }: Guard, json: unknown): Promise<unknown> {
  const refs = [...issuesToLookUp(json)].slice(0, MOST_LOOKUPS);
  const known = new Map<string, string>();
  const next = async (): Promise<void> => {
    for (let ref = refs.pop(); ref !== undefined; ref = refs.pop()) {
      const found = await lookup.issue(connection, ref, false);
      if (found) known.set(ref, found.project_id);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  const kept = onlyInside(json, allowed, (ref) => known.get(ref));
  if (kept === undefined) throw outside("The answer is not of a project of this handle.");
  return kept;
}

function outside(
  what: string,
  fix = "Ask for what is of the handle's projects, or create a handle with others.",
): LatchkeyError {
  return new LatchkeyError("forbidden", what, { fix });
}
