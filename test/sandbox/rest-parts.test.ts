import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RunningSandbox } from "../../src/sandbox/index.ts";
import { type Answer, type Client, cloudAs, dataCenterAs, doc, enc, start } from "./rest-client.ts";

let sandbox: RunningSandbox;
let dc: Client;
let cloud: Client;
let key: string;
beforeAll(async () => {
  sandbox = await start();
  dc = dataCenterAs(sandbox, "alana");
  cloud = cloudAs(sandbox, "alana");
});
afterAll(() => sandbox.stop());
beforeEach(async () => {
  const fields = { project: { key: "JJ" }, issuetype: { id: "1" }, summary: "parts" };
  key = (await dc.post("/rest/api/2/issue", { fields })).body.key;
  // Both faces count alike, so that one key serves both.
  const twin = (await cloud.post("/rest/api/2/issue", { fields })).body.key;
  expect(twin).toBe(key);
});

describe("comments", () => {
  it("come in pages, are written as documents in version 3 and read as text in version 2", async () => {
    const path = `/issue/${key}/comment`;
    const first = await cloud.post(`/rest/api/3${path}`, { body: doc("one") });
    expect(first.status).toBe(201);
    expect(first.body.body).toEqual(doc("one"));
    expect(first.body.author.accountId).toBe("5b10a2844c20165700ede21a");
    await cloud.post(`/rest/api/2${path}`, { body: "_two_" });
    await cloud.post(`/rest/api/2${path}`, { body: "three" });
    const page = (await cloud.get(`/rest/api/2${path}?startAt=1&maxResults=1&expand=renderedBody`)).body;
    expect(page).toMatchObject({ startAt: 1, maxResults: 1, total: 3 });
    expect(page.comments[0]).toMatchObject({ body: "_two_", renderedBody: "<p><em>two</em></p>" });
    const latest = (await cloud.get(`/rest/api/2${path}?orderBy=-created&maxResults=1`)).body;
    expect(latest.comments[0].body).toBe("three");
  });

  it("refuses text in version 3, a document in version 2, and nothing at all", async () => {
    const text = await cloud.post(`/rest/api/3/issue/${key}/comment`, { body: "plain" });
    expect([text.status, text.body.errors]).toEqual([400, { comment: "Comment body is not valid!" }]);
    expect((await cloud.post(`/rest/api/2/issue/${key}/comment`, { body: doc("x") })).status).toBe(400);
    const nothing = await dc.post(`/rest/api/2/issue/${key}/comment`, {});
    expect(nothing.body.errors).toEqual({ comment: "Comment body can not be empty!" });
  });

  it("are changed and deleted by who wrote them, and by an administrator", async () => {
    const { id } = (await dc.post(`/rest/api/2/issue/${key}/comment`, { body: "mine" })).body;
    const path = `/rest/api/2/issue/${key}/comment/${id}`;
    expect((await dataCenterAs(sandbox, "william").put(path, { body: "theirs" })).status).toBe(403);
    const changed = await dataCenterAs(sandbox, "admin").put(path, { body: "edited" });
    expect(changed.body).toMatchObject({
      body: "edited",
      author: { name: "alana" },
      updateAuthor: { name: "admin" },
    });
    expect((await dc.delete(path)).status).toBe(204);
    expect((await dc.get(path)).status).toBe(404);
  });
});

describe("remote links", () => {
  const link = (title: string, extra = {}): unknown => ({
    globalId: "system=https://ideas.example/&id=1",
    relationship: "implements",
    application: { type: "com.example", name: "Ideas" },
    object: { url: "https://ideas.example/1", title, ...extra },
  });

  it("answers 201 for a new one, 200 for the one of its globalId, and forgets what was not sent again", async () => {
    const path = `/rest/api/3/issue/${key}/remotelink`;
    const made = await cloud.post(path, link("one", { summary: "s" }));
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: made.body.id,
      self: `${cloud.base}/rest/api/3/issue/${key}/remotelink/${made.body.id}`,
    });
    const { globalId, object } = link("two") as { globalId: string; object: unknown };
    const again = await cloud.post(path, { globalId, object });
    expect([again.status, again.body.id]).toEqual([200, made.body.id]);
    const one = (await cloud.get(`${path}?globalId=${enc(globalId)}`)).body;
    expect(one).toEqual({ id: made.body.id, self: made.body.self, globalId, application: {}, object });
    const all = (await cloud.get(path)).body;
    expect(all).toEqual([one]);
    expect((await cloud.get(`${path}/${made.body.id}`)).body).toEqual(one);
    expect((await cloud.delete(`${path}?globalId=${enc(globalId)}`)).status).toBe(204);
    expect((await cloud.get(path)).body).toEqual([]);
    expect((await cloud.get(`${path}?globalId=${enc(globalId)}`)).status).toBe(404);
  });

  it("deletes by id, and says what is required in the recorded shape", async () => {
    const path = `/rest/api/2/issue/${key}/remotelink`;
    const { id } = (await dc.post(path, { object: { url: "https://x.example/", title: "x" } })).body;
    expect((await dc.delete(`${path}/${id}`)).status).toBe(204);
    expect((await dc.delete(`${path}/${id}`)).status).toBe(404);
    const refused = await dc.post(path, { object: { url: "https://x.example/" } });
    expect([refused.status, refused.body]).toEqual([
      400,
      { errorMessages: [], errors: { title: "'title' is required." } },
    ]);
    expect((await dc.post(path, { ...(link("t") as object), globalId: "g".repeat(256) })).status).toBe(400);
  });
});

