import { describe, expect, it } from "vitest";
import { type JqlContext, searchJql } from "../../src/sandbox/jql/index.ts";
import {
  type Issue,
  type JiraRecord,
  nextId,
  putIssue,
  type Site,
  type World,
} from "../../src/sandbox/world/model.ts";
import { seedWorld } from "../../src/sandbox/world/seed.ts";

const NOW = Date.UTC(2026, 10, 20, 12, 0, 0);
const world: World = seedWorld(1, NOW);
const site = world.sites.datacenter as Site;

/** A site with nothing but the issues of this test. */
for (const id of Object.keys(site.issues)) delete site.issues[id];
for (const key of Object.keys(site.keys)) delete site.keys[key];
const project = site.projects["10200"] as { id: string; raw: JiraRecord };

const person = (name: string): JiraRecord => ({
  name,
  key: name,
  displayName: `${name} Example`,
  emailAddress: `${name}@example.com`,
});
const status = (id: string): JiraRecord => site.statuses[id] as JiraRecord;

function add(number: number, fields: JiraRecord, more: Partial<Issue> = {}): void {
  const key = `JJ-${number}`;
  putIssue(world, site, {
    id: nextId(site, "issue"),
    key,
    raw: {
      fields: {
        project: { id: project.id, key: "JJ", name: "Jira Junior" },
        issuetype: site.issueTypes["1"] as JiraRecord,
        status: status("1"),
        priority: site.priorities["3"] as JiraRecord,
        resolution: null,
        assignee: null,
        reporter: person("admin"),
        creator: person("admin"),
        labels: [],
        created: "2026-11-01T10:00:00.000+0000",
        updated: "2026-11-01T10:00:00.000+0000",
        ...fields,
      },
    },
    loaded: false,
    comments: [],
    worklogs: [],
    changelog: [],
    remoteLinks: [],
    properties: {},
    projectId: project.id,
    created_ms: Date.parse("2026-11-01T10:00:00Z"),
    updated_ms: Date.parse("2026-11-01T10:00:00Z"),
    ...more,
  });
}

add(1, {
  summary: "The logo is not pink enough",
  assignee: person("alana"),
  labels: ["ui", "brand"],
  duedate: "2026-11-21",
});
add(2, {
  summary: "Café: a+b é -c *d*",
  description: "Umlauts äöü, and C++",
  priority: site.priorities["1"] as JiraRecord,
  created: "2026-11-20T09:00:00.000+0000",
});
add(
  3,
  {
    summary: "Rebuild the search index",
    status: status("6"),
    resolution: site.resolutions["1"] as JiraRecord,
    resolutiondate: "2026-11-19T08:00:00.000+0000",
    labels: ["ui"],
  },
  {
    comments: [{ id: "1", body: "searching was slow" }],
    changelog: [
      {
        id: "1",
        author: person("william"),
        created: "2026-11-10T08:00:00.000+0000",
        items: [
          {
            field: "status",
            fieldtype: "jira",
            from: "1",
            fromString: "Open",
            to: "3",
            toString: "In Progress",
          } as unknown as JiraRecord,
        ],
      },
      {
        id: "2",
        author: person("alana"),
        created: "2026-11-19T08:00:00.000+0000",
        items: [
          {
            field: "status",
            fieldtype: "jira",
            from: "3",
            fromString: "In Progress",
            to: "6",
            toString: "Closed",
          } as unknown as JiraRecord,
        ],
      },
    ],
  },
);
add(4, {
  summary: "Order 10 printers",
  customfield_10006: 8,
  customfield_10003: { id: "5", value: "High" },
  customfield_10001: "ACME 42",
  parent: { id: "1", key: "JJ-1" },
});
add(10, {
  summary: "Last",
  customfield_10006: 13,
  customfield_10007: [
    "com.atlassian.greenhopper.service.sprint.Sprint@1[id=7,rapidViewId=1,state=ACTIVE,name=Sprint 7,goal=]",
  ],
});

