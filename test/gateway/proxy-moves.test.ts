import type { IncomingMessage, ServerResponse } from "node:http";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isLatchkeyError } from "../../src/errors.ts";
import { withinProjects } from "../../src/handles/projects/jql.ts";
import { readJql } from "../../src/policy/jql-read.ts";
import { EVERYTHING, openStage, type Stage, type Upstream } from "./proxy-stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

function json(body: unknown, method = "POST"): RequestInit {
  return { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

it("a query that is let through at all is one whole, and the projects beside it", () => {
  const piece = fc.constantFrom(
    ...[
      "project",
      "=",
      "!=",
      "JJ",
      "WEB",
      '"',
      "'",
      "\\",
      "(",
      ")",
      ",",
      " ",
      "AND",
      "OR",
      "NOT",
      "in",
      "ORDER BY",
    ],
    ...[
      "key",
      "~",
      "cf[10010]",
      "now()",
      "EMPTY",
      "was",
      "changed",
      "by",
      "5",
      "-5d",
      "\n",
      "|",
      "&",
      "!",
      "\u2028",
      "{",
    ],
  );
  const query = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(" ")),
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
    fc.string({ maxLength: 40 }),
  );
  let through = 0;
  fc.assert(
    fc.property(query, (jql) => {
      let held: string;
      try {
        held = withinProjects(jql, ["10000", "10001"]);
      } catch (error) {
        if (isLatchkeyError(error) && error.code === "forbidden") return;
        throw error;
      }
      const { where } = readJql(held);
      const own = readJql("project in (10000, 10001)").where;
      if (readJql(jql).where === undefined) {
        expect(where).toEqual(own);
        return;
      }
      through++;
      const { type, parts } = where as unknown as { type: string; parts: readonly unknown[] };
      expect(type).toBe("and");
      expect(parts).toHaveLength(2);
      expect(parts[1]).toEqual(own);
    }),
    { numRuns: 3000 },
  );
  expect(through).toBeGreaterThan(5);
});

