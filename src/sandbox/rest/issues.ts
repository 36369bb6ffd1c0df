/** Issues: read, create, update, delete. */

import { empty } from "../message.ts";
import { embed } from "../world/metadata.ts";
import {
  type Issue,
  type JiraRecord,
  type Json,
  nextId,
  noteView,
  type Project,
  putIssue,
} from "../world/model.ts";
import {
  bodyObject,
  type Call,
  flag,
  isObject,
  issueParam,
  listed,
  ok,
  type Row,
  signedIn,
  timestamp,
} from "./call.ts";
import { author, beginEdit, indexLater, recordHistory, writableFields } from "./edits.ts";
import { readValue } from "./field-values.ts";
import { applyFields, type Plan, planFields, planNew } from "./issue-fields.ts";
import { fieldChoice, issueJson } from "./issue-view.ts";
import { readProperties, setProperty } from "./properties.ts";
import { badFields, badRequest, JiraError } from "./refuse.ts";
import { takeStep } from "./workflow.ts";

/** Creates an issue from `{fields, update}` and gives it back; nothing is made when anything is refused. */
export function createIssue(call: Call, body: JiraRecord): Issue {
  signedIn(call);
  const fields = isObject(body.fields) ? body.fields : {};
  const update = isObject(body.update) ? body.update : {};
  const project = projectOf(call, fields);
  const wanted = planNew(call, { projectId: project.id }, fields, update);
  for (const [id, message] of [
    ["issuetype", call.site.face === "cloud" ? "Specify an issue type" : "issue type is required"],
    ["summary", "You must specify a summary of the issue."],
  ] as const) {
    if (!wanted.values.has(id)) throw badFields({ [id]: message });
  }
  const properties = readProperties(body.properties);
  const type = wanted.values.get("issuetype")?.value;
  if (isObject(type) && type.subtask === true && !wanted.values.has("parent")) {
    throw badFields({ parent: "Issue type is a sub-task but parent issue key or id not specified." });
  }
  const issue = make(call, project, wanted);
  for (const [key, value] of properties) setProperty(issue, key, value);
  call.happenings.push({ event: "jira:issue_created", typeName: "issue_created", issue });
  return issue;
}

function projectOf(call: Call, fields: JiraRecord): Project {
  const reference = readValue(call, "project", fields.project ?? null, { projectId: "" }).value;
  return call.site.projects[String((reference as JiraRecord).id)] as Project;
}

function make(call: Call, project: Project, wanted: Plan): Issue {
  const id = nextId(call.site, "issue");
  project.counter += 1;
  const key = `${project.key}-${project.counter}`;
  const start =
    call.site.workflows[project.workflow]?.[""]?.[0]?.to ?? Object.keys(call.site.statuses)[0] ?? "1";
  const issue: Issue = {
    id,
    key,
    raw: {
      expand: "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
      id,
      self: `{base}/rest/api/2/issue/${id}`,
      key,
      fields: startingFields(call, key, start),
      "{watchers}": call.user === undefined ? [] : [call.user.name],
    },
    loaded: false,
    comments: [],
    worklogs: [],
    changelog: [],
    remoteLinks: [],
    properties: {},
    projectId: project.id,
    created_ms: call.now,
    updated_ms: call.now,
  };
  indexLater(call, id, undefined);
  putIssue(call.world, call.site, issue);
  applyFields(call, issue, wanted);
  joinParent(call, issue);
  call.sandbox.touched("world");
  return issue;
}

function startingFields(call: Call, key: string, status: string): JiraRecord {
  const now = timestamp(call.now);
  const self = (part: string): string => `{base}/rest/api/2/issue/${key}/${part}`;
  const unset = ["resolution", "resolutiondate", "assignee", "description", "environment", "duedate"];
  const priorities = Object.values(call.site.priorities);
  const lists = ["labels", "components", "versions", "fixVersions", "issuelinks", "subtasks", "attachment"];
  return {
    ...Object.fromEntries(unset.map((id) => [id, null])),
    ...Object.fromEntries(lists.map((id) => [id, []])),
    status: embed(call.site.statuses[status]),
    priority: embed(priorities.find((one) => one.name === "Major" || one.name === "Medium") ?? priorities[0]),
    creator: author(call),
    reporter: author(call),
    created: now,
    updated: now,
    lastViewed: null,
    workratio: -1,
    timetracking: {},
    watches: { self: self("watchers"), watchCount: 1, isWatching: true },
    votes: { self: self("votes"), votes: 0, hasVoted: false },
    progress: { progress: 0, total: 0 },
    aggregateprogress: { progress: 0, total: 0 },
  };
}

