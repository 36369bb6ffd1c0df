import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningSandbox } from "../../src/sandbox/index.ts";
import { type Any, type Client, cloudAs, dataCenterAs, enc, start } from "./rest-client.ts";

let sandbox: RunningSandbox;
let dc: Client;
let cloud: Client;
beforeAll(async () => {
  sandbox = await start();
  dc = dataCenterAs(sandbox, "alana");
  cloud = cloudAs(sandbox, "alana");
});
afterAll(() => sandbox.stop());

const UNBOUNDED = {
  errorMessages: [
    "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.",
  ],
  errors: {},
};

describe("Cloud's search", () => {
  const path = "/rest/api/3/search/jql";

  it("gives ids alone unless fields are named", async () => {
    const { body } = await cloud.get(`${path}?jql=${enc("key = JJ-2")}`);
    expect(body).toEqual({ issues: [{ id: "10300" }], isLast: true });
    const named = (await cloud.get(`${path}?jql=${enc("key = JJ-2")}&fields=summary,status`)).body.issues[0];
    expect(named.key).toBe("JJ-2");
    expect(Object.keys(named.fields).sort()).toEqual(["status", "summary"]);
    const all = (await cloud.post(path, { jql: "key = JJ-2", fields: ["*all"], expand: "names,changelog" }))
      .body;
    expect(all.issues[0].fields.description.type).toBe("doc");
    expect(all.names.summary).toBe("Summary");
    expect(all.issues[0].changelog.histories).toEqual([]);
  });

  it("walks to the end by token, each issue once, without a total", async () => {
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const page: Any = (
        await cloud.post(path, {
          jql: "project = ROCK ORDER BY created",
          maxResults: 7,
          ...(token === undefined ? {} : { nextPageToken: token }),
        })
      ).body;
      seen.push(...page.issues.map((issue: { id: string }) => issue.id));
      expect("total" in page).toBe(false);
      expect(page.isLast).toBe(page.nextPageToken === undefined);
      token = page.nextPageToken;
    } while (token !== undefined);
    expect(new Set(seen).size).toBe(seen.length);
    const { count } = (await cloud.post("/rest/api/3/search/approximate-count", { jql: "project = ROCK" }))
      .body;
    expect(seen.length).toBe(count);
  });

  it("loses and repeats nothing when issues come and go between pages", async () => {
    const jql = "project = ROCK AND type = Bug ORDER BY key ASC";
    const ask = async (more: object): Promise<Any> =>
      (await cloud.post(path, { jql, fields: ["key"], ...more })).body;
    const keysOf = (page: Any): string[] => page.issues.map((issue: { key: string }) => issue.key);
    const all = keysOf(await ask({ maxResults: 100 }));
    const first = await ask({ maxResults: 3 });
    expect((await cloud.delete(`/rest/api/3/issue/${all[1]}`)).status).toBe(204);
    const second = await ask({ maxResults: 3, nextPageToken: first.nextPageToken });
    expect([...keysOf(first), ...keysOf(second)]).toEqual(all.slice(0, 6));
    sandbox.control.reset();
  });

  it("refuses a token of another query, an invented one, and one of eight days ago", async () => {
    const { nextPageToken } = (await cloud.post(path, { jql: "project = ROCK", maxResults: 1 })).body;
    for (const body of [
      { jql: "project = JJ", nextPageToken },
      { jql: "project = ROCK", nextPageToken: "invented" },
    ]) {
      expect((await cloud.post(path, body)).status).toBe(400);
    }
    sandbox.control.advance(8 * 86_400);
    expect((await cloud.post(path, { jql: "project = ROCK", nextPageToken })).status).toBe(400);
    sandbox.control.reset();
  });

  it.each(["", "order by created", "ORDER BY key ASC"])(
    "refuses the unbounded query '%s' in Jira's words",
    async (jql) => {
      for (const answer of [await cloud.get(`${path}?jql=${enc(jql)}`), await cloud.post(path, { jql })]) {
        expect([answer.status, answer.body]).toEqual([400, UNBOUNDED]);
      }
    },
  );

  it("gives at most a hundred whole issues a page and five thousand ids", async () => {
    const whole = (await cloud.get(`${path}?jql=${enc("project is not EMPTY")}&fields=*all&maxResults=5000`))
      .body;
    expect(whole.issues.length).toBeLessThanOrEqual(100);
    const ids = (await cloud.get(`${path}?jql=${enc("project is not EMPTY")}&maxResults=5000`)).body;
    expect(ids.isLast).toBe(true);
    expect(ids.issues.length).toBeGreaterThan(100);
  });

  it("shows nobody nothing", async () => {
    const { status, body } = await cloudAs(sandbox).get(`${path}?jql=${enc("project = JJ")}`);
    expect([status, body]).toEqual([200, { issues: [], isLast: true }]);
  });

  it("has removed the old search, and says where to go", async () => {
    for (const answer of [
      await cloud.get("/rest/api/3/search?jql=x"),
      await cloud.post("/rest/api/2/search", { jql: "x" }),
    ]) {
      expect(answer.status).toBe(410);
      expect(answer.body).toEqual({
        errorMessages: [
          "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046",
        ],
        errors: {},
      });
    }
  });

  it("is not there on Data Center", async () => {
    expect((await dc.get("/rest/api/2/search/jql?jql=x")).status).toBe(404);
  });
});

