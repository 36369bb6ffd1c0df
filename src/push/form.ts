import { isLatchkeyError } from "../errors.ts";
import type { Jira, Json } from "../jira/index.ts";
import type { FieldProblem, RequestTarget } from "./model.ts";

/** A field of the form for a new issue or request. */
export type FormField = {
  readonly id: string;
  readonly name: string;
  /** Missing values of these are told before anything is sent. */
  readonly required: boolean;
  readonly type: string;
  /** Of a list. */
  readonly items?: string;
  /** Jira's name of the kind of a custom field. */
  readonly custom?: string;
  readonly allowed?: readonly Json[];
};

export type Form = {
  /** What the form is for, in words. */
  readonly what: string;
  readonly fields: readonly FormField[];
  /** A request: the desk and type as Jira numbers them. */
  readonly desk?: {
    readonly service_desk_id: string;
    readonly request_type_id: string;
    readonly behalf: boolean;
  };
};

export type FormRead = Form | { readonly problems: readonly FieldProblem[] };

const KEPT_MS = 300_000;
const MOST = 500;
const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;

/** Forms, read once in five minutes for each connection, project and type. */
export function createForms(now: () => number) {
  const kept = new Map<string, { readonly at: number; readonly form: Promise<FormRead> }>();
  return {
    formFor(key: string, read: () => Promise<FormRead>): Promise<FormRead> {
      const known = kept.get(key);
      if (known && now() - known.at < KEPT_MS) return known.form;
      const form = read();
      if (kept.size >= MOST) kept.clear();
      kept.set(key, { at: now(), form });
      const forget = () => kept.get(key)?.form === form && kept.delete(key);
      // What failed, or named a problem that may be mended in Jira, is asked for again.
      form.then((one) => "problems" in one && forget(), forget);
      return form;
    },
  };
}
export type Forms = ReturnType<typeof createForms>;

/** The form for a new issue. @see https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/ */
export async function issueForm(jira: Jira, project: string, issueType: string): Promise<FormRead> {
  try {
    const fields = await jira.createMeta(project, issueType);
    return { what: `a new ${issueType} in ${project}`, fields: fields.map(formField) };
  } catch (thrown) {
    if (!isLatchkeyError(thrown)) throw thrown;
    // Data Center answers 400 for a project that is not there.
    if (thrown.code === "jira_not_found" || thrown.code === "jira_bad_request") {
      const problem = "There is no such project, or the account may not create issues in it.";
      return { problems: [{ field: "project", problem }] };
    }
    const { names } = thrown.details;
    if (thrown.code !== "bad_request" || !Array.isArray(names)) throw thrown;
    const problem = "The project has no issue type of this name.";
    return { problems: [{ field: "issueType", problem, allowed: names.map(String) }] };
  }
}

function formField(json: Json): FormField {
  const schema = isObject(json.schema) ? json.schema : {};
  const allowed = Array.isArray(json.allowedValues) ? json.allowedValues.filter(isObject) : undefined;
  return {
    id: String(json.fieldId),
    name: String(json.name ?? json.fieldId),
    required: json.required === true && json.hasDefaultValue !== true,
    type: String(schema.type ?? "any"),
    ...(typeof schema.items === "string" ? { items: schema.items } : {}),
    ...(typeof schema.custom === "string" ? { custom: schema.custom } : {}),
    ...(allowed === undefined ? {} : { allowed }),
  };
}

/** The form of a request type. @see https://developer.atlassian.com/cloud/jira/service-desk/rest/api-group-servicedesk/ */
export async function requestForm(jira: Jira, target: RequestTarget): Promise<FormRead> {
  const desk = await deskOf(jira, target.service_desk);
  if ("problems" in desk) return desk;
  const types: Json[] = [];
  for await (const type of jira.requestTypes(desk.id)) types.push(type);
  const wanted = target.request_type.trim().toLowerCase();
  const type = types.find(({ id, name }) => String(id) === wanted || String(name).toLowerCase() === wanted);
  if (!type) {
    const problem = "The service desk has no request type of this name.";
    const allowed = types.map(({ name }) => String(name)).slice(0, 50);
    return { problems: [{ field: "request.request_type", problem, allowed }] };
  }
  const path = `/rest/servicedeskapi/servicedesk/${encodeURIComponent(desk.id)}/requesttype/${String(type.id)}/field`;
  const body = (await jira.request({ path })).json() as Json;
  const fields = Array.isArray(body.requestTypeFields) ? body.requestTypeFields.filter(isObject) : [];
  return {
    what: `a request of the type ${String(type.name)}`,
    fields: fields.map(requestField),
    desk: {
      service_desk_id: desk.id,
      request_type_id: String(type.id),
      behalf: body.canRaiseOnBehalfOf === true,
    },
  };
}

async function deskOf(
  jira: Jira,
  called: string,
): Promise<{ readonly id: string } | { readonly problems: readonly FieldProblem[] }> {
  const wanted = called.trim().toLowerCase();
  const keys: string[] = [];
  for await (const { id, projectKey, projectName } of jira.serviceDesks()) {
    const names = [id, projectKey, projectName].map((one) => String(one).toLowerCase());
    if (names.includes(wanted)) return { id: String(id) };
    keys.push(String(projectKey));
  }
  const problem = "There is no such service desk, or the account may not see it.";
  return { problems: [{ field: "request.service_desk", problem, allowed: keys.slice(0, 50) }] };
}

function requestField(json: Json): FormField {
  const schema = isObject(json.jiraSchema) ? json.jiraSchema : {};
  const values = Array.isArray(json.validValues) ? json.validValues.filter(isObject) : [];
  return {
    id: String(json.fieldId),
    name: String(json.name ?? json.fieldId),
    required: json.required === true,
    type: String(schema.type ?? "string"),
    ...(typeof schema.items === "string" ? { items: schema.items } : {}),
    ...(typeof schema.custom === "string" ? { custom: schema.custom } : {}),
    // A desk calls them value and label where Jira says id and value.
    ...(values.length === 0
      ? {}
      : { allowed: values.map(({ value, label }) => ({ id: value, value: label })) }),
  };
}
