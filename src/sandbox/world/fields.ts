/** The fields of every site: Jira's own, and the custom fields the tutorial's issue has. */
import type { JiraRecord } from "./model.ts";

/** Field ids the generated history writes to. */
export const sprintField = "customfield_10007";
export const storyPointsField = "customfield_10006";
export const epicLinkField = "customfield_10008";
export const rankField = "customfield_10200";

type Row = readonly [id: string, name: string, type: string, items?: string];

const system: readonly Row[] = [
  ["issuekey", "Key", ""],
  ["summary", "Summary", "string"],
  ["issuetype", "Issue Type", "issuetype"],
  ["status", "Status", "status"],
  ["priority", "Priority", "priority"],
  ["resolution", "Resolution", "resolution"],
  ["project", "Project", "project"],
  ["assignee", "Assignee", "user"],
  ["reporter", "Reporter", "user"],
  ["creator", "Creator", "user"],
  ["labels", "Labels", "array", "string"],
  ["components", "Component/s", "array", "component"],
  ["versions", "Affects Version/s", "array", "version"],
  ["fixVersions", "Fix Version/s", "array", "version"],
  ["issuelinks", "Linked Issues", "array", "issuelinks"],
  ["subtasks", "Sub-Tasks", "array", "issuelinks"],
  ["attachment", "Attachment", "array", "attachment"],
  ["comment", "Comment", "comments-page"],
  ["worklog", "Log Work", "array", "worklog"],
  ["description", "Description", "string"],
  ["environment", "Environment", "string"],
  ["created", "Created", "datetime"],
  ["updated", "Updated", "datetime"],
  ["resolutiondate", "Resolved", "datetime"],
  ["lastViewed", "Last Viewed", "datetime"],
  ["duedate", "Due Date", "date"],
  ["timeoriginalestimate", "Original Estimate", "number"],
  ["timeestimate", "Remaining Estimate", "number"],
  ["timespent", "Time Spent", "number"],
  ["timetracking", "Time Tracking", "timetracking"],
  ["aggregatetimeoriginalestimate", "Σ Original Estimate", "number"],
  ["aggregatetimeestimate", "Σ Remaining Estimate", "number"],
  ["aggregatetimespent", "Σ Time Spent", "number"],
  ["progress", "Progress", "progress"],
  ["aggregateprogress", "Σ Progress", "progress"],
  ["workratio", "Work Ratio", "number"],
  ["votes", "Votes", "votes"],
  ["watches", "Watchers", "watches"],
];

const cases = "com.atlassian.jira.plugin.system.customfieldtypes:";
const agile = "com.pyxis.greenhopper.jira:";
const desk = "com.atlassian.servicedesk:";

const custom: ReadonlyArray<
  readonly [number: number, name: string, type: string, items: string, kind: string]
> = [
  [10000, "Reviewer", "user", "", `${cases}userpicker`],
  [10001, "Customer reference", "string", "", `${cases}textfield`],
  [10002, "Release note", "string", "", `${cases}textarea`],
  [10003, "Severity", "option", "", `${cases}select`],
  [10006, "Story Points", "number", "", `${cases}float`],
  [10007, "Sprint", "array", "string", `${agile}gh-sprint`],
  [10008, "Epic Link", "any", "", `${agile}gh-epic-link`],
  [10012, "Epic Name", "string", "", `${agile}gh-epic-label`],
  [10013, "Epic Status", "option", "", `${agile}gh-epic-status`],
  [10014, "Epic Colour", "string", "", `${agile}gh-epic-color`],
  [10015, "Start date", "date", "", `${cases}datepicker`],
  [10016, "Business value", "number", "", `${cases}float`],
  [10017, "Browsers", "array", "option", `${cases}multicheckboxes`],
  [10018, "Approver group", "group", "", `${cases}grouppicker`],
  [10019, "Website", "string", "", `${cases}url`],
  [10020, "Region", "option-with-child", "", `${cases}cascadingselect`],
  [10021, "Delivery state", "string", "", `${cases}readonlyfield`],
  [10102, "Testers", "array", "user", `${cases}multiuserpicker`],
  [10200, "Rank", "any", "", `${agile}gh-lexo-rank`],
  [10300, "Satisfaction", "sd-feedback", "", `${desk}sd-request-feedback`],
  [10400, "Organizations", "array", "sd-customerorganization", `${desk}sd-customer-organizations`],
  [10500, "Customer Request Type", "sd-customerrequesttype", "", `${desk}vp-origin`],
  [10600, "Request participants", "array", "user", `${desk}sd-request-participants`],
  [10601, "Time to resolution", "sd-servicelevelagreement", "", `${desk}sd-sla-field`],
  [10700, "Approvals", "sd-approvals", "", `${desk}sd-approvals`],
];

/** The options of the select lists, by the number of the field; of a cascading one with what lies below each. */
const options: Readonly<
  Record<number, ReadonlyArray<readonly [value: string, children?: readonly string[]]>>
> = {
  10003: [["Critical"], ["High"], ["Medium"], ["Low"]],
  10017: [["Chromium"], ["Firefox"], ["Safari"]],
  10020: [
    ["Europe", ["Berlin", "Prague"]],
    ["Australia", ["Sydney"]],
  ],
};

/** Kept under a name in braces: part of the site, never shown with the field itself. */
function optionsOf(customId: number): JiraRecord {
  const listed = options[customId];
  if (listed === undefined) return {};
  let last = customId * 10;
  const option = (value: string): JiraRecord => {
    last += 1;
    return { self: `{base}/rest/api/2/customFieldOption/${last}`, value, id: String(last) };
  };
  const made = listed.map(([value, children]) => {
    const own = option(value);
    return children === undefined ? own : { ...own, children: children.map(option) };
  });
  return { "{options}": made };
}

/** The field records by id. */
export function makeFields(): Record<string, JiraRecord> {
  const fields: Record<string, JiraRecord> = {};
  for (const [id, name, type, items] of system) {
    fields[id] = {
      id,
      name,
      custom: false,
      orderable: !["issuekey", "created", "updated", "votes", "watches", "status"].includes(id),
      navigable: id !== "comment" && id !== "attachment",
      searchable: !["progress", "aggregateprogress", "timetracking"].includes(id),
      clauseNames: clauseNames(id),
      ...(type === "" ? {} : { schema: { type, ...(items === undefined ? {} : { items }), system: id } }),
    };
  }
  for (const [customId, name, type, items, kind] of custom) {
    const id = `customfield_${customId}`;
    fields[id] = {
      id,
      name,
      custom: true,
      orderable: true,
      navigable: true,
      searchable: true,
      clauseNames: [`cf[${customId}]`, name],
      schema: { type, ...(items === "" ? {} : { items }), custom: kind, customId },
      ...optionsOf(customId),
    };
  }
  return fields;
}

const otherNames: Readonly<Record<string, readonly string[]>> = {
  issuekey: ["id", "issue", "issuekey", "key"],
  issuetype: ["issuetype", "type"],
  components: ["component"],
  versions: ["affectedVersion"],
  fixVersions: ["fixVersion"],
  created: ["created", "createdDate"],
  updated: ["updated", "updatedDate"],
  resolutiondate: ["resolutiondate", "resolved"],
  duedate: ["due", "duedate"],
  watches: ["watchers"],
  attachment: ["attachments"],
  timeoriginalestimate: ["originalEstimate", "timeoriginalestimate"],
  timeestimate: ["remainingEstimate", "timeestimate"],
};

function clauseNames(id: string): string[] {
  return [...(otherNames[id] ?? [id])];
}