describe("Data Center's search", () => {
  it("pages by position, fifty at a time, with a total; by GET and by POST alike", async () => {
    const first = (await dc.get("/rest/api/2/search")).body;
    expect(first).toMatchObject({ startAt: 0, maxResults: 50 });
    expect(first.issues).toHaveLength(50);
    expect(first.total).toBeGreaterThan(50);
    const wish = { jql: "project = JJ ORDER BY key ASC", startAt: 1, maxResults: 1, fields: ["summary"] };
    const posted = (await dc.post("/rest/api/latest/search", wish)).body;
    expect(posted).toMatchObject({
      startAt: 1,
      maxResults: 1,
      total: 2,
      issues: [{ key: "JJ-2", fields: { summary: "Jira Junior logo is not pink enough" } }],
    });
    const got = (
      await dc.get(`/rest/api/latest/search?startAt=1&maxResults=1&fields=summary&jql=${enc(wish.jql)}`)
    ).body;
    expect(got).toEqual(posted);
    expect((await dc.get("/rest/api/2/search?maxResults=99999")).body.maxResults).toBe(1000);
    expect((await dc.get("/rest/api/2/search?maxResults=ten")).status).toBe(400);
  });

  it("shows the navigable fields unless told otherwise", async () => {
    const { fields } = (await dc.get(`/rest/api/2/search?jql=${enc("key = JJ-1")}`)).body.issues[0];
    expect(fields).toHaveProperty("summary");
    expect(fields).not.toHaveProperty("comment");
  });

  it("refuses what does not exist, or passes it over with a warning when asked not to validate", async () => {
    const path = `/rest/api/2/search?jql=${enc("project = NOPE OR nofield = 1")}`;
    const refused = await dc.get(path);
    expect([refused.status, refused.body]).toEqual([
      400,
      {
        errorMessages: [
          "The value 'NOPE' does not exist for the field 'project'.",
          "Field 'nofield' does not exist or you do not have permission to view it.",
        ],
        errors: {},
      },
    ]);
    const lenient = (await dc.get(`${path}&validateQuery=false`)).body;
    expect(lenient.total).toBe(0);
    expect(lenient.warningMessages).toHaveLength(2);
  });

  it("shows nobody nothing", async () => {
    expect((await dataCenterAs(sandbox).get("/rest/api/2/search")).body).toMatchObject({
      total: 0,
      issues: [],
    });
  });
});