const context: JqlContext = {
  site,
  world,
  me: ["alana"],
  now: NOW,
  timeZone: "Australia/Sydney",
  locale: "en_AU",
};

async function keys(jql: string, changes: Partial<JqlContext> = {}): Promise<string> {
  const user = (changes.me ?? context.me).join() + (changes.timeZone ?? "");
  const result = await searchJql({ jql, user, context: { ...context, ...changes }, visible: () => true });
  return result.ok
    ? result.issues.map((issue) => issue.key.slice(3)).join(" ")
    : `refused: ${result.errors.join(" | ")}`;
}

describe("conditions", () => {
  it.each([
    ["project = JJ", "10 4 3 2 1"],
    ["project = 'jira junior' AND key != JJ-1", "10 4 3 2"],
    ["PROJECT in (10200) and key >= JJ-3", "10 4 3"],
    ["key in (jj-2, JJ-4)", "4 2"],
    ["status = open", "10 4 2 1"],
    ["status != Open", "3"],
    ["statusCategory = Done", "3"],
    ["priority > Major", "2"],
    ["priority <= Major", "10 4 3 1"],
    ["assignee = alana", "1"],
    ["assignee = currentUser()", "1"],
    ["assignee != alana", ""],
    ["NOT assignee = alana", ""],
    ["assignee is EMPTY", "10 4 3 2"],
    ["assignee is not null", "1"],
    ["assignee in (alana, EMPTY)", "10 4 3 2 1"],
    ["reporter in membersOf('jira-administrators')", "10 4 3 2 1"],
    ["labels = ui", "3 1"],
    ["labels in (brand, none)", "1"],
    ["labels not in (brand)", "3"],
    ["labels = ui AND NOT (labels = brand OR status = Closed)", ""],
    ["labels is EMPTY OR labels = brand", "10 4 2 1"],
    ["resolution = Unresolved", "10 4 2 1"],
    ["resolution != unresolved", "3"],
    ["resolution = Imaginary", "refused: The value 'Imaginary' does not exist for the field 'resolution'."],
    ["resolution is EMPTY", "10 4 2 1"],
    ["type = Bug and issuetype in standardIssueTypes()", "10 4 3 2 1"],
    ["parent = JJ-1", "4"],
    ["'Story Points' > 8", "10"],
    ["cf[10006] = 8", "4"],
    ["Severity = high", "4"],
    ["'Customer reference' ~ acme", "4"],
    ["sprint = 'Sprint 7' AND sprint in openSprints()", "10"],
    ["sprint in closedSprints()", ""],
    ["status was 'In Progress'", "3"],
    ["status was not 'In Progress'", "10 4 2 1"],
    ["status was Open by william", ""],
    ["status was 'In Progress' by william before 2026-11-15", "3"],
    ["status changed to closed after -2d", "3"],
    ["status changed from Open to Closed", ""],
    ["status changed during (2026-11-01, 2026-11-12) by william", "3"],
  ])("%s", async (jql, expected) => {
    expect(await keys(jql)).toBe(expected);
  });
});

describe("dates, in the asking user's time zone", () => {
  it.each([
    ["created > -1d", "2"],
    ["created >= startOfDay()", "2"],
    ["created < startOfDay('-1d')", "10 4 3 1"],
    ["created >= '2026-11-20 20:00' and created < '2026/11/20 20:01'", "2"],
    ["created > '2026-11-20 20:00'", ""],
    ["created > endOfDay()", ""],
    ["created >= startOfWeek() AND created <= endOfWeek()", "2"],
    ["created >= startOfMonth() and created <= endOfYear()", "10 4 3 2 1"],
    ["created < startOfMonth('+1M')", "10 4 3 2 1"],
    ["resolved >= '-2d'", "3"],
    ["resolutiondate is EMPTY", "10 4 2 1"],
    ["due <= 1d", "1"],
    ["duedate = 2026-11-21", "1"],
    ["due < now()", ""],
    ["updated >= '4w 2d'", ""],
    ["updated <= '-1w 2d'", "10 4 3 2 1"],
  ])("%s", async (jql, expected) => {
    expect(await keys(jql)).toBe(expected);
  });

  it("moves with the zone: nine in the morning UTC is eight in the evening in Sydney", async () => {
    const jql = "created >= '2026-11-20 09:00' AND created < '2026-11-20 09:01'";
    expect(await keys(jql, { timeZone: "UTC" })).toBe("2");
    expect(await keys(jql)).toBe("");
  });
});

