/** A new issue in the shape Jira gives it, before anything has happened to it. */
import { jiraDate } from "./dice.ts";
import { embed } from "./metadata.ts";
import type { Issue, JiraRecord, Json, Project, Site, User } from "./model.ts";
import { personRecord } from "./people.ts";
import { projectMention } from "./project.ts";

export type IssueDraft = {
  readonly id: string;
  readonly key: string;
  readonly project: Project;
  readonly type: JiraRecord;
  readonly summary: string;
  readonly description: string | null;
  readonly priority: JiraRecord;
  readonly status: JiraRecord;
  readonly reporter: User;
  readonly assignee: User | undefined;
  readonly created_ms: number;
};

/** The issue with every field a fresh one has; `comment` and `worklog` are rendered from its parts. */
export function describeIssue(site: Site, draft: IssueDraft): Issue {
  const { id, key, created_ms } = draft;
  const fields = freshFields(draft, site.face === "cloud");
  for (const [name, field] of Object.entries(site.fields)) if (field.custom === true) fields[name] = null;
  return {
    id,
    key,
    raw: {
      expand: "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
      id,
      self: `{base}/rest/api/2/issue/${id}`,
      key,
      fields: fields as Json,
    },
    loaded: false,
    comments: [],
    worklogs: [],
    changelog: [],
    remoteLinks: [],
    properties: {},
    projectId: draft.project.id,
    created_ms,
    updated_ms: created_ms,
  };
}

function freshFields(draft: IssueDraft, cloud: boolean): JiraRecord {
  const reporter = personRecord(draft.reporter, cloud);
  const at = jiraDate(draft.created_ms);
  return {
    issuetype: embed(draft.type),
    project: projectMention(draft.project),
    summary: draft.summary,
    description: draft.description,
    status: embed(draft.status),
    priority: embed(draft.priority),
    resolution: null,
    resolutiondate: null,
    assignee: draft.assignee === undefined ? null : personRecord(draft.assignee, cloud),
    reporter,
    creator: reporter,
    created: at,
    updated: at,
    lastViewed: null,
    duedate: null,
    environment: null,
    labels: [],
    components: [],
    versions: [],
    fixVersions: [],
    issuelinks: [],
    subtasks: [],
    attachment: [],
    timespent: null,
    timeestimate: null,
    timeoriginalestimate: null,
    aggregatetimespent: null,
    aggregatetimeestimate: null,
    aggregatetimeoriginalestimate: null,
    timetracking: {},
    workratio: -1,
    progress: { progress: 0, total: 0 },
    aggregateprogress: { progress: 0, total: 0 },
    votes: { self: `{base}/rest/api/2/issue/${draft.key}/votes`, votes: 0, hasVoted: false },
    watches: { self: `{base}/rest/api/2/issue/${draft.key}/watchers`, watchCount: 0, isWatching: false },
  };
}
