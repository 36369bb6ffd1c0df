/** What every site of the sandbox starts with: statuses, types, priorities, workflows. Ids as in the tutorial's issue. */
import type { JiraRecord, Json, Site, Workflow } from "./model.ts";

const categories: Readonly<Record<string, JiraRecord>> = {
  "1": {
    self: "{base}/rest/api/2/statuscategory/1",
    id: 1,
    key: "undefined",
    colorName: "medium-gray",
    name: "No Category",
  },
  "2": {
    self: "{base}/rest/api/2/statuscategory/2",
    id: 2,
    key: "new",
    colorName: "blue-gray",
    name: "To Do",
  },
  "4": {
    self: "{base}/rest/api/2/statuscategory/4",
    id: 4,
    key: "indeterminate",
    colorName: "yellow",
    name: "In Progress",
  },
  "3": { self: "{base}/rest/api/2/statuscategory/3", id: 3, key: "done", colorName: "green", name: "Done" },
};

const statuses: ReadonlyArray<
  readonly [id: string, name: string, category: string, icon: string, description: string]
> = [
  ["1", "Open", "2", "open", "The issue is open and ready for the assignee to start work on it."],
  ["3", "In Progress", "4", "inprogress", "Somebody is working on it."],
  ["4", "Reopened", "2", "reopened", "It was resolved, but the resolution did not hold."],
  ["5", "Resolved", "3", "resolved", "A resolution was found and waits to be verified by the reporter."],
  ["6", "Closed", "3", "closed", "It is finished and the resolution is right."],
  ["10000", "To Do", "2", "open", ""],
  ["10001", "In Review", "4", "inprogress", "The work is done and a colleague looks at it."],
  ["10002", "Done", "3", "closed", ""],
  ["10100", "Waiting for support", "2", "generic", "The next step is the team's."],
  ["10101", "Waiting for customer", "4", "generic", "The team asked something and waits for the answer."],
];

const types: ReadonlyArray<
  readonly [id: string, name: string, avatar: number, subtask: boolean, description: string]
> = [
  ["1", "Bug", 10803, false, "A problem which impairs or prevents the functions of the product."],
  ["3", "Task", 10818, false, "Something that has to be done."],
  ["5", "Sub-task", 10816, true, "A part of a larger piece of work."],
  ["10000", "Epic", 10807, false, "A large piece of work that is broken down into stories."],
  ["10001", "Story", 10815, false, "Something a user of the product wants to be able to do."],
  ["10100", "IT Help", 10821, false, "A request to the service desk for help with equipment or access."],
  ["10101", "Fault", 10822, false, "Something that used to work and does not."],
];

const priorities: ReadonlyArray<readonly [id: string, name: string, color: string, description: string]> = [
  ["1", "Blocker", "#cc0000", "Blocks development or testing; nobody can go on."],
  ["2", "Critical", "#ff0000", "Loss of data or a failure without a way around it."],
  ["3", "Major", "#009900", "A large loss of function."],
  ["4", "Minor", "#006600", "A small loss of function, or one with an easy way around it."],
  ["5", "Trivial", "#003300", "A cosmetic matter."],
];

const resolutions: ReadonlyArray<readonly [id: string, name: string, description: string]> = [
  ["1", "Fixed", "A change for this was made and tested."],
  ["2", "Won't Fix", "It will not be changed."],
  ["3", "Duplicate", "It is the same as another issue."],
  ["5", "Cannot Reproduce", "It could not be made to happen again."],
  ["10000", "Done", "The work is finished."],
];

const links: ReadonlyArray<readonly [id: string, name: string, inward: string, outward: string]> = [
  ["10000", "Blocks", "is blocked by", "blocks"],
  ["10001", "Duplicate", "is duplicated by", "duplicates"],
  ["10003", "Relates", "relates to", "relates to"],
];

const move = (id: string, name: string, to: string) => ({ id, name, to });

/** Who leads where: `classic` as the tutorial's project has it, `software` for the teams, `desk` for requests. */
const workflows: Readonly<Record<string, Workflow>> = {
  classic: {
    "": [move("1", "Create", "1")],
    "1": [move("4", "Start Progress", "3"), move("5", "Resolve Issue", "5"), move("2", "Close Issue", "6")],
    "3": [move("301", "Stop Progress", "1"), move("5", "Resolve Issue", "5"), move("2", "Close Issue", "6")],
    "4": [move("4", "Start Progress", "3"), move("5", "Resolve Issue", "5"), move("2", "Close Issue", "6")],
    "5": [move("701", "Close Issue", "6"), move("3", "Reopen Issue", "4")],
    "6": [move("3", "Reopen Issue", "4")],
  },
  software: Object.fromEntries([
    ["", [move("1", "Create", "10000")]],
    ...["10000", "3", "10001", "10002"].map((status) => [
      status,
      [
        move("11", "To Do", "10000"),
        move("21", "In Progress", "3"),
        move("31", "In Review", "10001"),
        move("41", "Done", "10002"),
      ],
    ]),
  ]),
  desk: {
    "": [move("1", "Create", "10100")],
    "10100": [move("851", "Respond to customer", "10101"), move("761", "Resolve this issue", "5")],
    "10101": [move("781", "Respond to support", "10100"), move("761", "Resolve this issue", "5")],
    "5": [move("931", "Back to in progress", "10100"), move("941", "Close", "6")],
    "6": [],
  },
};

function byId(records: readonly JiraRecord[]): Record<string, JiraRecord> {
  return Object.fromEntries(records.map((record) => [String(record.id), record]));
}

/** Fresh copies of everything above, by the names `Site` has for them. */
export function makeMetadata(): Pick<
  Site,
  "statuses" | "statusCategories" | "priorities" | "issueTypes" | "resolutions" | "linkTypes" | "workflows"
> {
  return {
    statusCategories: structuredClone(categories) as Record<string, JiraRecord>,
    statuses: byId(
      statuses.map(([id, name, category, icon, description]) => ({
        name,
        self: `{base}/rest/api/2/status/${id}`,
        description,
        iconUrl: `{base}/images/icons/statuses/${icon}.png`,
        id,
        statusCategory: { ...categories[category] } as Json,
      })),
    ),
    issueTypes: byId(
      types.map(([id, name, avatarId, subtask, description]) => ({
        avatarId,
        name,
        self: `{base}/rest/api/2/issuetype/${id}`,
        description,
        id,
        iconUrl: `{base}/secure/viewavatar?size=xsmall&avatarId=${avatarId}&avatarType=issuetype`,
        subtask,
      })),
    ),
    priorities: byId(
      priorities.map(([id, name, statusColor, description]) => ({
        self: `{base}/rest/api/2/priority/${id}`,
        statusColor,
        description,
        iconUrl: `{base}/images/icons/priorities/${name.toLowerCase()}.svg`,
        name,
        id,
      })),
    ),
    resolutions: byId(
      resolutions.map(([id, name, description]) => ({
        self: `{base}/rest/api/2/resolution/${id}`,
        id,
        name,
        description,
      })),
    ),
    linkTypes: byId(
      links.map(([id, name, inward, outward]) => ({
        id,
        name,
        inward,
        outward,
        self: `{base}/rest/api/2/issueLinkType/${id}`,
      })),
    ),
    workflows: structuredClone(workflows) as Record<string, Workflow>,
  };
}

/** A record as it stands inside an issue. */
export function embed(record: JiraRecord | undefined): Json {
  if (record === undefined) return null;
  const { statusColor: _color, description, ...rest } = record;
  return "statusColor" in record ? rest : { ...rest, ...(description === undefined ? {} : { description }) };
}
