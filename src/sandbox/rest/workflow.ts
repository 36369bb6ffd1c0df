/** The steps an issue may take, and taking one. */
import { empty } from "../message.ts";
import { embed } from "../world/metadata.ts";
import type { Issue, JiraRecord, Transition } from "../world/model.ts";
import { recordedAt } from "../world/recorded.ts";
import {
  bodyObject,
  type Call,
  isObject,
  issueParam,
  listed,
  ok,
  type Row,
  signedIn,
  timestamp,
} from "./call.ts";
import { beginEdit, endsOf, type HistoryItem, recordHistory, writableFields } from "./edits.ts";
import { applyFields, planFields } from "./issue-fields.ts";
import { badFields, badRequest } from "./refuse.ts";
import { rendered } from "./render.ts";

function statusId(issue: Issue): string {
  const status = writableFields(issue).status;
  return isObject(status) ? String(status.id) : "";
}

/** The steps out of an issue's status. Issues of projects without a workflow may go to any status of the site. */
export function stepsOf(call: Call, issue: Issue): readonly Transition[] {
  const recorded = recordedSteps(call, issue);
  if (recorded !== undefined) return recorded;
  const project = call.site.projects[issue.projectId];
  const workflow = project === undefined ? undefined : call.site.workflows[project.workflow];
  const current = statusId(issue);
  const steps = workflow?.[current];
  if (steps !== undefined) return steps;
  // Loaded issues may stand in a status their project's workflow does not know.
  const start = workflow?.[""]?.[0];
  return start === undefined ? [] : [{ ...start, id: "1", name: "Reopen" }];
}

/** The transitions that were loaded with an issue; the statuses they lead to become known. */
function recordedSteps(call: Call, issue: Issue): Transition[] | undefined {
  if (!issue.loaded) return undefined;
  for (const name of [issue.id, issue.key]) {
    const document = recordedAt(call.site, `/rest/api/2/issue/${name}/transitions`, "", call.base);
    if (!isObject(document) || !Array.isArray(document.transitions)) continue;
    return document.transitions.filter(isObject).flatMap((one) => {
      if (!isObject(one.to) || one.to.id === undefined) return [];
      const to = String(one.to.id);
      call.site.statuses[to] ??= one.to;
      return [{ id: String(one.id), name: String(one.name), to }];
    });
  }
  return undefined;
}

function category(call: Call, id: string): string {
  const status = call.site.statuses[id];
  return isObject(status?.statusCategory) ? String(status.statusCategory.key) : "";
}

/** The transitions an issue offers the caller; nobody who is not signed in is offered any. */
export function transitionsOf(call: Call, issue: Issue, withFields: boolean): JiraRecord[] {
  if (call.user === undefined) return [];
  return stepsOf(call, issue).map((step) => {
    const done = category(call, step.to) === "done";
    const cloud = {
      hasScreen: false,
      isGlobal: false,
      isInitial: false,
      isAvailable: true,
      isConditional: false,
      isLooped: false,
    };
    return {
      id: step.id,
      name: step.name,
      to: rendered(call, embed(call.site.statuses[step.to])),
      ...(call.site.face === "cloud" ? cloud : {}),
      ...(withFields ? { fields: done ? { resolution: resolutionField(call) } : {} } : {}),
    } as JiraRecord;
  });
}

function resolutionField(call: Call): JiraRecord {
  return {
    required: false,
    schema: { type: "resolution", system: "resolution" },
    name: "Resolution",
    key: "resolution",
    operations: ["set"],
    allowedValues: Object.values(call.site.resolutions).map((record) => rendered(call, record)),
  };
}

/** Takes one step; 400 where the issue does not offer it. */
export function takeStep(call: Call, issue: Issue, body: JiraRecord): void {
  signedIn(call);
  const wanted = isObject(body.transition) ? body.transition.id : undefined;
  if (wanted === undefined || wanted === null) throw badRequest("Missing 'transition' identifier");
  if (!/^\d+$/.test(String(wanted))) throw badRequest("Transition id must be an integer");
  const step = stepsOf(call, issue).find((one) => one.id === String(wanted));
  if (step === undefined) {
    throw badRequest(
      call.site.face === "cloud"
        ? "Transition is not valid for this issue."
        : `It seems that you have tried to perform a workflow operation (transition ${wanted}) that is not valid for the current state of this issue (${issue.key}). The likely cause is that somebody has changed the issue recently, please look at the issue history for details.`,
    );
  }
  const { resolution, ...others } = isObject(body.fields) ? body.fields : {};
  const update = isObject(body.update) ? body.update : {};
  const closes = category(call, step.to) === "done";
  const reached = closes ? resolutionFor(call, issue, resolution) : null;
  const plan = planFields(call, issue, others, update);
  const fields = beginEdit(call, issue);
  const items: HistoryItem[] = [];
  const status = embed(call.site.statuses[step.to]);
  const note = (field: string, before: HistoryItem["from"], after: HistoryItem["to"]): void => {
    items.push({ field, fieldId: field, custom: false, from: before, to: after });
  };
  if ((fields.resolution ?? null) !== null || reached !== null) {
    note("resolution", endsOf(fields.resolution), endsOf(reached));
    if (reached === null) fields.resolutiondate = null;
    else if ((fields.resolution ?? null) === null) fields.resolutiondate = timestamp(call.now);
    fields.resolution = reached;
  }
  note("status", endsOf(fields.status), endsOf(status));
  fields.status = status;
  if ("statuscategorychangedate" in fields) fields.statuscategorychangedate = timestamp(call.now);
  items.push(...applyFields(call, issue, plan));
  recordHistory(call, issue, items, "issue_generic");
}

function resolutionFor(call: Call, issue: Issue, wanted: unknown): ReturnType<typeof embed> {
  const all = Object.values(call.site.resolutions);
  if (isObject(wanted)) {
    const found = all.find((one) => String(one.id) === wanted.id || one.name === wanted.name);
    if (found === undefined) throw badFields({ resolution: "Resolution is not valid" });
    return embed(found);
  }
  const before = writableFields(issue).resolution;
  if (isObject(before)) return before;
  return embed(all.find((one) => one.name === "Done") ?? all[0]);
}

export const transitionRows: readonly Row[] = [
  [
    "GET",
    "/rest/api/{version}/issue/{issue}/transitions",
    (call) => {
      const issue = issueParam(call);
      const wanted = call.query.get("transitionId");
      const all = transitionsOf(call, issue, listed(call, "expand").includes("transitions.fields"));
      const transitions = wanted === null ? all : all.filter((one) => one.id === wanted);
      return ok({ expand: "transitions", transitions });
    },
  ],
  [
    "POST",
    "/rest/api/{version}/issue/{issue}/transitions",
    (call) => {
      takeStep(call, issueParam(call), bodyObject(call));
      return empty(204);
    },
  ],
];
