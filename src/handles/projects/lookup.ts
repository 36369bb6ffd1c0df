/** Asks Jira where an issue is, and which project a key means, with the connection's own rights. */
import { type ErrorCode, isLatchkeyError } from "../../errors.ts";
import type { Connection } from "../../vault/index.ts";
import type { SiteReader } from "../policy-site.ts";

export type Issue = { readonly id: string; readonly project_id: string };
export type Project = { readonly id: string; readonly key: string };

export type Lookup = {
  /** @param fresh What was read before does not count: an issue may have moved. */
  issue(connection: Connection, ref: string, fresh: boolean): Promise<Issue | undefined>;
  project(connection: Connection, ref: string): Promise<Project | undefined>;
  /** The project of a service desk. */
  desk(connection: Connection, ref: string): Promise<string | undefined>;
  /** The two issues of a link. */
  link(connection: Connection, id: string): Promise<readonly string[] | undefined>;
};

/** An issue that moves is found at its new place after so long. */
const FRESH_MS = 10_000;
const MOST = 5_000;
const PLAIN = /^[A-Za-z0-9_-]{1,300}$/;

export function createLookup(reader: SiteReader, now: () => number): Lookup {
  const issues = new Map<string, { readonly issue: Issue; readonly at: number }>();
  const read = async (connection: Connection, path: string): Promise<Record<string, unknown> | undefined> => {
    const jira = await reader(connection);
    try {
      const json = (await jira.request({ path, expects: ABSENT })).json();
      return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : undefined;
    } catch (thrown) {
      if (isLatchkeyError(thrown) && ABSENT.includes(thrown.code)) return undefined;
      throw thrown;
    }
  };
  const api = (connection: Connection) => `/rest/api/${connection.flavor === "cloud" ? 3 : 2}`;
  return {
    async issue(connection, ref, fresh) {
      if (!PLAIN.test(ref)) return undefined;
      const name = `${connection.id} ${ref.toUpperCase()}`;
      const known = issues.get(name);
      if (!fresh && known && now() - known.at < FRESH_MS) return known.issue;
      issues.delete(name);
      const json = await read(connection, `${api(connection)}/issue/${ref}?fields=project`);
      const project = (json?.fields as { project?: { id?: unknown } } | undefined)?.project;
      if (json?.id === undefined || project?.id === undefined) return undefined;
      const issue = { id: String(json.id), project_id: String(project.id) };
      issues.set(name, { issue, at: now() });
      if (issues.size > MOST) issues.delete(issues.keys().next().value ?? "");
      return issue;
    },
    async project(connection, ref) {
      if (!PLAIN.test(ref)) return undefined;
      const json = await read(connection, `${api(connection)}/project/${ref}`);
      return json?.id === undefined ? undefined : { id: String(json.id), key: String(json.key) };
    },
    async desk(connection, ref) {
      if (!PLAIN.test(ref)) return undefined;
      const json = await read(connection, `/rest/servicedeskapi/servicedesk/${ref}`);
      return json?.projectId === undefined ? undefined : String(json.projectId);
    },
    async link(connection, id) {
      if (!PLAIN.test(id)) return undefined;
      const json = await read(connection, `${api(connection)}/issueLink/${id}`);
      const ends = [json?.inwardIssue, json?.outwardIssue] as ({ id?: unknown; key?: unknown } | undefined)[];
      const refs = ends.map((end) => end?.id ?? end?.key);
      return refs.every((ref) => ref !== undefined) ? refs.map(String) : undefined;
    },
  };
}

const ABSENT: readonly ErrorCode[] = ["jira_not_found", "jira_forbidden", "jira_bad_request", "jira_gone"];
