import type { Dialect } from "../protocol/flavors.ts";
import type { Form, FormField } from "./form.ts";
import type { FieldProblem, Idea } from "./model.ts";
import { nearTo } from "./names.ts";
import type { People } from "./people.ts";
import { convert } from "./values.ts";

/** One field of an issue as an idea wants it. */
export type PlannedField = {
  readonly id: string;
  /** As the idea calls it. */
  readonly name: string;
  /** As Jira calls it. */
  readonly title: string;
  /** As the idea gives it. */
  readonly given: unknown;
  /** As Jira takes it. */
  readonly value: unknown;
};

export type Plan = {
  readonly fields: readonly PlannedField[];
  /** Everything that speaks against it; empty where it may be sent. */
  readonly problems: readonly FieldProblem[];
};

/** Members of an idea that are fields of an issue already. */
const OWN: Readonly<Record<string, string>> = {
  summary: "title",
  description: "description",
  labels: "labels",
  project: "project",
  issuetype: "issueType",
};
const GIVEN_ELSEWHERE = new Set(["project", "issuetype"]);

/** Fits an idea to the form, without a write: names every field at fault at once. */
export async function planFor(
  idea: Idea,
  form: Form,
  context: { readonly dialect: Dialect; readonly people: People },
): Promise<Plan> {
  const problems: FieldProblem[] = [];
  const fields: PlannedField[] = [];
  for (const [name, given, field] of wantedFields(idea, form, problems)) {
    const converted = await convert(field, given, context);
    if ("problem" in converted) {
      const { problem, allowed } = converted;
      problems.push({ field: name, problem, ...(allowed ? { allowed } : {}) });
    } else fields.push({ id: field.id, name, title: field.name, given, value: converted.value });
  }
  const there = new Set(fields.filter(({ value }) => !isBlank(value)).map(({ id }) => id));
  const faulty = new Set(problems.map(({ field }) => field));
  for (const { id, name, required, allowed } of form.fields) {
    if (!required || GIVEN_ELSEWHERE.has(id) || there.has(id)) continue;
    const told = OWN[id] ?? name;
    if (faulty.has(told) || faulty.has(id)) continue;
    problems.push({ field: told, problem: `Jira requires it for ${form.what}.`, ...allowedOf(allowed) });
  }
  return { fields, problems };
}

function isBlank(value: unknown): boolean {
  return value === null || value === "" || (Array.isArray(value) && value.length === 0);
}

function allowedOf(allowed: FormField["allowed"]): Pick<FieldProblem, "allowed"> {
  if (!allowed || allowed.length === 0) return {};
  return { allowed: allowed.map((one) => String(one.value ?? one.name ?? one.key ?? one.id)).slice(0, 50) };
}

/** What the idea gives, each with the field it is for. */
function wantedFields(
  idea: Idea,
  form: Form,
  problems: FieldProblem[],
): [name: string, given: unknown, field: FormField][] {
  const wanted: [string, unknown, FormField][] = [];
  const byId = new Map(form.fields.map((field) => [field.id, field]));
  const own: [string, string, unknown][] = [
    ["title", "summary", idea.title],
    ["description", "description", idea.description],
    ["labels", "labels", idea.labels && [...idea.labels]],
  ];
  for (const [name, id, given] of own) {
    const field = byId.get(id);
    if (given === undefined) continue;
    if (field) wanted.push([name, given, field]);
    else if (id === "summary") wanted.push([name, given, { id, name, required: true, type: "string" }]);
    else problems.push({ field: name, problem: `The form for ${form.what} has no such field.` });
  }
  for (const [name, given] of Object.entries(idea.fields ?? {})) {
    const found = fieldCalled(name, form);
    if ("problem" in found) problems.push(found);
    else if (wanted.some(([, , { id }]) => id === found.id) || GIVEN_ELSEWHERE.has(found.id)) {
      const member = OWN[found.id] ?? "fields";
      problems.push({ field: name, problem: `It is given twice; \`${member}\` of the idea is this field.` });
    } else wanted.push([name, given, found]);
  }
  return wanted;
}

function fieldCalled(name: string, form: Form): FormField | FieldProblem {
  const low = name.trim().toLowerCase();
  const byId = form.fields.find(({ id }) => id.toLowerCase() === low);
  if (byId) return byId;
  const named = form.fields.filter((field) => field.name.toLowerCase() === low);
  if (named.length === 1) return named[0]!;
  if (named.length > 1) {
    const allowed = named.map(({ id }) => id);
    return { field: name, problem: "Several fields have this name; give the id of one.", allowed };
  }
  const near = nearTo(name, [...form.fields.map((field) => field.name)]);
  const problem = `The form for ${form.what} has no field of this name.`;
  return { field: name, problem, ...(near.length > 0 ? { allowed: near } : {}) };
}
