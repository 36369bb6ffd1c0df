/** A project in the shape Jira gives it. */
import { jiraDay } from "./dice.ts";
import { type JiraRecord, nextId, type Project, type Site, type User } from "./model.ts";
import { personRecord } from "./people.ts";
import type { ProjectPlan } from "./stories.ts";

const typeNames: Readonly<Record<ProjectPlan["kind"], readonly string[]>> = {
  software: ["Bug", "Task", "Sub-task", "Epic", "Story"],
  classic: ["Bug", "Task", "Sub-task"],
  desk: ["IT Help", "Fault"],
};

const day_ms = 86_400_000;

/** Makes a project from its plan and puts it on the site, without issues. */
export function makeProject(
  site: Site,
  plan: ProjectPlan,
  users: Readonly<Record<string, User>>,
  today_ms: number,
): Project {
  const { id, key, name, description, kind } = plan;
  const lead = personRecord(users[plan.lead]!, site.face === "cloud");
  const project: Project = {
    id,
    key,
    workflow: kind,
    counter: 0,
    raw: {
      expand: "description,lead,issueTypes,url,projectKeys",
      self: `{base}/rest/api/2/project/${id}`,
      id,
      key,
      description,
      lead,
      components: componentsOf(site, plan),
      issueTypes: Object.values(site.issueTypes)
        .filter((type) => typeNames[kind].includes(String(type.name)))
        .map((type) => ({ ...type })),
      assigneeType: "UNASSIGNED",
      versions: versionsOf(site, plan, today_ms),
      name,
      roles: { Administrators: `{base}/rest/api/2/project/${id}/role/10002` },
      avatarUrls: projectAvatars(id, 10324 + (Number(id) % 20)),
      projectTypeKey: kind === "desk" ? "service_desk" : "software",
    },
  };
  site.projects[id] = project;
  return project;
}

function componentsOf(site: Site, plan: ProjectPlan): JiraRecord[] {
  return plan.components.map((name) => {
    const id = nextId(site, "component");
    return {
      self: `{base}/rest/api/2/component/${id}`,
      id,
      name,
      assigneeType: "PROJECT_DEFAULT",
      isAssigneeTypeValid: false,
      project: plan.key,
      projectId: Number(plan.id),
    };
  });
}

/** Released two months apart; the last one is still to come. */
function versionsOf(site: Site, plan: ProjectPlan, today_ms: number): JiraRecord[] {
  return plan.versions.map((name, index) => {
    const id = nextId(site, "version");
    const before = plan.versions.length - 1 - index;
    return {
      self: `{base}/rest/api/2/version/${id}`,
      id,
      name,
      archived: false,
      released: before > 0,
      releaseDate: jiraDay(today_ms + (30 - before * 60) * day_ms),
      projectId: Number(plan.id),
    };
  });
}

/** The pictures of a project, by size. */
export function projectAvatars(projectId: string, avatarId: number): JiraRecord {
  const of = (size: string) => `{base}/secure/projectavatar?${size}pid=${projectId}&avatarId=${avatarId}`;
  return {
    "48x48": of(""),
    "24x24": of("size=small&"),
    "16x16": of("size=xsmall&"),
    "32x32": of("size=medium&"),
  };
}

/** A project as it stands inside an issue. */
export function projectMention({ raw }: Project): JiraRecord {
  const { self, id, key, name, projectTypeKey, avatarUrls } = raw;
  const mention = { self, id, key, name, projectTypeKey, avatarUrls };
  return Object.fromEntries(Object.entries(mention).filter(([, value]) => value !== undefined)) as JiraRecord;
}
