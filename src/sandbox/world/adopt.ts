/** Takes recorded records into a site and makes them live. */
import { addressOf } from "./address.ts";
import { isRecord } from "./classify.ts";
import {
  findIssue,
  findProject,
  type Issue,
  type JiraRecord,
  type Json,
  type Project,
  putIssue,
  type Site,
  type World,
} from "./model.ts";

const kindToRecords = {
  status: "statuses",
  statuscategory: "statusCategories",
  priority: "priorities",
  issuetype: "issueTypes",
  resolution: "resolutions",
  issueLinkType: "linkTypes",
  field: "fields",
  role: "roles",
  filter: "filters",
  board: "boards",
  sprint: "sprints",
} as const;

/** Puts a status, a priority, a field… among the site's own, in place of the one of its id. */
export function adoptRecord(site: Site, kind: string, record: JiraRecord): void {
  const records = kindToRecords[kind as keyof typeof kindToRecords];
  if (records !== undefined) site[records][String(record.id)] = record;
}

/** Makes a recorded project live, in place of the one of its id or key. */
export function adoptProject(world: World, site: Site, record: JiraRecord): void {
  const key = String(record.key);
  const before = findProject(site, key);
  const id = String(record.id);
  if (before !== undefined && before.id !== id) {
    for (const issue of Object.values(site.issues)) if (issue.projectId === before.id) issue.projectId = id;
    delete site.projects[before.id];
  }
  site.projects[id] = {
    id,
    key,
    raw: structuredClone(record),
    workflow: before?.workflow ?? "classic",
    counter: before?.counter ?? 0,
    loaded: true,
  };
  world.seq++;
}

/** Makes a recorded issue live; it is kept, not copied. A short one, without fields, never takes the place of a whole one. */
export function adoptIssue(world: World, site: Site, raw: JiraRecord, now_ms: number): void {
  const id = String(raw.id);
  const key = String(raw.key);
  const before = site.issues[id];
  if (before !== undefined && before.key === key && !isRecord(raw.fields) && isRecord(before.raw.fields))
    return;
  const fields = isRecord(raw.fields) ? raw.fields : {};
  const project = projectOf(world, site, key, fields);
  project.counter = Math.max(project.counter, Number(key.slice(key.lastIndexOf("-") + 1)));
  const issue: Issue = {
    id,
    key,
    raw,
    loaded: true,
    comments: listIn(fields.comment, "comments"),
    worklogs: listIn(fields.worklog, "worklogs"),
    changelog: listIn(raw.changelog, "histories"),
    remoteLinks: [],
    properties: isRecord(raw.properties) ? structuredClone(raw.properties) : {},
    projectId: project.id,
    created_ms: timeOf(fields.created) ?? now_ms,
    updated_ms: timeOf(fields.updated) ?? timeOf(fields.created) ?? now_ms,
  };
  if (before !== undefined && before.key !== key) stepAside(site, before);
  putIssue(world, site, issue);
  if (Number(id) >= (site.counters.issue ?? 0)) site.counters.issue = Number(id) + 1;
  for (const value of Object.values(fields)) adoptMentioned(site, value);
}

/** Two recordings may use one id for different issues: the later has the id, the earlier is still found by its key. */
function stepAside(site: Site, issue: Issue): void {
  const place = `${issue.id}.${issue.key}`;
  site.issues[place] = issue;
  site.keys[issue.key] = place;
}

function projectOf(world: World, site: Site, issueKey: string, fields: JiraRecord): Project {
  const key = issueKey.slice(0, issueKey.lastIndexOf("-"));
  const known = findProject(site, key);
  if (known !== undefined) return known;
  const mention = isRecord(fields.project) && fields.project.key === key ? fields.project : {};
  const asked = String(mention.id ?? "");
  // A project of another key may have the id already: another Jira counted it.
  const id = asked !== "" && site.projects[asked] === undefined ? asked : freeProjectId(site);
  const raw: JiraRecord = {
    self: `{base}/rest/api/2/project/${id}`,
    name: key,
    projectTypeKey: "software",
    ...structuredClone(mention),
    id,
    key,
  };
  const project: Project = { id, key, raw, workflow: "classic", counter: 0 };
  site.projects[id] = project;
  world.seq++;
  return project;
}

function freeProjectId(site: Site): string {
  let number = site.counters.project ?? 10_300;
  while (site.projects[number] !== undefined) number++;
  site.counters.project = number + 1;
  return String(number);
}

/** Records met inside an issue are learned when the site has none of their id. */
function adoptMentioned(site: Site, value: Json | undefined): void {
  if (Array.isArray(value)) {
    for (const one of value) if (isRecord(one)) adoptOne(site, one);
  } else if (isRecord(value)) {
    adoptOne(site, value);
  }
}

const mentionPath = /^\/rest\/api\/[^/]+\/(status|statuscategory|priority|issuetype|resolution)\/[^/]+$/;

function adoptOne(site: Site, record: JiraRecord): void {
  const path = addressOf(record);
  if (path === undefined) return;
  const kind = mentionPath.exec(path)?.[1] as keyof typeof kindToRecords | undefined;
  if (kind !== undefined && record.id !== undefined) {
    site[kindToRecords[kind]][String(record.id)] ??= record;
    adoptMentioned(site, record.statusCategory);
  } else if (/^\/rest\/api\/[^/]+\/user\?/.test(path)) {
    adoptPerson(site, record);
  }
}

function adoptPerson(site: Site, record: JiraRecord): void {
  const name = record.accountId ?? record.key ?? record.name;
  if (typeof name === "string") site.people[name] ??= record;
}

/** Adds a recorded comment, worklog or remote link to the issue it belongs to, when that issue is here. */
export function adoptPart(site: Site, issueIdOrKey: string, kind: string, record: JiraRecord): void {
  const issue = findIssue(site, issueIdOrKey);
  if (issue === undefined) return;
  const list = kind === "comment" ? issue.comments : kind === "worklog" ? issue.worklogs : issue.remoteLinks;
  const at = list.findIndex((one) => one.id === record.id);
  if (at < 0) list.push(structuredClone(record));
  else list[at] = structuredClone(record);
}

function listIn(holder: Json | undefined, name: string): JiraRecord[] {
  if (!isRecord(holder)) return [];
  const list = holder[name];
  return Array.isArray(list) ? (structuredClone(list.filter(isRecord)) as JiraRecord[]) : [];
}

function timeOf(value: Json | undefined): number | undefined {
  if (typeof value !== "string") return undefined;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}
