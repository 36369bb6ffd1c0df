/**
 * What the sandbox's Jira knows: people, sites, projects and issues. Everything here is plain JSON, so that the
 * whole world can be saved and restored.
 *
 * Strings of records that the sandbox made itself hold `{base}` where an address of the site stands; whoever
 * answers a request puts the site's base URL there. Records that were loaded keep the addresses they came with.
 */
import type { Face } from "../face.ts";
import type { AdminWebhook, DynamicWebhook } from "../webhooks/registered.ts";

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
/** One record in the shape Jira's REST API gives it (version 2 where the versions differ). */
export type JiraRecord = { [name: string]: Json };

export type User = {
  name: string;
  key: string;
  accountId: string;
  displayName: string;
  emailAddress: string;
  password: string;
  active: boolean;
  timeZone: string;
  locale: string;
  groups: string[];
  admin: boolean;
};

export type Issue = {
  id: string;
  key: string;
  /**
   * The issue in version 2 shape: `expand`, `self`, `id`, `key`, `fields`. `fields.comment` and `fields.worklog`
   * are there only while the issue is as loaded; otherwise they are rendered from `comments` and `worklogs`.
   */
  raw: JiraRecord;
  /**
   * True while the issue is given back exactly as it was loaded: addresses are filled in where `{base}` stands,
   * nothing else is changed or added. Whoever changes the issue calls `changed()` of this module, after which everything is rendered.
   */
  loaded: boolean;
  /** Version 2 shape: `self`, `id`, `author`, `body`, `updateAuthor`, `created`, `updated`. */
  comments: JiraRecord[];
  worklogs: JiraRecord[];
  /** Histories, oldest first: `id`, `author`, `created`, `items`. */
  changelog: JiraRecord[];
  remoteLinks: JiraRecord[];
  properties: Record<string, Json>;
  projectId: string;
  created_ms: number;
  updated_ms: number;
};

export type Project = {
  id: string;
  key: string;
  /** Version 2 shape as `GET /rest/api/2/project/{key}` gives it: lead, components, versions, issueTypes, roles… */
  raw: JiraRecord;
  /** The names of the steps an issue may go through; a name of `Site.workflows`. */
  workflow: string;
  /** The number of the issue made last. */
  counter: number;
  /** True when `raw` is a loaded document: single and in lists it is given back as it is, no field added or left out. */
  loaded?: boolean;
  /** Who may see it: user names; absent = everybody who can log in. */
  members?: string[];
};

/** One step out of a status: `to` is a status id. */
export type Transition = { id: string; name: string; to: string };
/** For each status id the steps out of it; `""` is the status a new issue gets, with one transition "Create". */
export type Workflow = Record<string, Transition[]>;

export type ServiceDesk = {
  id: string;
  projectId: string;
  /** Version 1 shape of `/rest/servicedeskapi/requesttype` records, without `_links`. */
  requestTypes: JiraRecord[];
  /** For each request type id the fields of its form. */
  requestTypeFields: Record<string, JiraRecord[]>;
};

/** What makes an issue a customer request; `requests` of a site is keyed by issue id. */
export type CustomerRequest = {
  issueId: string;
  serviceDeskId: string;
  requestTypeId: string;
  reporter: string;
  /** Comment ids that customers do not see. */
  internalComments: string[];
  participants: string[];
};

/**
 * A document kept as it was recorded and served by GET at its path; ask `recordedAt()` of `recorded.ts` before
 * anything else. Issues, projects and the lists of statuses, priorities, fields and the like are not among them:
 * those are put into the site's own records and come back from there.
 */
export type Recorded = {
  /** From `/rest/` on, query included where the record's `self` had one, for example `/rest/agile/1.0/sprint/740`. */
  path: string;
  body: Json;
  /** True when `{base}` in it stands for the address of the site. */
  placeholder?: boolean;
};

