/** Custom fields by their type, as `GET /rest/api/{2|3}/field` of the site tells it. */
import type { Node } from "./fields.ts";

/** One field as Jira describes it. */
export type FieldDescription = {
  readonly id: string;
  readonly name?: string;
  readonly schema?: {
    readonly type?: string;
    readonly items?: string;
    readonly custom?: string;
    readonly system?: string;
  };
};
/** What is known of a site's own fields: by id and by name. */
export type CustomFields = {
  readonly byId: ReadonlyMap<string, Node>;
  readonly byName: ReadonlyMap<string, Node>;
};

/** By the last word of the type's key. */
const BY_TYPE: Readonly<Record<string, Node>> = {
  select: "@Option",
  radiobuttons: "@Option",
  multiselect: ["@Option"],
  multicheckboxes: ["@Option"],
  cascadingselect: "@Option",
  textfield: "text",
  textarea: "rich",
  readonlyfield: "text",
  url: "url",
  float: "number",
  importid: "number",
  datepicker: "date",
  datetime: "date",
  labels: ["option"],
  userpicker: "@User",
  multiuserpicker: ["@User"],
  people: ["@User"],
  grouppicker: "@Group",
  multigrouppicker: ["@Group"],
  project: "@Project",
  version: "@Version",
  multiversion: ["@Version"],
  "gh-sprint": ["@Sprint"],
  "gh-epic-link": "key",
  "gh-epic-label": "text",
  "gh-epic-status": "@Option",
  "gh-epic-color": "color",
  "sd-sla-field": "@Sla",
  "sd-request-participants": ["@User"],
  "sd-customer-organizations": ["@Organization"],
  "sd-approvals": ["@Approval"],
  "vp-origin": "@RequestOrigin",
  "sd-request-feedback": "@Feedback",
  "sd-request-feedback-date": "date",
  "rm-teams-custom-field-team": "@Team",
  "atlassian-team": "@Team",
};
/** By the type of the value, for types of apps. */
const BY_VALUE: Readonly<Record<string, Node>> = {
  number: "number",
  date: "date",
  datetime: "date",
  option: "@Option",
  "option-with-child": "@Option",
  user: "@User",
  group: "@Group",
  project: "@Project",
  version: "@Version",
  component: "@Component",
  priority: "@Priority",
  resolution: "@Resolution",
  status: "@Status",
  issuetype: "@IssueType",
  string: "text",
};

/** A type that is not known makes a field that never leaves. */
export function readCustomFields(fields: readonly FieldDescription[]): CustomFields {
  const byId = new Map<string, Node>();
  const byName = new Map<string, Node>();
  for (const field of fields) {
    if (!/^customfield_\d{1,10}$/.test(field.id)) continue;
    const node = nodeOf(field.schema ?? {});
    if (node === undefined) continue;
    byId.set(field.id, node);
    if (field.name !== undefined) byName.set(field.name, byName.has(field.name) ? "text" : node);
  }
  return { byId, byName };
}

function nodeOf(schema: NonNullable<FieldDescription["schema"]>): Node | undefined {
  const type = schema.custom?.split(":").at(-1) ?? "";
  if (Object.hasOwn(BY_TYPE, type)) return BY_TYPE[type];
  const value = schema.type === "array" ? schema.items : schema.type;
  const node = value !== undefined && Object.hasOwn(BY_VALUE, value) ? BY_VALUE[value] : undefined;
  return node !== undefined && schema.type === "array" ? [node] : node;
}
