/** Custom fields in JQL: by `cf[10010]`, by id or by name, with the operators their type allows. */
import type { Issue, JiraRecord } from "../world/model.ts";
import type { Field, JqlContext } from "./field-kinds.ts";
import { asRecord, fieldOf, instantOfJira, optionKeys, personKeys, sprintOf } from "./values.ts";
import { plainText } from "./words.ts";

const SPRINT_TYPE = "com.pyxis.greenhopper.jira:gh-sprint";
const TEXT_FIELD = /:(textarea|textfield|readonlyfield|url)$/;

function recordNamed(name: string, context: JqlContext): JiraRecord | undefined {
  const { fields } = context.site;
  const number = /^cf\[(\d+)\]$/i.exec(name)?.[1];
  if (number !== undefined)
    return fields[`customfield_${number}`] ?? unlisted(`customfield_${number}`, context);
  if (/^customfield_\d+$/.test(name)) return fields[name] ?? unlisted(name, context);
  const wanted = name.toLowerCase();
  if (wanted === "sprint") return sprintRecord(context);
  return Object.values(fields).find(
    (record) =>
      record.custom === true &&
      (String(record.name).toLowerCase() === wanted ||
        (Array.isArray(record.clauseNames) &&
          record.clauseNames.some((clause) => String(clause).toLowerCase() === wanted))),
  );
}

/** A field that only loaded issues have; what it holds decides how it is compared. */
function unlisted(id: string, context: JqlContext): JiraRecord | undefined {
  const holder = Object.values(context.site.issues).find((issue) => fieldOf(issue, id) !== undefined);
  return holder === undefined ? undefined : { id, name: id, custom: true };
}

function sprintRecord(context: JqlContext): JiraRecord {
  const listed = Object.values(context.site.fields).find(
    (record) => asRecord(record.schema)?.custom === SPRINT_TYPE,
  );
  return listed ?? { id: "customfield_10020", name: "Sprint", custom: true, schema: { custom: SPRINT_TYPE } };
}

/** The custom field meant by `name`, or undefined. */
export function customField(name: string, context: JqlContext): Field | undefined {
  const record = recordNamed(name, context);
  if (record === undefined) return undefined;
  const id = String(record.id);
  const schema = asRecord(record.schema);
  const label = String(record.name ?? name);
  if (schema?.custom === SPRINT_TYPE) return sprint(id);
  if (schema?.type === "number") return numeric(id, label);
  if (schema?.type === "date" || schema?.type === "datetime") return dated(id, label);
  if (schema?.type === "string" && TEXT_FIELD.test(String(schema.custom ?? ""))) return textual(id, label);
  if (schema?.type === "option-with-child") return cascading(id, label);
  return general(id, label);
}

/** A select list with a second level; an option of both levels is asked for with `cascadeOption`. */
function cascading(id: string, name: string): Field {
  const keys = (issue: Issue): string[] => {
    const value = asRecord(fieldOf(issue, id));
    if (value === undefined) return [];
    const child = asRecord(value.child);
    const below = child === undefined ? ["none"] : optionKeys(child);
    const own = optionKeys(value);
    return [...own, ...own.flatMap((parent) => below.map((one) => `${parent} > ${one}`))];
  };
  const sort = (issue: Issue): string | undefined => keys(issue)[0];
  return { id, name, kind: "option", cascading: true, operators: new Set(EQUALITY), keys, sort };
}

function sprint(id: string): Field {
  // The tutorial's issue keeps its sprints where older Jiras did, beside an empty field of the newer id.
  const values = (issue: Issue): unknown[] =>
    [...new Set([id, "customfield_10020", "customfield_10007"])].flatMap((name) => {
      const value = fieldOf(issue, name);
      if (value === null || value === undefined) return [];
      return (Array.isArray(value) ? value : [value]).filter((item) => sprintOf(item).state !== "");
    });
  const keys = (issue: Issue): string[] =>
    values(issue).flatMap((value) => {
      const { keys: names, state } = sprintOf(value);
      return [...names, `state:${state}`];
    });
  return {
    id,
    name: "Sprint",
    kind: "option",
    operators: new Set(["=", "!=", "in", "not in", "is", "is not"]),
    keys,
    sort: (issue) => keys(issue)[0],
  };
}

const EQUALITY = ["=", "!=", "in", "not in", "is", "is not"];
const COMPARED = new Set(["=", "!=", "in", "not in", "<", "<=", ">", ">=", "is", "is not"]);

function numeric(id: string, name: string): Field {
  const number = (issue: Issue): number | undefined => {
    const value = fieldOf(issue, id);
    if (value === null || value === undefined || value === "") return undefined;
    const parsed = Number(value);
    return Number.isNaN(parsed) ? undefined : parsed;
  };
  return { id, name, kind: "number", operators: COMPARED, number, sort: number };
}

function dated(id: string, name: string): Field {
  const number = (issue: Issue, context: JqlContext): number | undefined =>
    instantOfJira(fieldOf(issue, id), context.timeZone);
  return { id, name, kind: "date", operators: COMPARED, number, sort: number };
}

function textual(id: string, name: string): Field {
  const texts = (issue: Issue): string[] => [plainText(fieldOf(issue, id))].filter((value) => value !== "");
  return {
    id,
    name,
    kind: "text",
    operators: new Set(["~", "!~", "is", "is not"]),
    texts,
    sort: (issue) => texts(issue)[0]?.toLowerCase(),
  };
}

function general(id: string, name: string): Field {
  const keys = (issue: Issue): string[] => {
    const value = fieldOf(issue, id);
    return [...new Set([...optionKeys(value), ...(asRecord(value) === undefined ? [] : personKeys(value))])];
  };
  const texts = (issue: Issue): string[] => {
    const value = fieldOf(issue, id);
    const direct = plainText(value);
    return direct.trim() === "" ? optionKeys(value) : [direct];
  };
  return {
    id,
    name,
    kind: "option",
    operators: new Set([...COMPARED, "~", "!~"]),
    keys,
    texts,
    number: (issue) => {
      const value = fieldOf(issue, id);
      return typeof value === "number"
        ? value
        : typeof value === "string" && value !== "" && !Number.isNaN(Number(value))
          ? Number(value)
          : undefined;
    },
    sort: (issue) => keys(issue)[0],
  };
}
