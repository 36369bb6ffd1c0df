/** What may be written to a field: one reader for each kind, each refusing in Jira's words. */
import { embed } from "../world/metadata.ts";
import type { Issue, JiraRecord, Json } from "../world/model.ts";
import { personRecord } from "../world/people.ts";
import { type Call, isObject, issueCalled, maySee, projectCalled } from "./call.ts";
import { durationText, secondsOf } from "./estimates.ts";
import { userReference } from "./people.ts";
import { badFields } from "./refuse.ts";
import { isRichField, richTextIn } from "./rich-fields.ts";

/** A value ready to be stored; `document` is how rich text was written in version 3. */
export type NewValue = { readonly value: Json; readonly document?: Json | undefined };
/** The issue that is written, as far as it exists: a new one has a project only. */
export type Target = { readonly projectId: string; readonly issue?: Issue };
type Reader = (call: Call, id: string, value: Json, target: Target) => NewValue;

const ADF_MESSAGE = "Operation value must be an Atlassian Document (see the Atlassian Document Format)";
const LONGEST_SUMMARY = 255;
const LONGEST_TEXT = 32_767;

const summary: Reader = (_call, id, value) => {
  if (typeof value !== "string") throw badFields({ [id]: "Operation value must be a string" });
  const text = value.trim();
  if (text === "") throw badFields({ [id]: "You must specify a summary of the issue." });
  if (text.length > LONGEST_SUMMARY) {
    throw badFields({ [id]: "Summary can't exceed 255 characters." });
  }
  if (/[\r\n]/.test(text))
    throw badFields({ [id]: "The summary is invalid because it contains newline characters." });
  return { value: text };
};

const richText: Reader = (call, id, value) => {
  if (value === null || value === "") return { value: null };
  const { wiki, document } = richTextIn(call, value, id, ADF_MESSAGE);
  if (wiki.length > LONGEST_TEXT) {
    throw badFields({
      [id]: "The entered text is too long. It exceeds the allowed limit of 32,767 characters.",
    });
  }
  return { value: wiki, document };
};

const person: Reader = (call, id, value) => {
  const user = userReference(call, id, value);
  return { value: user === null ? null : personRecord(user, call.site.face === "cloud") };
};

const labels: Reader = (_call, id, value) => {
  if (!Array.isArray(value)) throw badFields({ [id]: "data was not an array" });
  for (const label of value) {
    if (typeof label !== "string") throw badFields({ [id]: "string expected at index 0" });
    if (/\s/.test(label)) throw badFields({ [id]: `The label '${label}' contains spaces which is invalid.` });
    if (label.length > 255)
      throw badFields({ [id]: `The label '${label.slice(0, 40)}…' exceeds 255 characters.` });
  }
  return { value: [...new Set(value)].sort() };
};

const day: Reader = (_call, id, value) => {
  if (value === null || value === "") return { value: null };
  const text = String(value);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(Date.parse(text))) {
    throw badFields({ [id]: `Error parsing date string: ${text.slice(0, 60)}` });
  }
  return { value: text };
};

function pick(table: Record<string, JiraRecord>, value: unknown): JiraRecord | undefined {
  if (!isObject(value)) return undefined;
  return Object.values(table).find(
    (record) =>
      (value.id !== undefined && String(record.id) === String(value.id)) ||
      (typeof value.name === "string" && String(record.name).toLowerCase() === value.name.toLowerCase()),
  );
}

const priority: Reader = (call, id, value) => {
  if (value === null) return { value: null };
  const record = pick(call.site.priorities, value);
  if (record === undefined) {
    const name = isObject(value) ? (value.name ?? value.id) : undefined;
    throw badFields({
      [id]: name === undefined ? "data was not an object" : `Priority name '${String(name)}' is not valid`,
    });
  }
  return { value: embed(record) };
};

const issuetype: Reader = (call, id, value) => {
  const record = pick(call.site.issueTypes, value);
  if (record === undefined) {
    throw badFields({
      [id]: call.site.face === "cloud" ? "Specify a valid issue type" : "issue type is required",
    });
  }
  return { value: embed(record) };
};

function partOfProject(part: "components" | "versions", label: string): Reader {
  return (call, id, value, target) => {
    if (!Array.isArray(value)) throw badFields({ [id]: "data was not an array" });
    const all = call.site.projects[target.projectId]?.raw[part];
    const table = Object.fromEntries(
      (Array.isArray(all) ? all : []).filter(isObject).map((row) => [String(row.id), row]),
    );
    return {
      value: value.map((item) => {
        const record = pick(table, item);
        if (record !== undefined) return record;
        const name = isObject(item) ? (item.name ?? item.id) : item;
        throw badFields({ [id]: `${label} name '${String(name)}' is not valid` });
      }),
    };
  };
}

const parent: Reader = (call, id, value) => {
  if (value === null) return { value: null };
  const key = isObject(value) ? (value.key ?? value.id) : undefined;
  const issue = key === undefined || key === null ? undefined : issueCalled(call, String(key));
  if (issue === undefined || !maySee(call, call.site.projects[issue.projectId])) {
    throw badFields({ [id]: "Could not find valid 'id' or 'key'." });
  }
  const fields = isObject(issue.raw.fields) ? issue.raw.fields : {};
  const { summary: title, status, priority: rank, issuetype: type } = fields;
  return {
    value: {
      id: issue.id,
      key: issue.key,
      self: `{base}/rest/api/2/issue/${issue.id}`,
      fields: {
        summary: title ?? null,
        status: status ?? null,
        priority: rank ?? null,
        issuetype: type ?? null,
      },
    },
  };
};