describe("worklogs", () => {
  it("reads durations, adds up the time, and speaks documents in version 3", async () => {
    const path = `/issue/${key}/worklog`;
    const made = await cloud.post(`/rest/api/3${path}`, {
      timeSpent: "1d 30m",
      comment: doc("worked"),
      started: "2026-01-17T12:34:00.000+0000",
    });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      timeSpentSeconds: 30_600,
      timeSpent: "1d 30m",
      started: "2026-01-17T12:34:00.000+0000",
      comment: doc("worked"),
    });
    await cloud.post(`/rest/api/2${path}`, { timeSpentSeconds: 60, comment: "more" });
    const { body } = await cloud.get(`/rest/api/2${path}`);
    expect(body.worklogs.map((one: { comment: string }) => one.comment)).toEqual(["worked", "more"]);
    expect((await cloud.get(`/rest/api/2/issue/${key}`)).body.fields).toMatchObject({
      timespent: 30_660,
      worklog: { total: 2 },
    });
    expect((await cloud.post(`/rest/api/2${path}`, { timeSpent: "a while" })).status).toBe(400);
  });
});

describe("worklogs over time", () => {
  const log = (client: Client, timeSpent: string, query = ""): ReturnType<Client["post"]> =>
    client.post(`/rest/api/2/issue/${key}/worklog${query}`, { timeSpent });

  it("changes one, moves the estimate as asked, and writes both into the history", async () => {
    await dc.put(`/rest/api/2/issue/${key}`, {
      fields: { timetracking: { originalEstimate: "1d", remainingEstimate: "1d" } },
    });
    const { id } = (await log(dc, "2h")).body;
    const path = `/rest/api/2/issue/${key}/worklog/${id}`;
    const estimate = async (): Promise<unknown> =>
      (await dc.get(`/rest/api/2/issue/${key}`)).body.fields.timeestimate;
    expect(await estimate()).toBe(6 * 3600);
    const changed = await dc.put(`${path}?adjustEstimate=leave`, { timeSpent: "3h" });
    expect(changed.body).toMatchObject({ id, timeSpentSeconds: 10_800, updateAuthor: { name: "alana" } });
    expect(await estimate()).toBe(6 * 3600);
    expect((await dc.put(`${path}?adjustEstimate=new`, {})).status).toBe(400);
    expect((await dc.put(`${path}?adjustEstimate=often`, {})).status).toBe(400);
    expect((await dataCenterAs(sandbox, "william").put(path, { timeSpent: "1h" })).status).toBe(403);
    expect((await dc.delete(`${path}?adjustEstimate=new&newEstimate=1h`)).status).toBe(204);
    expect(await estimate()).toBe(3600);
    const { changelog } = (await dc.get(`/rest/api/2/issue/${key}?expand=changelog`)).body;
    expect(changelog.histories[0].items.map((one: { field: string }) => one.field)).toEqual([
      "timespent",
      "WorklogId",
      "timeestimate",
    ]);
  });

  it("tells what was written and deleted since when, a minute later, and gives many at once", async () => {
    const began = sandbox.control.state().clock.now_ms;
    const ids = [(await log(cloud, "1h")).body.id, (await log(cloud, "2h")).body.id].map(Number);
    await cloud.delete(`/rest/api/2/issue/${key}/worklog/${ids[1]}`);
    const feed = async (part: string): Promise<Answer> =>
      cloud.get(`/rest/api/3/worklog/${part}?since=${began - 1}`);
    expect((await feed("updated")).body.values).toEqual([]);
    sandbox.control.advance(61);
    const { body } = await feed("updated");
    expect(body).toMatchObject({ lastPage: true, since: began - 1, values: [{ worklogId: ids[0] }] });
    expect(body.until).toBe(body.values[0].updatedTime);
    expect((await feed("deleted")).body.values).toMatchObject([{ worklogId: ids[1] }]);
    const many = await cloud.post("/rest/api/3/worklog/list", { ids });
    expect(many.body).toMatchObject([{ id: String(ids[0]), timeSpentSeconds: 3600 }]);
    expect((await cloud.post("/rest/api/3/worklog/list", { ids: [] })).status).toBe(400);
  });
});

