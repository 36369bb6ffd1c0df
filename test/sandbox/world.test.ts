import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { findIssue, findProject, type JiraRecord, type World } from "../../src/sandbox/world/model.ts";
import { seedWorld } from "../../src/sandbox/world/seed.ts";

const now_ms = Date.parse("2026-11-20T10:00:00Z");
const world = seedWorld(1, now_ms);
const issues = (of: World) =>
  Object.values(of.sites).flatMap((site) => Object.values(site.issues).map((issue) => ({ site, issue })));

describe("the seed", () => {
  test("makes the same world every time, another one for another seed", () => {
    expect(JSON.stringify(seedWorld(1, now_ms + 3_600_000))).toBe(JSON.stringify(world));
    expect(JSON.stringify(seedWorld(2, now_ms))).not.toBe(JSON.stringify(world));
  });

  test("makes between 60 and 150 issues a site, and sites differ", () => {
    const summaries = Object.values(world.sites).map((site) => {
      const all = Object.values(site.issues);
      expect(all.length).toBeGreaterThanOrEqual(60);
      expect(all.length).toBeLessThanOrEqual(150);
      return Object.values(site.projects)
        .map((project) => project.key)
        .join();
    });
    expect(new Set(summaries).size).toBe(3);
  });

  test("takes little time: it stands in the way of every start", () => {
    const began = performance.now();
    seedWorld(3, now_ms);
    expect(performance.now() - began).toBeLessThan(300);
  });
});

describe("the tutorial's issue", () => {
  test("is on every site, leaf for leaf, its host alone replaced", () => {
    const text = readFileSync(new URL("../../src/sandbox/data/JJ-2.json", import.meta.url), "utf8");
    const expected = JSON.parse(
      text.replaceAll("https://example-dev1.atlassian.net", "{base}"),
    ) as JiraRecord;
    for (const site of Object.values(world.sites)) {
      const issue = findIssue(site, "jj-2")!;
      expect(issue.raw).toEqual(expected);
      expect(JSON.stringify(issue)).not.toContain("example-dev1");
      expect(issue.created_ms).toBe(Date.parse("2013-05-29T03:56:24.224Z"));
      expect(issue.comments).toHaveLength(1);
    }
  });
});

test("names every object has are no issue and no project", () => {
  for (const site of Object.values(world.sites)) {
    for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
      expect(findIssue(site, name)).toBeUndefined();
      expect(findProject(site, name)).toBeUndefined();
    }
  }
});

describe("the history holds together", () => {
  test("every key, project, status and person of an issue is one of its site", () => {
    for (const { site, issue } of issues(world)) {
      const fields = issue.raw.fields as Record<string, JiraRecord>;
      expect(site.keys[issue.key]).toBe(issue.id);
      expect(site.projects[issue.projectId]!.key).toBe(issue.key.split("-")[0]);
      expect(fields.project!.id).toBe(issue.projectId);
      expect(site.statuses[String(fields.status!.id)]!.name).toBe(fields.status!.name);
      expect(site.issueTypes[String(fields.issuetype!.id)]!.name).toBe(fields.issuetype!.name);
      expect(site.priorities[String(fields.priority!.id)]!.name).toBe(fields.priority!.name);
    }
  });

  test("status moves follow the workflow and end in the status of the issue", () => {
    let moves = 0;
    for (const { site, issue } of issues(world)) {
      const workflow = site.workflows[site.projects[issue.projectId]!.workflow]!;
      const steps = issue.changelog
        .flatMap((history) => history.items as Array<Record<string, string>>)
        .filter((item) => item.field === "status");
      let at = workflow[""]![0]!.to;
      for (const step of steps) {
        expect(step.from).toBe(at);
        expect(workflow[at]!.map((way) => way.to)).toContain(step.to);
        at = step.to!;
        moves++;
      }
      expect(String((issue.raw.fields as Record<string, JiraRecord>).status!.id)).toBe(at);
    }
    expect(moves).toBeGreaterThan(200);
  });

  test("an issue is resolved exactly when its status is done", () => {
    for (const { issue } of issues(world)) {
      const { status, resolution, resolutiondate } = issue.raw.fields as Record<string, JiraRecord | null>;
      const done = (status!.statusCategory as JiraRecord).key === "done";
      expect(resolution !== null, issue.key).toBe(done);
      expect(resolutiondate !== null).toBe(done);
    }
  });

  test("nothing happens before an issue is created or after today, and keys rise with time", () => {
    for (const { issue } of issues(world)) {
      const times = [...issue.comments, ...issue.changelog, ...issue.worklogs].map((one) =>
        Date.parse(String(one.created)),
      );
      for (const time of times) {
        expect(time).toBeGreaterThanOrEqual(issue.created_ms);
        expect(time).toBeLessThanOrEqual(now_ms);
      }
      expect(issue.updated_ms).toBeGreaterThanOrEqual(Math.max(issue.created_ms, ...times));
    }
    const rocket = issues(world)
      .filter(({ issue }) => issue.key.startsWith("ROCK-"))
      .map(({ issue }) => issue.created_ms);
    expect(rocket).toEqual([...rocket].sort((a, b) => a - b));
  });

  test("has something of everything: comments, worklogs, links, subtasks, remote links, sprints, labels, versions", () => {
    const all = issues(world).map(({ issue }) => ({
      issue,
      fields: issue.raw.fields as Record<string, unknown[]>,
    }));
    const some = (name: string) =>
      all.some(({ fields }) => Array.isArray(fields[name]) && fields[name].length > 0);
    for (const name of [
      "issuelinks",
      "subtasks",
      "labels",
      "components",
      "versions",
      "fixVersions",
      "customfield_10007",
    ]) {
      expect(some(name), name).toBe(true);
    }
    for (const name of ["comments", "worklogs", "changelog", "remoteLinks"] as const) {
      expect(
        all.some(({ issue }) => issue[name].length > 0),
        name,
      ).toBe(true);
    }
    for (const site of Object.values(world.sites)) {
      expect(Object.keys(site.serviceDesks)).toEqual(["1"]);
      expect(Object.values(site.requests).length).toBeGreaterThan(5);
    }
  });

  test("people are named by account id on Cloud and by user name on Data Center", () => {
    for (const { site, issue } of issues(world)) {
      if (issue.key === "JJ-2") continue;
      const { reporter } = issue.raw.fields as Record<string, JiraRecord>;
      expect("accountId" in reporter!, issue.key).toBe(site.face === "cloud");
      expect("name" in reporter!).toBe(site.face === "datacenter");
    }
  });
});