/** A Data Center in which an issue can move; it answers what it is told to, and notes what it was asked. */
describe("a Jira in which things move", () => {
  let upstream: Upstream;
  let key: string;
  let projectOf: Record<string, string>;
  let page: unknown;
  const seen: string[] = [];
  const issue = (id: string, more: object = {}) => ({
    id,
    key: `JJ-${id}`,
    fields: { project: { id: projectOf[id] } },
    ...more,
  });

  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "", "http://jira");
    seen.push(`${request.method} ${url.pathname.replace("/jira/rest/api/2/", "")}${url.search}`);
    const id = /\/issue\/(?:JJ-)?(\d+)$/.exec(url.pathname)?.[1];
    const found = url.pathname.endsWith("/project/JJ")
      ? { id: "1", key: "JJ" }
      : page !== undefined && url.searchParams.get("fields") !== "project"
        ? page
        : id !== undefined && projectOf[id] !== undefined
          ? issue(id)
          : undefined;
    response.writeHead(found === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(found ?? { errorMessages: ["none"] }));
  };
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${stage.skins.node}/jira/${upstream.connection.id}/rest/api/2/${path}`, {
      ...init,
      headers: { authorization: `Bearer ${key}`, ...init.headers },
    });

  beforeAll(async () => {
    projectOf = { 10: "1", 11: "1", 12: "1", 20: "2" };
    upstream = await stage.upstream(answer);
    key = await stage.key([upstream.connection], { ...EVERYTHING, projects: ["JJ"] });
  });

  it("sends a write to the issue that was looked up, by its id, and looks it up each time", async () => {
    seen.length = 0;
    page = undefined;
    await ask("issue/JJ-10", json({ fields: { summary: "x" } }, "PUT"));
    expect(seen).toEqual(["GET issue/JJ-10?fields=project", "PUT issue/10"]);
    projectOf[10] = "2";
    expect((await ask("issue/JJ-10", json({ fields: { summary: "x" } }, "PUT"))).status).toBe(403);
    expect(seen.filter((one) => one.startsWith("PUT"))).toHaveLength(1);
    projectOf[10] = "1";
  });

  it("hides an issue that has moved between the look and the answer", async () => {
    page = { id: "11", key: "JJ-11", fields: { project: { id: "2" }, summary: "moved" } };
    const moved = await ask("issue/JJ-11");
    expect([moved.status, await moved.text()]).toEqual([403, expect.not.stringContaining('moved"')]);
  });

  it("drops what is of other projects out of a page of a search, whatever query its token came from", async () => {
    page = {
      issues: [
        issue("10", {
          fields: {
            project: { id: "1" },
            summary: "mine",
            parent: { id: "20", key: "WEB-20", fields: { summary: "theirs" } },
          },
        }),
        issue("20", { fields: { project: { id: "2" }, summary: "theirs" } }),
      ],
    };
    const found = await ask("search?jql=&startAt=50&fields=summary,parent");
    const text = await found.text();
    expect(JSON.parse(text)).toMatchObject({ issues: [{ id: "10", fields: { summary: "mine" } }] });
    expect(text).not.toContain("theirs");
    expect(seen.at(-2)).toContain("project+in+%281%29");
  });

  it("drops links, sub-tasks, comments and work that are of issues elsewhere", async () => {
    const theirs = { id: "20", key: "WEB-20", fields: { summary: "theirs" } };
    const mine = { id: "11", key: "JJ-11", fields: { summary: "mine" } };
    page = issue("12", {
      fields: {
        project: { id: "1" },
        issuelinks: [
          { id: "1", type: { name: "theirs" }, outwardIssue: theirs },
          { id: "2", inwardIssue: mine },
        ],
        subtasks: [theirs, mine],
        customfield_1: { self: "https://jira/rest/api/2/project/2", id: "2", name: "theirs" },
        versions: [
          { id: "5", name: "theirs", projectId: 2 },
          { id: "6", name: "mine", projectId: 1 },
        ],
        comment: {
          comments: [{ self: "https://jira/rest/api/2/issue/20/comment/1", id: "1", body: "theirs" }],
        },
        worklog: {
          worklogs: [
            { id: "1", issueId: "20", comment: "theirs" },
            { id: "2", issueId: "12" },
          ],
        },
      },
    });
    const found = await ask("issue/JJ-12");
    expect(found.status).toBe(200);
    const text = await found.text();
    expect(text).not.toContain("theirs");
    expect(JSON.parse(text).fields).toMatchObject({
      issuelinks: [{ id: "2" }],
      subtasks: [{ id: "11" }],
      versions: [{ id: "6" }],
      worklog: { worklogs: [{ id: "2" }] },
    });
  });

  it("gives no link by its id unless both ends are inside, and removes none", async () => {
    page = { id: "7", inwardIssue: { id: "12", key: "JJ-12" }, outwardIssue: { id: "20", key: "WEB-20" } };
    expect((await ask("issueLink/7")).status).toBe(403);
    seen.length = 0;
    expect((await ask("issueLink/7", { method: "DELETE" })).status).toBe(403);
    expect(seen.filter((one) => one.startsWith("DELETE"))).toEqual([]);
    page = { id: "7", inwardIssue: { id: "12", key: "JJ-12" }, outwardIssue: { id: "11", key: "JJ-11" } };
    expect((await ask("issueLink/7")).status).toBe(200);
    await ask("issueLink/7", { method: "DELETE" });
    expect(seen.filter((one) => one.startsWith("DELETE"))).toEqual(["DELETE issueLink/7"]);
  });

  it("refuses to be made for a project that is not there", async () => {
    page = undefined;
    await expect(
      stage.key([upstream.connection], { ...EVERYTHING, projects: ["NOPE"] }),
    ).rejects.toMatchObject({ code: "bad_request", details: { field: "limits.projects" } });
  });
});
