import { describe, expect, it } from "vitest";
import { type JqlContext, searchJql } from "../../src/sandbox/jql/index.ts";
import { parseJql } from "../../src/sandbox/jql/parse.ts";
import {
  type Issue,
  type JiraRecord,
  nextId,
  noteView,
  putIssue,
  type Site,
  type World,
} from "../../src/sandbox/world/model.ts";
import { seedWorld } from "../../src/sandbox/world/seed.ts";

const NOW = Date.UTC(2026, 10, 20, 12, 0, 0);
const world: World = seedWorld(1, NOW);
const faces = ["datacenter", "acme"].map((name) => world.sites[name] as Site);

const person = (name: string): JiraRecord => ({ name, accountId: world.users[name]?.accountId ?? "" });
const blocks: JiraRecord = { id: "10000", name: "Blocks", inward: "is blocked by", outward: "blocks" };
const other = (key: string): JiraRecord => ({ id: `id-${key}`, key });

function add(site: Site, number: number, fields: JiraRecord, more: Partial<Issue> = {}): void {
  const key = `JJ-${number}`;
  const project = Object.values(site.projects).find((one) => one.key === "JJ");
  putIssue(world, site, {
    id: `id-${key}`,
    key,
    raw: {
      fields: {
        project: { id: project?.id ?? "", key: "JJ", projectTypeKey: "software" },
        issuetype: site.issueTypes["1"] as JiraRecord,
        creator: person("admin"),
        created: "2026-11-01T10:00:00.000+0000",
        ...fields,
      },
    },
    loaded: false,
    comments: [],
    worklogs: [],
    changelog: [],
    remoteLinks: [],
    properties: {},
    projectId: project?.id ?? "",
    created_ms: Date.parse("2026-11-01T10:00:00Z"),
    updated_ms: Date.parse("2026-11-01T10:00:00Z"),
    ...more,
  });
}

for (const site of faces) {
  for (const id of Object.keys(site.issues)) delete site.issues[id];
  for (const key of Object.keys(site.keys)) delete site.keys[key];
  site.linkTypes = {
    "10000": blocks,
    "10001": { id: "10001", name: "Relates", inward: "relates to", outward: "relates to" },
  };
  site.filters = {
    "10000": { id: "10000", name: "Mine", jql: "assignee = currentUser() ORDER BY key" },
    "10001": { id: "10001", name: "Round", jql: "filter = Round" },
    "10002": { id: "10002", name: "Not mine", jql: "NOT filter = 10000" },
  };
  const jj = Object.values(site.projects).find((one) => one.key === "JJ");
  if (jj !== undefined)
    jj.raw.versions = [
      { id: "v1", name: "1.0", released: true, archived: false },
      { id: "v2", name: "2.0", released: true, archived: false },
      { id: "v3", name: "3.0", released: false, archived: false },
      { id: "v4", name: "4.0", released: false, archived: false },
    ];
  add(site, 1, {
    assignee: person("alana"),
    issuelinks: [{ id: "1", type: blocks, outwardIssue: other("JJ-2") }],
    fixVersions: [{ id: "v1", name: "1.0" }],
    timeoriginalestimate: 7200,
    customfield_10020: { id: "100201", value: "Europe", child: { id: "100202", value: "Berlin" } },
    attachment: [{ id: "7", filename: "a" }],
  });
  add(
    site,
    2,
    {
      issuelinks: [{ id: "1", type: blocks, inwardIssue: other("JJ-1") }],
      fixVersions: [{ id: "v2", name: "2.0" }],
      customfield_10020: { id: "100201", value: "Europe" },
      customfield_10008: "JJ-1",
    },
    {
      properties: { idea: { customer: { id: 7, name: "Acme Corp" }, tags: ["red", "blue"], done: true } },
      comments: [
        {
          id: "1",
          body: "x",
          author: person("william"),
          updateAuthor: person("maya"),
          created: "2026-11-10T10:00:00.000+0000",
          updated: "2026-11-12T10:00:00.000+0000",
        },
      ],
    },
  );
  add(
    site,
    3,
    { fixVersions: [{ id: "v3", name: "3.0" }], "{voters}": [] },
    {
      properties: { idea: { customer: { id: 12 } } },
      remoteLinks: [{ id: 1, globalId: "system=ideas&id=3" }],
      worklogs: [
        { id: "1", author: person("priya"), started: "2026-11-05T10:00:00.000+0000", comment: "sanded it" },
        { id: "2", author: person("tomas"), started: "2026-11-15T10:00:00.000+0000", comment: "painted" },
      ],
    },
  );
  for (const number of [2, 3]) (site.issues[`id-JJ-${number}`] as Issue).raw["{watchers}"] = ["alana"];
  (site.issues["id-JJ-3"] as Issue).raw["{voters}"] = ["alana", "maya"];
  noteView(site, "alana", "id-JJ-1");
  noteView(site, "alana", "id-JJ-3");
  nextId(site, "issue");
}

async function keys(jql: string, site: Site, me: readonly string[] = ["alana"]): Promise<string> {
  const context: JqlContext = { site, world, me, now: NOW, timeZone: "UTC", locale: "en_US" };
  const result = await searchJql({ jql, user: me.join(), context, visible: () => true });
  return result.ok
    ? result.issues.map((issue) => issue.key.slice(3)).join(" ")
    : `refused: ${result.errors.join(" | ")}`;
}

