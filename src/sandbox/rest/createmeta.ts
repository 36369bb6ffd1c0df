/** What may be written when an issue is created or edited, in the old style and the new. */
import type { JiraRecord, Project } from "../world/model.ts";
import {
  type Call,
  isObject,
  issueParam,
  listed,
  ok,
  projectParam,
  type Row,
  signedIn,
  visibleProjects,
} from "./call.ts";
import { slice } from "./page.ts";
import { issueTypesOf } from "./projects.ts";
import { notFound } from "./refuse.ts";
import { rendered } from "./render.ts";

const REQUIRED = ["summary", "issuetype", "project"];
const OFFERED = [
  ...REQUIRED,
  "description",
  "priority",
  "labels",
  "assignee",
  "reporter",
  "components",
  "versions",
  "fixVersions",
  "duedate",
  "environment",
  "parent",
  "timetracking",
];
const NAMES: Record<string, string> = { parent: "Parent" };
const LISTS = new Set(["labels", "components", "versions", "fixVersions"]);

function customIds(call: Call): string[] {
  const writable = ["string", "number", "date", "datetime", "user", "option", "array"];
  return Object.values(call.site.fields)
    .filter(
      (field) =>
        field.custom === true && isObject(field.schema) && writable.includes(String(field.schema.type)),
    )
    .map((field) => String(field.id));
}

function allowedValues(call: Call, project: Project, type: JiraRecord, id: string): unknown {
  const all = (records: unknown): unknown[] =>
    Array.isArray(records) ? records.map((record) => rendered(call, record)) : [];
  if (id === "project")
    return [rendered(call, { id: project.id, key: project.key, name: project.raw.name ?? project.key })];
  if (id === "issuetype") return [type];
  if (id === "priority") return all(Object.values(call.site.priorities));
  if (id === "components") return all(project.raw.components);
  if (id === "versions" || id === "fixVersions") return all(project.raw.versions);
  return undefined;
}

/** The fields of a form, by id. */
export function formFields(call: Call, project: Project, type: JiraRecord): JiraRecord[] {
  return [...OFFERED, ...customIds(call)]
    .filter((id) => id !== "parent" || type.subtask === true || call.site.face === "cloud")
    .map((id) => {
      const record = call.site.fields[id];
      const allowed = allowedValues(call, project, type, id);
      return {
        required: REQUIRED.includes(id) || (id === "parent" && type.subtask === true),
        schema: record?.schema ?? { type: "any", system: id },
        name: record?.name ?? NAMES[id] ?? id,
        key: id,
        fieldId: id,
        hasDefaultValue: id === "priority" || id === "reporter",
        operations: LISTS.has(id) ? ["add", "set", "remove"] : ["set"],
        ...(allowed === undefined ? {} : { allowedValues: allowed }),
      } as JiraRecord;
    });
}

function oldStyle(call: Call): unknown {
  const keys = listed(call, "projectKeys");
  const ids = listed(call, "projectIds");
  const typeNames = call.query.getAll("issuetypeNames").flatMap((text) => text.split(","));
  const typeIds = listed(call, "issuetypeIds");
  const withFields = listed(call, "expand").includes("projects.issuetypes.fields");
  const projects = visibleProjects(call)
    .filter(
      (project) =>
        (keys.length === 0 && ids.length === 0) || keys.includes(project.key) || ids.includes(project.id),
    )
    .map((project) => ({
      self: `${call.base}/rest/api/${call.adf ? "3" : "2"}/project/${project.id}`,
      id: project.id,
      key: project.key,
      name: project.raw.name,
      avatarUrls: rendered(call, project.raw.avatarUrls),
      issuetypes: issueTypesOf(call, project)
        .filter((type) => typeNames.length === 0 || typeNames.includes(String(type.name)))
        .filter((type) => typeIds.length === 0 || typeIds.includes(String(type.id)))
        .map((type) => ({
          ...type,
          ...(withFields
            ? {
                fields: Object.fromEntries(
                  formFields(call, project, type).map((field) => [String(field.fieldId), field]),
                ),
              }
            : {}),
        })),
    }));
  return { expand: "projects", projects };
}

function typeParam(call: Call, project: Project): JiraRecord {
  const type = issueTypesOf(call, project).find((one) => String(one.id) === call.params.type);
  if (type === undefined)
    throw notFound(`Issue type with id '${call.params.type}' does not exist in the project.`);
  return type;
}

/** The new style pages through types and fields; Cloud names the list after its content, Data Center calls it `values`. */
function newStyle(call: Call, all: readonly JiraRecord[], name: string): unknown {
  const page = slice(call, all, 50, 200);
  const numbers = { maxResults: page.maxResults, startAt: page.startAt, total: page.total };
  if (call.site.face === "cloud") return { ...numbers, [name]: page.items };
  return { ...numbers, isLast: page.isLast, values: page.items };
}

export const createMetaRows: readonly Row[] = [
  [
    "GET",
    "/rest/api/{version}/issue/createmeta",
    (call) => {
      // Data Center took the old style away in version 9.
      if (call.site.face !== "cloud") return undefined;
      signedIn(call);
      return ok(oldStyle(call));
    },
  ],
  [
    "GET",
    "/rest/api/{version}/issue/createmeta/{project}/issuetypes",
    (call) => {
      signedIn(call);
      return ok(newStyle(call, issueTypesOf(call, projectParam(call)), "issueTypes"));
    },
  ],
  [
    "GET",
    "/rest/api/{version}/issue/createmeta/{project}/issuetypes/{type}",
    (call) => {
      signedIn(call);
      const project = projectParam(call);
      return ok(newStyle(call, formFields(call, project, typeParam(call, project)), "fields"));
    },
  ],
  [
    "GET",
    "/rest/api/{version}/issue/{issue}/editmeta",
    (call) => {
      const issue = issueParam(call);
      const project = call.site.projects[issue.projectId];
      const raw = isObject(issue.raw.fields) ? issue.raw.fields : {};
      const type = rendered(call, raw.issuetype) as JiraRecord;
      if (project === undefined || call.user === undefined) return ok({ fields: {} });
      const fields = formFields(call, project, isObject(type) ? type : {}).filter(
        (field) => field.key !== "project",
      );
      return ok({
        fields: Object.fromEntries(fields.map(({ fieldId: _id, ...field }) => [String(field.key), field])),
      });
    },
  ],
];
