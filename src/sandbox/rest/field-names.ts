/** Names and schemas of fields, for `expand=names,schema`. */
import type { JiraRecord } from "../world/model.ts";
import type { Call } from "./call.ts";

/** What the fields are called, by id. */
export function fieldNames(call: Call, ids: readonly string[]): JiraRecord {
  const names: JiraRecord = {};
  for (const id of ids) names[id] = call.site.fields[id]?.name ?? id;
  return names;
}

/** What the fields hold, by id. */
export function fieldSchemas(call: Call, ids: readonly string[]): JiraRecord {
  const schemas: JiraRecord = {};
  for (const id of ids) schemas[id] = call.site.fields[id]?.schema ?? { type: "any" };
  return schemas;
}
