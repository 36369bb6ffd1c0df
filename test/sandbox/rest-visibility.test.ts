import { afterAll, beforeAll, expect, it } from "vitest";
import type { RunningSandbox } from "../../src/sandbox/index.ts";
import { type JqlContext, searchJql } from "../../src/sandbox/jql/index.ts";
import type { Site } from "../../src/sandbox/world/model.ts";
import { seedWorld } from "../../src/sandbox/world/seed.ts";
import { cloudAs, dataCenterAs, enc, start } from "./rest-client.ts";

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await start();
});
afterAll(() => sandbox.stop());

it("takes a project that may not be seen for one that does not exist, in a query too", async () => {
  const world = seedWorld(1, Date.now());
  const site = world.sites.acme as Site;
  const hidden = site.projects["10200"]?.id ?? "";
  const context: JqlContext = {
    site,
    world,
    me: ["alana"],
    now: Date.now(),
    timeZone: "UTC",
    locale: "en_US",
    sees: (projectId) => projectId !== hidden,
  };
  const search = (jql: string) =>
    searchJql({ jql, user: "alana", context, visible: (issue) => issue.projectId !== hidden });
  for (const jql of ["project = JJ", "project = 10200", "key = JJ-2", "parent = JJ-2"]) {
    expect(await search(jql)).toMatchObject({ ok: false });
  }
  const all = await search("summary ~ 'logo'");
  expect(all.ok && all.issues.some((issue) => issue.projectId === hidden)).toBe(false);
});

it("shows anonymous callers no issue, project, comment or request, on either face", async () => {
  for (const client of [cloudAs(sandbox), dataCenterAs(sandbox)]) {
    expect((await client.get("/rest/api/2/project")).body).toEqual([]);
    for (const path of [
      "/rest/api/2/issue/JJ-2",
      "/rest/api/2/issue/JJ-2/comment",
      "/rest/api/2/issue/JJ-2/transitions",
      "/rest/api/2/issue/JJ-2/remotelink",
      "/rest/api/2/project/JJ",
      "/rest/servicedeskapi/request",
      "/rest/servicedeskapi/servicedesk/1",
      "/rest/agile/1.0/board",
      "/rest/api/2/user?username=alana&accountId=5b10a2844c20165700ede21a",
    ]) {
      const { status, text } = await client.get(path);
      expect([401, 404], path).toContain(status);
      expect(text).not.toContain("alana@example.com");
    }
  }
});

it("lets anonymous callers write nothing", async () => {
  for (const client of [cloudAs(sandbox), dataCenterAs(sandbox)]) {
    const fields = { project: { key: "JJ" }, issuetype: { id: "1" }, summary: "x" };
    expect((await client.post("/rest/api/2/issue", { fields })).status).toBe(401);
    for (const path of ["comment", "worklog", "remotelink", "transitions", "votes"]) {
      expect([401, 404]).toContain((await client.post(`/rest/api/2/issue/JJ-1/${path}`, {})).status);
    }
    expect([401, 404]).toContain((await client.delete("/rest/api/2/issue/JJ-1")).status);
  }
  const alana = dataCenterAs(sandbox, "alana");
  expect((await alana.get(`/rest/api/2/search?jql=${enc("key = JJ-1")}`)).body.total).toBe(1);
});