describe("history on Cloud", () => {
  it("comes in pages, by id, and of many issues filtered by field", async () => {
    for (const summary of ["two", "three"])
      await cloud.put(`/rest/api/3/issue/${key}`, { fields: { summary, labels: [summary] } });
    const { values } = (await cloud.get(`/rest/api/3/issue/${key}/changelog`)).body;
    expect(values).toHaveLength(2);
    const one = await cloud.post(`/rest/api/3/issue/${key}/changelog/list`, {
      changelogIds: [Number(values[1].id)],
    });
    expect(one.body.histories).toEqual([values[1]]);
    const body = { issueIdsOrKeys: [key, "JJ-2", "NOPE-1"], fieldIds: ["labels"], maxResults: 1 };
    const first = (await cloud.post("/rest/api/3/changelog/bulkfetch", body)).body;
    const second = await cloud.post("/rest/api/3/changelog/bulkfetch", {
      ...body,
      nextPageToken: first.nextPageToken,
    });
    const found = [first, second.body].map((page) => page.issueChangeLogs[0].changeHistories[0].id);
    expect(found).toEqual(values.map((history: { id: string }) => history.id));
    expect(second.body.nextPageToken).toBeUndefined();
    for (const wrong of [{ issueIdsOrKeys: [] }, { ...body, fieldIds: Array(11).fill("x") }])
      expect((await cloud.post("/rest/api/3/changelog/bulkfetch", wrong)).status).toBe(400);
    expect((await dc.get(`/rest/api/2/issue/${key}/changelog`)).status).toBe(404);
  });
});

describe("watchers and votes", () => {
  it("counts those who watch and vote, and says whether the caller does", async () => {
    const path = `/rest/api/2/issue/${key}`;
    expect((await dc.get(`${path}/watchers`)).body).toMatchObject({ isWatching: true, watchCount: 1 });
    await dc.post(`${path}/watchers`, '"william"');
    expect((await dc.get(`${path}/watchers`)).body.watchers.map((one: { name: string }) => one.name)).toEqual(
      ["alana", "william"],
    );
    await dc.delete(`${path}/watchers?username=alana`);
    expect((await dc.get(path)).body.fields.watches).toMatchObject({ isWatching: false, watchCount: 1 });
    await dc.post(`${path}/votes`);
    expect((await dc.get(`${path}/votes`)).body).toMatchObject({ votes: 1, hasVoted: true });
    const found = await dc.get(
      `/rest/api/2/search?jql=${enc("watcher = william AND voter = currentUser()")}`,
    );
    expect(found.body.issues.map((one: { key: string }) => one.key)).toContain(key);
  });
});

describe("properties", () => {
  it("keeps any JSON under a key: 201 when new, 200 when replaced", async () => {
    const path = `/rest/api/3/issue/${key}/properties`;
    expect((await cloud.put(`${path}/a.b`, { x: [1] })).status).toBe(201);
    expect((await cloud.put(`${path}/a.b`, 5)).status).toBe(200);
    expect((await cloud.get(`${path}/a.b`)).body).toEqual({ key: "a.b", value: 5 });
    expect((await cloud.get(path)).body.keys).toHaveLength(1);
    expect(
      (await cloud.get(`/rest/api/3/issue/${key}?fields=summary&properties=*all`)).body.properties,
    ).toEqual({ "a.b": 5 });
    expect((await cloud.put(`${path}/__proto__`, { polluted: true })).status).toBe(201);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect((await cloud.delete(`${path}/a.b`)).status).toBe(204);
    expect((await cloud.get(`${path}/a.b`)).status).toBe(404);
  });
});

describe("properties that come with an issue", () => {
  it("are kept with it, and refuse the whole creation when one of them is wrong", async () => {
    const fields = { project: { key: "JJ" }, issuetype: { id: "1" }, summary: "with properties" };
    const properties = [{ key: "idea", value: { id: 7 } }];
    for (const client of [dc, cloud]) {
      const { id } = (await client.post("/rest/api/2/issue", { fields, properties })).body;
      const path = `/rest/api/2/issue/${id}/properties/idea`;
      expect((await client.get(path)).body).toEqual({ key: "idea", value: { id: 7 } });
      const count = sandbox.control.state().sites[0]?.issues;
      const wrong = await client.post("/rest/api/2/issue", { fields, properties: [{ key: "idea" }] });
      expect(wrong.status).toBe(400);
      expect(sandbox.control.state().sites[0]?.issues).toBe(count);
    }
  });
});

describe("issue links", () => {
  it("joins two issues from both sides and parts them again", async () => {
    const body = { type: { name: "Blocks" }, inwardIssue: { key }, outwardIssue: { key: "JJ-1" } };
    expect((await dc.post("/rest/api/2/issueLink", body)).status).toBe(201);
    const [link] = (await dc.get(`/rest/api/2/issue/${key}`)).body.fields.issuelinks;
    expect(link).toMatchObject({ type: { outward: "blocks" }, outwardIssue: { key: "JJ-1" } });
    expect((await dc.get("/rest/api/2/issue/JJ-1")).body.fields.issuelinks.at(-1)).toMatchObject({
      inwardIssue: { key },
    });
    expect((await dc.delete(`/rest/api/2/issueLink/${link.id}`)).status).toBe(204);
    expect((await dc.get(`/rest/api/2/issue/${key}`)).body.fields.issuelinks).toEqual([]);
  });
});
