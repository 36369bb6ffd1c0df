/** Projects, their components, versions and statuses. */

import { embed } from "../world/metadata.ts";
import type { JiraRecord, Json, Project } from "../world/model.ts";
import { type Call, isObject, listed, ok, projectParam, type Row, visibleProjects } from "./call.ts";
import { classicPage } from "./page.ts";
import { notFound } from "./refuse.ts";
import { asLoaded, rendered } from "./render.ts";

const DETAILS = [
  "components",
  "versions",
  "issueTypes",
  "roles",
  "description",
  "lead",
  "assigneeType",
  "url",
];

/** A project as lists show it: without its parts, unless they are asked for. */
function listedProject(call: Call, project: Project, expand: readonly string[]): JiraRecord {
  const shown = wholeProject(call, project, []);
  if (project.loaded === true) return shown;
  for (const part of DETAILS) if (!expand.includes(part)) delete shown[part];
  if (expand.includes("insight")) shown.insight = insight(call, project);
  return shown;
}

/** A project on its own. */
function wholeProject(call: Call, project: Project, expand: readonly string[]): JiraRecord {
  const shown = (
    project.loaded === true ? asLoaded(call, project.raw) : rendered(call, project.raw)
  ) as JiraRecord;
  if (expand.includes("insight")) shown.insight = insight(call, project);
  return shown;
}

function insight(call: Call, project: Project): JiraRecord {
  const issues = Object.values(call.site.issues).filter((issue) => issue.projectId === project.id);
  const last = Math.max(0, ...issues.map((issue) => issue.updated_ms));
  return {
    totalIssueCount: issues.length,
    lastIssueUpdateTime: new Date(last).toISOString().replace("Z", "+0000"),
  };
}

function partsOf(project: Project, part: "components" | "versions"): JiraRecord[] {
  const parts = project.raw[part];
  return Array.isArray(parts) ? parts.filter(isObject) : [];
}

function byKey(projects: Project[]): Project[] {
  return projects.sort((a, b) => (a.key < b.key ? -1 : 1));
}

function searched(call: Call): Project[] {
  const text = (call.query.get("query") ?? "").toLowerCase();
  const ids = call.query.getAll("id");
  const keys = call.query.getAll("keys");
  const types = listed(call, "typeKey");
  const found = byKey(visibleProjects(call)).filter(
    (project) =>
      (text === "" ||
        project.key.toLowerCase().includes(text) ||
        String(project.raw.name).toLowerCase().includes(text)) &&
      (ids.length === 0 || ids.includes(project.id)) &&
      (keys.length === 0 || keys.includes(project.key)) &&
      (types.length === 0 || types.includes(String(project.raw.projectTypeKey ?? "software"))),
  );
  const order = call.query.get("orderBy") ?? "key";
  const by = (project: Project): string =>
    order.endsWith("name") ? String(project.raw.name).toLowerCase() : project.key;
  found.sort((a, b) => (by(a) < by(b) ? -1 : by(a) > by(b) ? 1 : 0));
  return order.startsWith("-") ? found.reverse() : found;
}

function statusesByType(call: Call, project: Project): Json[] {
  const workflow = call.site.workflows[project.workflow] ?? {};
  const ids = Object.keys(workflow).filter((id) => id !== "" && call.site.statuses[id] !== undefined);
  return issueTypesOf(call, project).map((type) => ({
    self: type.self ?? null,
    id: type.id ?? null,
    name: type.name ?? null,
    subtask: type.subtask ?? false,
    statuses: ids.map((id) => rendered(call, embed(call.site.statuses[id]))),
  }));
}

/** The issue types of a project, all of the site where it lists none. */
export function issueTypesOf(call: Call, project: Project): JiraRecord[] {
  const own = project.raw.issueTypes;
  const types =
    Array.isArray(own) && own.length > 0 ? own.filter(isObject) : Object.values(call.site.issueTypes);
  return types.map((type) => rendered(call, type) as JiraRecord);
}

/** Components and versions come as a list or, under the singular, as pages. */
function partRows(part: "components" | "versions", one: "component" | "version"): Row[] {
  return [
    [
      "GET",
      `/rest/api/{version}/project/{project}/${part}`,
      (call) => ok(partsOf(projectParam(call), part).map((row) => rendered(call, row))),
    ],
    [
      "GET",
      `/rest/api/{version}/project/{project}/${one}`,
      (call) => {
        const project = projectParam(call);
        const path = `/rest/api/${call.version}/project/${project.key}/${one}`;
        return ok(classicPage(call, path, partsOf(project, part), (row) => rendered(call, row), 50, 50));
      },
    ],
    [
      "GET",
      `/rest/api/{version}/${one}/{part}`,
      (call) => {
        for (const project of visibleProjects(call)) {
          const row = partsOf(project, part).find((candidate) => String(candidate.id) === call.params.part);
          if (row !== undefined) return ok(rendered(call, row));
        }
        throw notFound(`The ${one} with id ${call.params.part} does not exist.`);
      },
    ],
  ];
}

export const projectRows: readonly Row[] = [
  [
    "GET",
    "/rest/api/{version}/project",
    (call) =>
      ok(byKey(visibleProjects(call)).map((project) => listedProject(call, project, listed(call, "expand")))),
  ],
  [
    "GET",
    "/rest/api/{version}/project/search",
    (call) => {
      if (call.site.face !== "cloud") return undefined;
      const expand = listed(call, "expand");
      const path = `/rest/api/${call.version}/project/search`;
      return ok(
        classicPage(call, path, searched(call), (project) => listedProject(call, project, expand), 50, 100),
      );
    },
  ],
  [
    "GET",
    "/rest/api/{version}/project/{project}",
    (call) => ok(wholeProject(call, projectParam(call), listed(call, "expand"))),
  ],
  [
    "GET",
    "/rest/api/{version}/project/{project}/statuses",
    (call) => ok(statusesByType(call, projectParam(call))),
  ],
  ...partRows("components", "component"),
  ...partRows("versions", "version"),
];
