/** From the records of the world to what goes on the wire: addresses filled in, people shown as the face shows them. */
import type { Issue, JiraRecord, Json } from "../world/model.ts";
import { address, type Call, isObject } from "./call.ts";
import { personJson, personOf } from "./people.ts";

/** Where a document as it was written in version 3 is kept beside its wiki text; never shown. */
export const HIDDEN_DOCUMENTS = "{adf}";

/** A deep copy with addresses filled in and nothing else touched: for what is given back as it was loaded. */
export function asLoaded(call: Call, value: Json): Json {
  if (typeof value === "string") return address(call, value);
  if (Array.isArray(value)) return value.map((item) => asLoaded(call, item));
  if (!isObject(value)) return value;
  const copy: JiraRecord = {};
  for (const [name, item] of Object.entries(value)) {
    if (!name.startsWith("{")) copy[name] = asLoaded(call, item);
  }
  return copy;
}

/** A deep copy with addresses filled in and every person the world knows shown in this face's form. */
export function rendered(call: Call, value: Json | undefined): Json {
  if (value === undefined) return null;
  if (typeof value === "string") return address(call, value);
  if (Array.isArray(value)) return value.map((item) => rendered(call, item));
  if (!isObject(value)) return value;
  if (looksLikePerson(value)) {
    const person = personOf(call.world, value);
    if (person !== undefined) return personJson(call, person);
  }
  const copy: JiraRecord = {};
  for (const [name, item] of Object.entries(value)) {
    if (!name.startsWith("{")) copy[name] = rendered(call, item);
  }
  return copy;
}

/** A record that belongs to an issue: as it was loaded while the issue is, and rendered otherwise. */
export function partOf(call: Call, issue: Issue, record: JiraRecord): JiraRecord {
  return (issue.loaded && !call.adf ? asLoaded(call, record) : rendered(call, record)) as JiraRecord;
}

/** People are told from options, groups and projects by their display name. */
export function looksLikePerson(value: JiraRecord): boolean {
  if (typeof value.displayName !== "string") return false;
  return (
    typeof value.accountId === "string" || typeof value.name === "string" || typeof value.key === "string"
  );
}