function joinParent(call: Call, issue: Issue): void {
  const { parent, issuetype, summary, status } = writableFields(issue);
  if (!isObject(parent) || !isObject(issuetype) || issuetype.subtask !== true) return;
  const above = call.site.issues[String(parent.id)];
  if (above === undefined) return;
  const fields = beginEdit(call, above);
  const entry: Json = {
    id: issue.id,
    key: issue.key,
    self: `{base}/rest/api/2/issue/${issue.id}`,
    fields: { summary: summary ?? null, status: status ?? null, issuetype },
  };
  fields.subtasks = [...(Array.isArray(fields.subtasks) ? fields.subtasks : []), entry];
}

/** The answer to a creation, once the transition asked for has been tried. */
export function made(call: Call, issue: Issue, body: JiraRecord): JiraRecord {
  if (!isObject(body.transition)) return created(call, issue);
  try {
    takeStep(call, issue, { transition: body.transition });
  } catch (error) {
    if (!(error instanceof JiraError)) throw error;
    const errorCollection = { errorMessages: [...error.errorMessages], errors: { ...error.errors } };
    return { ...created(call, issue), transition: { status: error.status, errorCollection } };
  }
  const transition = { status: 200, errorCollection: { errorMessages: [], errors: {} } };
  return { ...created(call, issue), transition };
}

function created(call: Call, issue: Issue): JiraRecord {
  const version = call.adf ? "3" : "2";
  return { id: issue.id, key: issue.key, self: `${call.base}/rest/api/${version}/issue/${issue.id}` };
}

function update(call: Call, issue: Issue, body: JiraRecord): void {
  signedIn(call);
  if (
    !isObject(body.fields) &&
    !isObject(body.update) &&
    !Array.isArray(body.properties) &&
    !isObject(body.transition)
  ) {
    throw badRequest("one of 'fields' or 'update' required");
  }
  const fields = isObject(body.fields) ? body.fields : {};
  const operations = isObject(body.update) ? body.update : {};
  const same = fields.project;
  if (
    isObject(same) &&
    String(same.key ?? "") !== issue.key.slice(0, issue.key.lastIndexOf("-")) &&
    same.id !== issue.projectId
  ) {
    throw badFields({
      project: "Field 'project' cannot be set. It is not on the appropriate screen, or unknown.",
    });
  }
  const { project: _same, ...others } = fields;
  const wanted = planFields(call, issue, others, operations);
  const properties = readProperties(body.properties);
  beginEdit(call, issue);
  for (const [key, value] of properties) setProperty(issue, key, value);
  recordHistory(call, issue, applyFields(call, issue, wanted));
}

function remove(call: Call, issue: Issue): void {
  signedIn(call);
  const subtasks = Object.values(call.site.issues).filter((one) => {
    const parent = writableFields(one).parent;
    return isObject(parent) && String(parent.id) === issue.id;
  });
  if (subtasks.length > 0 && !flag(call, "deleteSubtasks")) {
    throw badRequest(
      `The issue '${issue.key}' has subtasks.  You must specify the 'deleteSubtasks' parameter to delete this issue and all its subtasks.`,
    );
  }
  for (const one of [...subtasks, issue]) {
    indexLater(call, one.id, one);
    call.happenings.push({ event: "jira:issue_deleted", typeName: "issue_deleted", issue: one });
    delete call.site.issues[one.id];
    delete call.site.requests[one.id];
    for (const [key, id] of Object.entries(call.site.keys)) if (id === one.id) delete call.site.keys[key];
  }
  call.world.seq += 1;
  call.sandbox.touched("world");
}

export const issueRows: readonly Row[] = [
  [
    "GET",
    "/rest/api/{version}/issue/{issue}",
    (call) => {
      const issue = issueParam(call);
      if (flag(call, "updateHistory") && call.user !== undefined) {
        noteView(call.site, call.user.name, issue.id);
        call.world.seq += 1;
        call.sandbox.touched("world");
      }
      const shown = issueJson(
        call,
        issue,
        fieldChoice(listed(call, "fields"), "all"),
        listed(call, "expand"),
      );
      const properties = listed(call, "properties");
      if (properties.length > 0) {
        shown.properties = Object.fromEntries(
          Object.entries(issue.properties).filter(
            ([name]) => properties.includes("*all") || properties.includes(name),
          ),
        );
      }
      return ok(shown);
    },
  ],
  [
    "POST",
    "/rest/api/{version}/issue",
    (call) => {
      const body = bodyObject(call);
      return ok(made(call, createIssue(call, body), body), 201);
    },
  ],
  [
    "PUT",
    "/rest/api/{version}/issue/{issue}",
    (call) => {
      const issue = issueParam(call);
      const body = bodyObject(call);
      update(call, issue, body);
      if (!flag(call, "returnIssue")) return empty(204);
      return ok(issueJson(call, issue, fieldChoice([], "all"), listed(call, "expand")));
    },
  ],
  [
    "DELETE",
    "/rest/api/{version}/issue/{issue}",
    (call) => {
      remove(call, issueParam(call));
      return empty(204);
    },
  ],
];
