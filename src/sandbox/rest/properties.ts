/** Properties of an issue: any JSON under a key, invisible to people. */
import { empty } from "../message.ts";
import type { Issue, JiraRecord, Json } from "../world/model.ts";
import { type Call, isObject, issueParam, ok, type Row, signedIn } from "./call.ts";
import { beginEdit } from "./edits.ts";
import { badRequest, notFound } from "./refuse.ts";

const LONGEST_KEY = 255;
const LARGEST = 32_768;

function existing(call: Call): { issue: Issue; key: string; value: Json } {
  const issue = issueParam(call);
  const key = call.params.property ?? "";
  if (!Object.hasOwn(issue.properties, key))
    throw notFound(`The property '${key.slice(0, 300)}' does not exist.`);
  return { issue, key, value: issue.properties[key] as Json };
}

/** Properties sent with an issue: `[{"key", "value"}]`; 400 where one of them cannot be kept. */
export function readProperties(sent: Json | undefined): ReadonlyArray<readonly [string, Json]> {
  if (sent === undefined || sent === null) return [];
  if (!Array.isArray(sent)) throw badRequest("'properties' must be a list of keys and values.");
  return sent.map((one) => {
    if (!isObject(one) || typeof one.key !== "string" || one.key === "" || one.value === undefined)
      throw badRequest("A property needs a 'key' and a 'value'.");
    check(one.key, JSON.stringify(one.value).length);
    return [one.key, one.value];
  });
}

function check(key: string, length: number): void {
  if (key.length > LONGEST_KEY)
    throw badRequest(`The property key must be no longer than ${LONGEST_KEY} characters.`);
  if (length > LARGEST) throw badRequest(`The property value is too large: at most ${LARGEST} characters.`);
}

/** Writes one property, whatever its key is called. */
export function setProperty(issue: Issue, key: string, value: Json): void {
  Object.defineProperty(issue.properties, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function tell(call: Call, issue: Issue, event: string, property: JiraRecord): void {
  call.happenings.push({ event, issue, property: String(property.key), more: { property } });
}

export const propertyRows: readonly Row[] = [
  [
    "GET",
    "/rest/api/{version}/issue/{issue}/properties",
    (call) => {
      const issue = issueParam(call);
      const path = `${call.base}/rest/api/${call.adf ? "3" : "2"}/issue/${issue.id}/properties`;
      return ok({
        keys: Object.keys(issue.properties).map((key) => ({
          self: `${path}/${encodeURIComponent(key)}`,
          key,
        })),
      });
    },
  ],
  [
    "GET",
    "/rest/api/{version}/issue/{issue}/properties/{property}",
    (call) => {
      const { key, value } = existing(call);
      return ok({ key, value });
    },
  ],
  [
    "PUT",
    "/rest/api/{version}/issue/{issue}/properties/{property}",
    (call) => {
      const issue = issueParam(call);
      signedIn(call);
      const key = call.params.property ?? "";
      const value = call.request.json();
      if (value === undefined) throw badRequest("The property value must be a valid JSON.");
      check(key, call.request.body.length);
      const before = Object.hasOwn(issue.properties, key);
      beginEdit(call, issue);
      setProperty(issue, key, value as Json);
      tell(call, issue, "issue_property_set", { key, value: value as Json });
      return empty(before ? 200 : 201);
    },
  ],
  [
    "DELETE",
    "/rest/api/{version}/issue/{issue}/properties/{property}",
    (call) => {
      const { issue, key } = existing(call);
      signedIn(call);
      beginEdit(call, issue);
      delete issue.properties[key];
      tell(call, issue, "issue_property_deleted", { key });
      return empty(204);
    },
  ],
];
