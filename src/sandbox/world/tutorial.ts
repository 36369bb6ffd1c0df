/** The tutorial's project: Jira Junior, with the issue about its logo exactly as Atlassian's tutorial shows it. */
import { readFileSync } from "node:fs";
import { jiraDate } from "./dice.ts";
import { describeIssue } from "./issue.ts";
import { embed } from "./metadata.ts";
import { type Issue, type JiraRecord, type Project, putIssue, type Site, type World } from "./model.ts";
import { personRecord } from "./people.ts";
import { projectAvatars } from "./project.ts";

let text: string | undefined;

/** A fresh copy of the tutorial's JSON, its host replaced by the placeholder. */
function tutorialIssue(): JiraRecord {
  text ??= readFileSync(new URL("../data/JJ-2.json", import.meta.url), "utf8").replaceAll(
    /https:\/\/example-dev1\.atlassian\.net(?::\d+)?/g,
    "{base}",
  );
  return JSON.parse(text) as JiraRecord;
}

/** Puts project JJ with JJ-1 and JJ-2 on a site. */
export function addTutorial(world: World, site: Site): void {
  const raw = tutorialIssue();
  const fields = raw.fields as JiraRecord;
  const project = makeJuniorProject(world, site, fields.project as JiraRecord);
  putIssue(world, site, makeFun(world, site, project));
  const { comments } = fields.comment as { comments: JiraRecord[] };
  putIssue(world, site, {
    id: String(raw.id),
    key: String(raw.key),
    raw,
    loaded: true,
    comments: comments.map((comment) => ({ ...comment })),
    worklogs: [],
    changelog: [],
    remoteLinks: [],
    properties: {},
    projectId: project.id,
    created_ms: Date.parse(String(fields.created)),
    updated_ms: Date.parse(String(fields.updated)),
  });
}

function makeJuniorProject(world: World, site: Site, mention: JiraRecord): Project {
  const { self, id, key, name } = mention;
  const project: Project = {
    id: String(id),
    key: String(key),
    workflow: "classic",
    counter: 2,
    raw: {
      expand: "description,lead,issueTypes,url,projectKeys",
      self: self!,
      id: id!,
      key: key!,
      description: "Jira for the youngest of the team.",
      lead: personRecord(world.users.admin!, site.face === "cloud"),
      components: [],
      issueTypes: ["1", "3", "5"].map((type) => ({ ...site.issueTypes[type] })),
      assigneeType: "UNASSIGNED",
      versions: [],
      name: name!,
      roles: { Administrators: `{base}/rest/api/2/project/${String(id)}/role/10002` },
      avatarUrls: projectAvatars(String(id), 10700),
      projectTypeKey: "software",
    },
  };
  site.projects[project.id] = project;
  return project;
}

function makeFun(world: World, site: Site, project: Project): Issue {
  const created_ms = Date.parse("2013-05-28T09:12:40.118+10:00");
  const done_ms = Date.parse("2013-06-03T10:02:11.540+10:00");
  const issue = describeIssue(site, {
    id: "10299",
    key: "JJ-1",
    project,
    type: site.issueTypes["3"]!,
    summary: "Tell everybody how enjoyable Jira is",
    description: "Put a note about it where the whole team walks past.",
    priority: site.priorities["4"]!,
    status: site.statuses["1"]!,
    reporter: world.users.admin!,
    assignee: world.users.william!,
    created_ms,
  });
  const fields = issue.raw.fields as JiraRecord;
  const [open, resolved] = [site.statuses["1"]!, site.statuses["5"]!];
  fields.status = embed(resolved);
  fields.resolution = embed(site.resolutions["10000"]);
  fields.resolutiondate = jiraDate(done_ms);
  fields.updated = jiraDate(done_ms);
  issue.updated_ms = done_ms;
  issue.changelog.push({
    id: "10010",
    author: personRecord(world.users.william!, site.face === "cloud"),
    created: jiraDate(done_ms),
    items: [
      {
        field: "status",
        fieldtype: "jira",
        fieldId: "status",
        from: open.id!,
        fromString: open.name!,
        to: resolved.id!,
        toString: resolved.name!,
      } as unknown as JiraRecord,
    ],
  });
  return issue;
}