describe("many issues at once", () => {
  it("are read by id or key in any letter case, ordered by id, with what could not be read named beside them", async () => {
    const path = "/rest/api/3/issue/bulkfetch";
    const asked = {
      issueIdsOrKeys: ["jj-2", "JJ-1", "NOPE-1", "JJ-2"],
      fields: ["summary"],
      expand: ["names"],
    };
    const { body } = await cloud.post(path, asked);
    const ids = body.issues.map((issue: { id: string }) => Number(issue.id));
    expect(ids).toHaveLength(2);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(Object.keys(body.issues[0].fields)).toEqual(["summary"]);
    expect(body.names).toEqual({ summary: "Summary" });
    expect(body.issueErrors).toMatchObject([{ id: "NOPE-1", errorMessage: expect.any(String) }]);
    const many = (count: number): unknown => ({ issueIdsOrKeys: Array(count).fill("JJ-1") });
    expect((await cloud.post(path, many(100))).status).toBe(200);
    for (const wrong of [many(101), many(0), { ...asked, properties: Array(6).fill("a") }])
      expect((await cloud.post(path, wrong)).status).toBe(400);
    expect((await dc.post("/rest/api/2/issue/bulkfetch", asked)).status).toBe(404);
  });

  it("are made up to fifty at a time, each refused on its own, with transitions and properties", async () => {
    const fields = { project: { key: "JJ" }, issuetype: { id: "1" }, summary: "bulk" };
    const issueUpdates = [
      { fields, properties: [{ key: "k", value: 1 }], transition: { id: "999999" } },
      { fields: { ...fields, summary: "" } },
    ];
    const { status, body } = await dc.post("/rest/api/2/issue/bulk", { issueUpdates });
    expect(status).toBe(201);
    expect(body.issues[0].transition).toMatchObject({ status: 400, errorCollection: { errors: {} } });
    expect(body.errors).toMatchObject([{ status: 400, failedElementNumber: 1 }]);
    expect((await dc.get(`/rest/api/2/issue/${body.issues[0].key}/properties/k`)).body.value).toBe(1);
    const tooMany = { issueUpdates: Array(51).fill({ fields }) };
    expect((await dc.post("/rest/api/2/issue/bulk", tooMany)).status).toBe(400);
  });
});

describe("an index that lags behind", () => {
  const lag = { index_lag_ms: "60000" };
  const key = async (client: Client): Promise<Any> => {
    const fields = { project: { key: "JJ" }, issuetype: { id: "1" }, summary: "brandnew" };
    return (await client.post("/rest/api/2/issue", { fields })).body;
  };

  it("lets search see what was made, changed and deleted on Cloud only later, unless it is told to reconcile", async () => {
    sandbox.control.switches(lag);
    const { id, key: made } = await key(cloud);
    const path = "/rest/api/3/search/jql";
    const found = async (jql: string, more = {}): Promise<Any> =>
      (await cloud.post(path, { jql, fields: ["summary"], ...more })).body.issues;
    expect((await cloud.get(`/rest/api/3/issue/${made}`)).status).toBe(200);
    expect(await found(`key = ${made}`)).toEqual([]);
    expect(await found(`key = ${made}`, { reconcileIssues: [Number(id)] })).toMatchObject([{ key: made }]);
    sandbox.control.advance(61);
    expect(await found("summary ~ brandnew")).toMatchObject([{ key: made }]);
    await cloud.put(`/rest/api/3/issue/${made}`, { fields: { summary: "renamed" } });
    expect(await found("summary ~ renamed")).toEqual([]);
    expect(await found("summary ~ brandnew")).toMatchObject([{ fields: { summary: "brandnew" } }]);
    expect(await found("summary ~ renamed", { reconcileIssues: [id] })).toMatchObject([{ key: made }]);
    const read = `${path}?jql=${enc("summary ~ renamed")}&reconcileIssues=${id}`;
    expect((await cloud.get(read)).body.issues).toEqual([{ id }]);
    for (const wrong of [[made], Array(51).fill(1)])
      expect((await cloud.post(path, { jql: "key = JJ-1", reconcileIssues: wrong })).status).toBe(400);
    sandbox.control.advance(61);
    await cloud.delete(`/rest/api/3/issue/${made}`);
    expect(await found("summary ~ renamed")).toMatchObject([{ key: made }]);
    sandbox.control.advance(61);
    expect(await found("summary ~ renamed")).toEqual([]);
    sandbox.control.switches({ index_lag_ms: null });
  });

  it("finds by the index on Data Center, and shows what the database holds", async () => {
    sandbox.control.switches(lag);
    const { key: made } = await key(dc);
    const found = async (jql: string): Promise<Any> =>
      (await dc.get(`/rest/api/2/search?jql=${enc(jql)}&fields=summary`)).body;
    expect((await found(`key = ${made}`)).total).toBe(0);
    sandbox.control.advance(61);
    await dc.put(`/rest/api/2/issue/${made}`, { fields: { summary: "renamed" } });
    expect(await found("summary ~ brandnew")).toMatchObject({ issues: [{ fields: { summary: "renamed" } }] });
    expect((await found("summary ~ renamed")).total).toBe(0);
    sandbox.control.switches({ index_lag_ms: null });
    expect((await found("summary ~ renamed")).total).toBe(1);
  });
});