const timetracking: Reader = (_call, id, value) => {
  if (!isObject(value)) throw badFields({ [id]: "data was not an object" });
  const kept: JiraRecord = {};
  for (const name of ["originalEstimate", "remainingEstimate"]) {
    const text = value[name];
    if (text === undefined || text === null) continue;
    const seconds = secondsOf(String(text));
    if (seconds === undefined)
      throw badFields({ [`timetracking_${name}`]: "Invalid time duration entered." });
    kept[name] = durationText(seconds);
    kept[`${name}Seconds`] = seconds;
  }
  return { value: kept };
};

const project: Reader = (call, id, value) => {
  const wanted = isObject(value) ? (value.id ?? value.key) : undefined;
  const found = wanted === undefined || wanted === null ? undefined : projectCalled(call, String(wanted));
  if (found === undefined || !maySee(call, found)) {
    throw badFields({
      [id]: call.site.face === "cloud" ? "Specify a valid project ID or key" : "project is required",
    });
  }
  const { avatarUrls, name, projectTypeKey, simplified } = found.raw;
  const extra: JiraRecord = {};
  for (const [part, content] of Object.entries({ avatarUrls, name, projectTypeKey, simplified })) {
    if (content !== undefined) extra[part] = content;
  }
  return { value: { self: `{base}/rest/api/2/project/${found.id}`, id: found.id, key: found.key, ...extra } };
};

function listedOptions(call: Call, id: string): JiraRecord[] | undefined {
  const listed = call.site.fields[id]?.["{options}"];
  return Array.isArray(listed) ? listed.filter(isObject) : undefined;
}

/** An option of a select list, by id or value; a list whose options nobody listed takes any. */
function optionIn(id: string, value: Json, listed: readonly JiraRecord[] | undefined): Json {
  if (!isObject(value))
    throw badFields({ [id]: "Could not find valid 'id' or 'value' in the Parent Option object." });
  if (listed === undefined) return value;
  const found = listed.find(
    (option) =>
      (value.id !== undefined && String(option.id) === String(value.id)) ||
      (value.id === undefined && option.value === value.value),
  );
  if (found === undefined) {
    const wrong = value.id === undefined ? `value '${String(value.value)}'` : `id '${String(value.id)}'`;
    throw badFields({ [id]: `Option ${wrong.slice(0, 100)} is not valid` });
  }
  const { children, ...option } = found;
  if (!isObject(value.child)) return option;
  return {
    ...option,
    child: optionIn(id, value.child, Array.isArray(children) ? children.filter(isObject) : []),
  };
}

/** Reads a value for a custom field by its schema; kinds without rules of their own are stored as sent. */
const custom: Reader = (call, id, value, target) => {
  if (value === null) return { value: null };
  if (isRichField(call, id)) return richText(call, id, value, target);
  const schema = call.site.fields[id]?.schema;
  const type = isObject(schema) ? schema.type : undefined;
  const items = isObject(schema) ? schema.items : undefined;
  if (type === "number" && typeof value !== "number")
    throw badFields({ [id]: "Operation value must be a number" });
  if (type === "string" && typeof value !== "string")
    throw badFields({ [id]: "Operation value must be a string" });
  if (type === "date") return day(call, id, value, target);
  if (type === "user") return person(call, id, value, target);
  if (type === "option" || type === "option-with-child")
    return { value: optionIn(id, value, listedOptions(call, id)) };
  if (type === "array" && !Array.isArray(value)) throw badFields({ [id]: "data was not an array" });
  if (type === "array" && items === "option" && Array.isArray(value))
    return { value: value.map((one) => optionIn(id, one, listedOptions(call, id))) };
  if (type === "array" && items === "user" && Array.isArray(value)) {
    return { value: value.map((one) => person(call, id, one, target).value) };
  }
  return { value };
};

const READERS: Record<string, Reader> = {
  summary,
  description: richText,
  environment: richText,
  assignee: person,
  reporter: person,
  labels,
  duedate: day,
  priority,
  issuetype,
  components: partOfProject("components", "Component"),
  versions: partOfProject("versions", "Version"),
  fixVersions: partOfProject("versions", "Version"),
  parent,
  timetracking,
  project,
};

/** Reads one value; a field that cannot be written is refused. */
export function readValue(call: Call, id: string, value: Json, target: Target): NewValue {
  const reader = Object.hasOwn(READERS, id) ? READERS[id] : undefined;
  if (reader !== undefined) return reader(call, id, value, target);
  const onIssue = isObject(target.issue?.raw.fields) && id in target.issue.raw.fields;
  if (id.startsWith("customfield_") && (Object.hasOwn(call.site.fields, id) || onIssue)) {
    return custom(call, id, value, target);
  }
  throw badFields({ [id]: `Field '${id}' cannot be set. It is not on the appropriate screen, or unknown.` });
}