describe("functions", () => {
  it.each([
    ["issue in linkedIssues(JJ-1)", "2"],
    ["issue in linkedIssues(JJ-1, blocks)", "2"],
    ["issue in linkedIssues(JJ-1, 'is blocked by')", ""],
    ["issue in linkedIssues(JJ-2, 'is blocked by', 'relates to')", "1"],
    [
      "issue in linkedIssues(JJ-1, 'no such')",
      "refused: Issue link type 'no such' could not be found in function 'linkedIssues'.",
    ],
    ["issue in linkedIssues(JJ-99)", "refused: Issue 'JJ-99' could not be found in function 'linkedIssues'."],
    ["key in watchedIssues()", "3 2"],
    ["key in votedIssues()", "3"],
    ["key not in votedIssues()", "2 1"],
    ["issuekey in issueHistory()", "3 1"],
    ["issue in updatedBy(william)", "2"],
    ["issue in updatedBy(maya, '2026-11-11')", "2"],
    ["issue in updatedBy(maya, '2026-11-13')", ""],
    ["issue in updatedBy(admin, '-30d', '2026-11-02')", "3 2 1"],
    [
      "issue in updatedBy(nobody)",
      "refused: The user 'nobody' provided to function 'updatedBy' does not exist.",
    ],
    ["issue in issuesWithRemoteLinksByGlobalId('system=ideas&id=3')", "3"],
    ["fixVersion in releasedVersions(JJ)", "2 1"],
    ["fixVersion in unreleasedVersions()", "3"],
    ["fixVersion = latestReleasedVersion(JJ)", "2"],
    ["fixVersion = earliestUnreleasedVersion(JJ)", "3"],
    [
      "fixVersion in releasedVersions(NOPE)",
      "refused: Could not resolve the project 'NOPE' provided to function 'releasedVersions'.",
    ],
    ["Region in cascadeOption(Europe)", "2 1"],
    ["Region in cascadeOption(Europe, Berlin)", "1"],
    ["Region in cascadeOption(Europe, none)", "2"],
    [
      "Region in cascadeOption(Mars)",
      "refused: The option 'Mars' for function 'cascadeOption' does not exist.",
    ],
    ["issuetype in subtaskIssueTypes()", ""],
    ["project in projectsWhereUserHasPermission('Browse Projects')", "3 2 1"],
  ])("%s", async (jql, expected) => {
    for (const site of faces) expect(await keys(jql, site)).toBe(expected);
  });

  it.each([
    ["created > now(1)", "Function 'now' expected '0' arguments but received '1'."],
    ["issue in linkedIssues()", "Function 'linkedIssues' expected '1' arguments but received '0'."],
    ["assignee = currentUser(a)", "Function 'currentUser' expected '0' arguments but received '1'."],
    ["status in watchedIssues()", "The function 'watchedIssues()' is not supported by the field 'status'."],
    ["issue in bogus(1, JJ)", "Unable to find JQL function 'bogus(1, JJ)'."],
    ["issuetype = 4711", "A value with ID '4711' does not exist for the field 'issuetype'."],
  ])("%s is refused", async (jql, words) => {
    for (const site of faces) expect(await keys(jql, site)).toBe(`refused: ${words}`);
  });

  it("tells nobody that a field may be hidden from anonymous users", async () => {
    for (const site of faces)
      expect(await keys("nofield = 1", site, [])).toBe(
        "refused: Field 'nofield' does not exist or this field cannot be viewed by anonymous users.",
      );
  });
});

describe("issue properties", () => {
  it.each([
    ["issue.property[idea].customer.id = 7", "2"],
    ["issue.property[idea].customer.id > 7", "3"],
    ["issue.property['idea'].customer.id in (7, 12)", "3 2"],
    ["issue.property[idea].customer.id != 7", "3"],
    ["issue.property[idea].customer.name ~ acme", "2"],
    ["issue.property[idea].tags = blue", "2"],
    ["issue.property[idea].done = 'true'", "2"],
    ["issue.property[idea].tags is EMPTY", "3 1"],
    ["issue.property[none].a = 1", ""],
  ])("%s", async (jql, expected) => {
    for (const site of faces) expect(await keys(jql, site)).toBe(expected);
  });
});

describe("saved filters, work and links", () => {
  it.each([
    ["filter = Mine", "1"],
    ["filter != 10000", "3 2"],
    ["savedFilter in (10000, 'Not mine') AND key != JJ-2", "3 1"],
    ["filter = 99", "refused: A value with ID '99' does not exist for the field 'filter'."],
    ["filter = Round", "refused: The value 'Round' does not exist for the field 'filter'."],
    ["worklogAuthor = priya", "3"],
    ["worklogDate >= 2026-11-10", "3"],
    ["worklogDate = 2026-11-05", "3"],
    ["worklogDate > 2026-11-16", ""],
    ["worklogComment ~ painted", "3"],
    ["originalEstimate >= 2h", "1"],
    ["originalEstimate > '1d'", ""],
    ["attachments is not EMPTY", "1"],
    ["issueLinkType = blocks", "2 1"],
    ["issueLinkType = 'is blocked by'", "2"],
    ["projectType = software", "3 2 1"],
    ["'Epic Link' = JJ-1", "2"],
  ])("%s", async (jql, expected) => {
    for (const site of faces) expect(await keys(jql, site)).toBe(expected);
  });

  it("takes an epic for the parent on Cloud, as the field of its own is gone there", async () => {
    const [dataCenter, cloud] = faces as [Site, Site];
    expect(await keys("parent = JJ-1", cloud)).toBe("2");
    expect(await keys("parent = JJ-1", dataCenter)).toBe("");
  });
});

it("means the same when a query comes again after many others", async () => {
  const jql = "assignee = alana";
  const [site] = faces as [Site, Site];
  expect(await keys(jql, site)).toBe("1");
  for (let n = 0; n < 500; n++) await parseJql(`key = JJ-${n}`);
  world.seq += 1;
  expect(await keys(jql, site)).toBe("1");
  expect((await parseJql("key = JJ-499")).ok && (await parseJql(jql)).ok).toBe(true);
});
