/** An answer without what belongs to other projects: issues, links to them, projects and what is theirs. */
import { ISSUE_KEY } from "./named.ts";

/** Where an issue is: the id of its project; undefined where nobody here may know. */
export type Whereabouts = (ref: string) => string | undefined;

const DEEPEST = 64;
const ISSUE_SELF = /\/issue\/(\d{1,20})(?:\/|$)/;
const PROJECT_SELF = /\/rest\/api\/[^/]+\/project\/(\d{1,20})$/;

type Members = Readonly<Record<string, unknown>>;

/** The issues of an answer that do not say themselves which project they are of. */
export function issuesToLookUp(value: unknown, depth = 0, found = new Set<string>()): ReadonlySet<string> {
  if (typeof value !== "object" || value === null || depth > DEEPEST) return found;
  if (Array.isArray(value)) {
    for (const item of value) issuesToLookUp(item, depth + 1, found);
    return found;
  }
  const members = value as Members;
  if (ownProject(members) === undefined) for (const ref of issuesOf(members)) found.add(ref);
  for (const member of Object.values(members)) issuesToLookUp(member, depth + 1, found);
  return found;
}

/** The same answer without what is outside; undefined where all of it is. */
export function onlyInside(
  value: unknown,
  allowed: ReadonlySet<string>,
  whereabouts: Whereabouts,
  depth = 0,
): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > DEEPEST) return undefined;
  if (Array.isArray(value)) {
    return value
      .map((item) => onlyInside(item, allowed, whereabouts, depth + 1))
      .filter((item) => item !== undefined);
  }
  const members = value as Members;
  if (isOutside(members, allowed, whereabouts)) return undefined;
  const out: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(members)) {
    if (name === "__proto__") continue;
    const isProject = name === "project" && isRecord(member) && member.id !== undefined;
    const kept =
      isProject && !allowed.has(String(member.id))
        ? undefined
        : onlyInside(member, allowed, whereabouts, depth + 1);
    // A link of which one end is hidden says that there is something to hide.
    if (kept === undefined && /^(in|out)wardIssue$/.test(name)) return undefined;
    if (kept !== undefined) out[name] = kept;
  }
  return out;
}

function isOutside(members: Members, allowed: ReadonlySet<string>, whereabouts: Whereabouts): boolean {
  const { projectId, scope, self } = members;
  if ((typeof projectId === "string" || typeof projectId === "number") && !allowed.has(String(projectId)))
    return true;
  if (isRecord(scope) && isRecord(scope.project) && !allowed.has(String(scope.project.id))) return true;
  const project = typeof self === "string" ? PROJECT_SELF.exec(self)?.[1] : undefined;
  if (project !== undefined && !allowed.has(project)) return true;
  const own = ownProject(members);
  if (own !== undefined) return !allowed.has(own);
  return issuesOf(members).some((ref) => {
    const found = whereabouts(ref);
    return found === undefined || !allowed.has(found);
  });
}

/** The project that an issue names itself. */
function ownProject({ fields, key }: Members): string | undefined {
  if (typeof key !== "string" || !isRecord(fields) || !isRecord(fields.project)) return undefined;
  const { id } = fields.project;
  return typeof id === "string" || typeof id === "number" ? String(id) : undefined;
}

/** The issues that an object is, or is a part of: one that says two things must be right about both. */
function issuesOf(members: Members): string[] {
  const { id, key, issueId, issueKey, self, fields } = members;
  const found: string[] = [];
  const isIssue =
    (typeof key === "string" && ISSUE_KEY.test(key)) || (isRecord(fields) && typeof id === "string");
  if (isIssue) found.push(/^\d{1,20}$/.test(String(id)) ? String(id) : String(key));
  if (/^\d{1,20}$/.test(String(issueId ?? ""))) found.push(String(issueId));
  else if (typeof issueKey === "string") found.push(issueKey);
  const owner = typeof self === "string" && !isIssue ? ISSUE_SELF.exec(self)?.[1] : undefined;
  if (owner !== undefined) found.push(owner);
  return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
