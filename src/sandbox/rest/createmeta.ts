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
  wholeNumber,
} from "./call.ts";
import { slice } from "./page.ts";
import { issueTypesOf } from "./projects.ts";
import { badRequest, JiraError, notFound } from "./refuse.ts";
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
const MOST_META = 200;
const NAMES: Record<string, string> = { parent: "Parent" };
const LISTS = new Set(["labels", "components", "versions", "fixVersions"]);

function customIds(call: Call): string[] {
  const writable = ["string", "number", "date", "datetime", "user", "option", "option-with-child", "array"];
  return Object.values(call.site.fields)
    .filter(
      (field) =>
        field.custom === true && isObject(field.schema) && writable.includes(String(field.schema.type)),
    )
    .map((field) => String(field.id));
}

const OPTION_KINDS = new Set(["option", "option-with-child"]);

/** The options of a custom field: those the site lists for it, and those some issue has. */
function optionsOf(call: Call, record: JiraRecord): JiraRecord[] {
  const listed = Array.isArray(record["{options}"]) ? record["{options}"].filter(isObject) : [];
  const found = new Map<string, JiraRecord>(listed.map((option) => [String(option.id), option]));
  for (const issue of Object.values(call.site.issues)) {
    const value = isObject(issue.raw.fields) ? issue.raw.fields[String(record.id)] : undefined;
    for (const option of Array.isArray(value) ? value : [value])
      if (
        isObject(option) &&
        option.value !== undefined &&
        option.id !== undefined &&
        !found.has(String(option.id))
      )
        found.set(String(option.id), option);
  }
  return [...found.values()];
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
  const record = call.site.fields[id];
  const schema = isObject(record?.schema) ? record.schema : {};
  const kind = String(schema.type === "array" ? schema.items : schema.type);
  return record !== undefined && OPTION_KINDS.has(kind) ? all(optionsOf(call, record)) : undefined;
}

const COMPLETES: Record<string, string> = {
  labels: "/rest/api/1.0/labels/suggest?query=",
  assignee: "/rest/api/2/user/assignable/search?project={project}&query=",
  reporter: "/rest/api/2/user/search?query=",
};

/** Where a form asks for what may be typed into a field. */
function completion(call: Call, project: Project, id: string): JiraRecord {
  const path = COMPLETES[id];
  if (path === undefined) return {};
  const query = call.site.face === "cloud" ? path : path.replace("query=", "username=");
  return { autoCompleteUrl: call.base + query.replace("{project}", encodeURIComponent(project.key)) };
}

function defaultOf(call: Call, id: string): JiraRecord {
  if (id !== "priority") return {};
  const all = Object.values(call.site.priorities);
  const usual = all.find((one) => one.name === "Major" || one.name === "Medium") ?? all[0];
  return usual === undefined ? {} : { defaultValue: rendered(call, usual) };
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
        // Data Center's new form names a field by its id alone.
        ...(call.site.face === "cloud" || oldStyleLives(call) ? { key: id } : {}),
        fieldId: id,
        ...completion(call, project, id),
        hasDefaultValue: id === "priority" || id === "reporter",
        ...defaultOf(call, id),
        operations: LISTS.has(id) || isList(record) ? ["add", "set", "remove"] : ["set"],
        ...(allowed === undefined ? {} : { allowedValues: allowed }),
      } as JiraRecord;
    });
}

function isList(record: JiraRecord | undefined): boolean {
  return isObject(record?.schema) && record.schema.type === "array";
}

/** Whether the old form of createmeta answers: Data Center took it away in version 9, Cloud has deprecated it. */
function oldStyleLives(call: Call): boolean {
  if (call.site.face === "cloud") return call.sandbox.switch("createmeta_old") === "present";
  return Number.parseInt(call.sandbox.switch("dc_version"), 10) < 9;
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

/** The project of the new forms; Data Center refuses one it does not know as a bad request. */
function metaProject(call: Call): Project {
  try {
    return projectParam(call);
  } catch (error) {
    if (call.site.face === "cloud" || !(error instanceof JiraError)) throw error;
    throw badRequest(...error.errorMessages);
  }
}

function typeParam(call: Call, project: Project): JiraRecord {
  const type = issueTypesOf(call, project).find((one) => String(one.id) === call.params.type);
  if (type !== undefined) return type;
  const message = `Issue type with id '${call.params.type}' does not exist in the project.`;
  throw call.site.face === "cloud" ? notFound(message) : badRequest(message);
}

/** The new style pages through types and fields; Cloud names the list after its content, Data Center calls it `values`. */
function newStyle(call: Call, all: readonly JiraRecord[], name: string): unknown {
  if (call.site.face === "cloud" && wholeNumber(call, "maxResults", 50) > MOST_META)
    throw badRequest(`Parameter 'maxResults' must not exceed the limit '${MOST_META}'`);
  const page = slice(call, all, 50, MOST_META);
  const numbers = { maxResults: page.maxResults, startAt: page.startAt, total: page.total };
  if (call.site.face === "cloud") return { ...numbers, [name]: page.items };
  return { ...numbers, isLast: page.isLast, values: page.items };
}

export const createMetaRows: readonly Row[] = [
  [
    "GET",
    "/rest/api/{version}/issue/createmeta",
    (call) => {
      if (!oldStyleLives(call)) {
        // The path is then read as that of an issue, of which there is none.
        throw notFound(
          call.site.face === "cloud"
            ? "Issue does not exist or you do not have permission to see it."
            : "Issue Does Not Exist",
        );
      }
      signedIn(call);
      return ok(oldStyle(call));
    },
  ],
  [
    "GET",
    "/rest/api/{version}/issue/createmeta/{project}/issuetypes",
    (call) => {
      signedIn(call);
      return ok(newStyle(call, issueTypesOf(call, metaProject(call)), "issueTypes"));
    },
  ],
  [
    "GET",
    "/rest/api/{version}/issue/createmeta/{project}/issuetypes/{type}",
    (call) => {
      signedIn(call);
      const project = metaProject(call);
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
        (field) => field.fieldId !== "project",
      );
      return ok({
        fields: Object.fromEntries(
          fields.map(({ fieldId, ...field }) => [String(fieldId), { key: fieldId, ...field }]),
        ),
      });
    },
  ],
];