export type Site = {
  /** `acme`, `globex` or `datacenter`. */
  id: string;
  face: Face;
  cloudId?: string;
  title: string;
  issues: Record<string, Issue>;
  projects: Record<string, Project>;
  /** Issue key to issue id; keys an issue had before a move stay in it. */
  keys: Record<string, string>;
  /** The next id of each kind (`issue`, `comment`, `worklog`, `history`, `project`, `link`, …); use `nextId()`. */
  counters: Record<string, number>;
  statuses: Record<string, JiraRecord>;
  statusCategories: Record<string, JiraRecord>;
  priorities: Record<string, JiraRecord>;
  issueTypes: Record<string, JiraRecord>;
  resolutions: Record<string, JiraRecord>;
  linkTypes: Record<string, JiraRecord>;
  /** By field id (`summary`, `customfield_10007`): the shape of `/rest/api/2/field`. */
  fields: Record<string, JiraRecord>;
  filters: Record<string, JiraRecord>;
  roles: Record<string, JiraRecord>;
  boards: Record<string, JiraRecord>;
  sprints: Record<string, JiraRecord>;
  /** User records met in loaded documents that are nobody of `World.users`, by key, name or accountId. */
  people: Record<string, JiraRecord>;
  workflows: Record<string, Workflow>;
  serviceDesks: Record<string, ServiceDesk>;
  requests: Record<string, CustomerRequest>;
  /** What users looked at, by user name: issue ids, the latest first, at most fifty. */
  viewed?: Record<string, string[]>;
  /** Worklogs that are no more, oldest first; absent = none were deleted. */
  deletedWorklogs?: { id: string; at_ms: number }[];
  /** Webhooks that apps and administrators registered. */
  webhooks?: DynamicWebhook[];
  adminWebhooks?: AdminWebhook[];
  /** Application links that were made over REST, by id; consumers are links too, and are kept with the accounts. */
  applicationLinks?: Record<string, JiraRecord>;
  /** The content of attachments by attachment id, base64; loaded attachments have none. */
  files?: Record<string, string>;
  /** By path. */
  recorded: Record<string, Recorded>;
};

export type World = {
  users: Record<string, User>;
  sites: Record<string, Site>;
  /** Counts every change; never goes back. */
  seq: number;
};

/** The next id of a kind on a site, as Jira writes it: a decimal number in a string. */
export function nextId(site: Site, kind: string): string {
  const next = site.counters[kind] ?? 10000;
  site.counters[kind] = next + 1;
  return String(next);
}

/** Call before changing an issue: it is rendered from its parts from now on, no longer given back as loaded. */
export function changed(world: World, issue: Issue, now_ms: number): void {
  world.seq++;
  issue.updated_ms = now_ms;
  if (!issue.loaded) return;
  issue.loaded = false;
  const fields = issue.raw.fields;
  if (fields === null || typeof fields !== "object" || Array.isArray(fields)) return;
  delete fields.comment;
  delete fields.worklog;
}

/** Notes that a user looked at an issue: JQL's `issueHistory()`. */
export function noteView(site: Site, user: string, issueId: string): void {
  site.viewed ??= {};
  const before = Object.hasOwn(site.viewed, user) ? (site.viewed[user] ?? []) : [];
  site.viewed[user] = [issueId, ...before.filter((id) => id !== issueId)].slice(0, 50);
}

/** The issue of an id or a key, in any letter case. */
export function findIssue(site: Site, idOrKey: string): Issue | undefined {
  // Names such as `constructor` are asked for too, and every object has one.
  if (Object.hasOwn(site.issues, idOrKey)) return site.issues[idOrKey];
  const key = Object.hasOwn(site.keys, idOrKey) ? idOrKey : idOrKey.toUpperCase();
  return Object.hasOwn(site.keys, key) ? site.issues[site.keys[key]!] : undefined;
}

/** The project of an id or a key. */
export function findProject(site: Site, idOrKey: string): Project | undefined {
  if (Object.hasOwn(site.projects, idOrKey)) return site.projects[idOrKey];
  const wanted = idOrKey.toUpperCase();
  return Object.values(site.projects).find((project) => project.key.toUpperCase() === wanted);
}

/** Puts an issue where `findIssue` finds it, replacing the one of the same id. */
export function putIssue(world: World, site: Site, issue: Issue): void {
  const before = site.issues[issue.id];
  if (before !== undefined && before.key !== issue.key && site.keys[before.key] === issue.id) {
    delete site.keys[before.key];
  }
  site.issues[issue.id] = issue;
  site.keys[issue.key] = issue.id;
  world.seq++;
}