describe("text", () => {
  it.each([
    ["summary ~ logo", "1"],
    ["summary ~ 'LOGO pink'", "1"],
    ["summary ~ 'logo blue'", ""],
    ["summary ~ '\"not pink\"'", "1"],
    ["summary ~ '\"pink not\"'", ""],
    ["summary ~ 'a+b é'", "2"],
    ["summary ~ 'café -c'", ""],
    ["summary ~ 'logo -blue'", "1"],
    ["summary ~ 'caf\\u00e9'", "2"],
    ["summary ~ caf\\u00e9", "2"],
    ["summary ~ 'log*'", "1"],
    ["summary ~ 'l?go OR printer'", "4 1"],
    ["text ~ slow", "3"],
    ["comment ~ search", "3"],
    ["description ~ 'c++'", "2"],
    ["description ~ äöü", "2"],
    ["summary !~ logo", "10 4 3 2"],
    ["summary ~ '10'", "4"],
    ["summary ~ '+'", ""],
  ])("%s", async (jql, expected) => {
    expect(await keys(jql)).toBe(expected);
  });
});

describe("order", () => {
  it.each([
    ["ORDER BY key", "1 2 3 4 10"],
    ["project = JJ order by priority desc, key asc", "2 1 3 4 10"],
    ["order by assignee, key", "1 2 3 4 10"],
    ["order by created DESC, summary ASC", "2 10 4 3 1"],
    ["order by 'Story Points' desc, key", "1 2 3 10 4"],
    ["order by 'Story Points', key", "4 10 1 2 3"],
    ["order by status, key", "1 2 4 10 3"],
  ])("%s", async (jql, expected) => {
    expect(await keys(jql)).toBe(expected);
  });
});

describe("what is wrong", () => {
  it.each([
    ["project = NOPE", "The value 'NOPE' does not exist for the field 'project'."],
    ["nofield = 1", "Field 'nofield' does not exist or you do not have permission to view it."],
    ["key = JJ-99", "An issue with key 'JJ-99' does not exist for field 'key'."],
    ["project ~ JJ", "The operator '~' is not supported by the 'project' field."],
    ["summary = x", "The operator '=' is not supported by the 'summary' field."],
    ["summary was x", "History searches do not support the 'summary' field."],
    ["created > someday", "Date value 'someday' for field 'created' is invalid."],
    ["assignee = wherever()", "Unable to find JQL function 'wherever()'."],
    ["reporter in membersOf(nobodies)", "the group does not exist"],
    ["order by comment", "Not able to sort using field 'comment'."],
    ["project = ", "Expecting either a value, list or function before the end of the query."],
    ["project = JJ AND", "before the end of the query"],
    ["project JJ", "Expecting operator but got 'JJ'. The valid operators are '=', '!='"],
    ["text ~ a+b", "The character '+' is a reserved JQL character."],
    ["project = JJ status = Open", "Expecting either 'OR' or 'AND' but got 'status'. (line 1, character 14)"],
    ["(project = JJ", "Expecting ')' before the end of the query."],
    ['summary ~ "open', "The quoted string 'open' has not been completed."],
  ])("%s", async (jql, words) => {
    const answer = await keys(jql);
    expect(answer).toMatch(/^refused: /);
    expect(answer).toContain(words);
  });
});
