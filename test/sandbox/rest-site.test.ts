import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningSandbox } from "../../src/sandbox/index.ts";
import { type Answer, type Any, type Client, cloudAs, dataCenterAs, start } from "./rest-client.ts";

let sandbox: RunningSandbox;
let dc: Client;
let cloud: Client;
beforeAll(async () => {
  sandbox = await start();
  dc = dataCenterAs(sandbox, "alana");
  cloud = cloudAs(sandbox, "alana");
});
afterAll(() => sandbox.stop());

describe("serverInfo", () => {
  it("tells anybody which Jira it is, by the sandbox's clock", async () => {
    const onCloud = (await cloudAs(sandbox).get("/rest/api/3/serverInfo")).body;
    expect(onCloud).toMatchObject({
      baseUrl: cloud.base,
      deploymentType: "Cloud",
      version: "1001.0.0-SNAPSHOT",
    });
    sandbox.control.advance(86_400);
    const onServer = (await dataCenterAs(sandbox).get("/rest/api/2/serverInfo")).body;
    expect(onServer).toMatchObject({ baseUrl: dc.base, deploymentType: "Server" });
    expect(Date.parse(onServer.serverTime) - Date.now()).toBeGreaterThan(80_000_000);
  });
});

describe("people", () => {
  it("shows account ids on Cloud, names and keys on Data Center, and the groups when asked for", async () => {
    const me = (await cloud.get("/rest/api/3/myself")).body;
    expect(me).toMatchObject({
      accountId: "5b10a2844c20165700ede21a",
      accountType: "atlassian",
      key: "",
      name: "",
    });
    expect(me.groups).toEqual({ size: 3, items: [] });
    const withGroups = (await dc.get("/rest/api/2/myself?expand=groups")).body;
    expect(withGroups).toMatchObject({ name: "alana", key: "alana" });
    expect(withGroups.groups.items.map((group: { name: string }) => group.name)).toContain("junior-team");
    expect(withGroups).not.toHaveProperty("accountId");
  });

  it("answers nobody's myself 401 in the shape of the servlet below", async () => {
    for (const answer of [
      await cloudAs(sandbox).get("/rest/api/3/myself"),
      await dataCenterAs(sandbox).get("/rest/api/2/myself"),
    ]) {
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual({
        message: "Client must be authenticated to access this resource.",
        "status-code": 401,
      });
    }
  });

  it("finds users by what their face calls them", async () => {
    expect((await cloud.get("/rest/api/3/user?accountId=5b10a0effa615349cb016cd8")).body.displayName).toBe(
      "William Example",
    );
    expect((await dc.get("/rest/api/2/user?username=william&expand=groups")).body.groups.size).toBe(3);
    expect((await dc.get("/rest/api/2/user?username=nobody")).status).toBe(404);
    expect((await cloud.get("/rest/api/3/user/search?query=will")).body).toHaveLength(1);
    const everybody = (await dc.get("/rest/api/2/user/search?username=.")).body.map(
      (user: { name: string }) => user.name,
    );
    expect(everybody).toEqual(expect.arrayContaining(["admin", "alana", "william"]));
    expect((await cloud.get("/rest/api/3/users/search?maxResults=2")).body).toHaveLength(2);
    const { groupId } = (await cloud.get("/rest/api/3/groups/picker?query=junior")).body.groups[0];
    const members = (await cloud.get(`/rest/api/3/group/member?groupId=${groupId}`)).body;
    expect(members.isLast).toBe(true);
    expect(members.values.map((user: { displayName: string }) => user.displayName)).toContain(
      "William Example",
    );
  });
});

describe("projects", () => {
  it("comes in pages on Cloud, at most a hundred each, and as a list on Data Center", async () => {
    const page = (await cloud.get("/rest/api/3/project/search?maxResults=1")).body;
    expect(page).toMatchObject({ startAt: 0, maxResults: 1, isLast: false });
    expect(page.nextPage).toContain("startAt=1");
    expect((await cloud.get("/rest/api/3/project/search?maxResults=9999")).body.maxResults).toBe(100);
    const all = (await dc.get("/rest/api/2/project")).body;
    expect(all.map((project: { key: string }) => project.key)).toContain("JJ");
    expect(all[0]).not.toHaveProperty("issueTypes");
    expect((await dc.get("/rest/api/2/project/search")).status).toBe(404);
  });

  it("tells its types, statuses, components and versions", async () => {
    const rock = (await cloud.get("/rest/api/3/project/ROCK")).body;
    expect(rock.self).toBe(`${cloud.base}/rest/api/3/project/${rock.id}`);
    expect(rock.lead).toMatchObject({ accountId: "5b10a2844c20165700ede21a" });
    expect((await cloud.get("/rest/api/3/project/rock/statuses")).body[0].statuses.length).toBeGreaterThan(2);
    expect((await cloud.get("/rest/api/3/project/ROCK/components")).body).toHaveLength(4);
    expect((await cloud.get("/rest/api/3/project/ROCK/version?maxResults=1")).body).toMatchObject({
      total: 3,
      isLast: false,
    });
    const missing = await cloud.get("/rest/api/3/project/NOPE");
    expect([missing.status, missing.body.errorMessages]).toEqual([
      404,
      ["No project could be found with key 'NOPE'."],
    ]);
  });
});

describe("metadata", () => {
  it.each(["field", "status", "priority", "issuetype", "resolution", "statuscategory"])(
    "lists %s",
    async (kind) => {
      const list = (await dc.get(`/rest/api/2/${kind}`)).body;
      expect(list.length).toBeGreaterThan(2);
      expect(JSON.stringify(list)).not.toContain("{base}");
      if (kind !== "field") expect((await dc.get(`/rest/api/2/${kind}/${list[0].id}`)).body).toEqual(list[0]);
    },
  );

  it("describes forms in the style of each face", async () => {
    const onCloud = (await cloud.get("/rest/api/3/issue/createmeta/JJ/issuetypes")).body;
    expect(onCloud.issueTypes[0].name).toBe("Bug");
    const onServer = (await dc.get("/rest/api/2/issue/createmeta/JJ/issuetypes/1")).body;
    expect(onServer.values.find((field: { fieldId: string }) => field.fieldId === "summary").required).toBe(
      true,
    );
    const old = (
      await cloud.get("/rest/api/3/issue/createmeta?projectKeys=JJ&expand=projects.issuetypes.fields")
    ).body;
    expect(old.projects[0].issuetypes[0].fields.priority.allowedValues).toHaveLength(5);
  });

  it("says of each field whether it is required, of which kind, and what it takes", async () => {
    const path = "/rest/api/3/issue/createmeta/JJ/issuetypes";
    const { fields } = (await cloud.get(`${path}/1?maxResults=200`)).body;
    const named = (id: string): Any => fields.find((field: { fieldId: string }) => field.fieldId === id);
    expect(named("summary")).toMatchObject({ key: "summary", required: true, operations: ["set"] });
    expect(named("priority")).toMatchObject({ hasDefaultValue: true, defaultValue: { name: "Major" } });
    expect(named("customfield_10003")).toMatchObject({
      required: false,
      schema: { type: "option", customId: 10003 },
      allowedValues: [{ value: "Critical" }, { value: "High" }, { value: "Medium" }, { value: "Low" }],
    });
    expect(named("customfield_10020").allowedValues[0].children).toMatchObject([{ value: "Berlin" }, {}]);
    const refused = await cloud.get(`${path}?maxResults=201`);
    expect([refused.status, refused.body.errorMessages]).toEqual([
      400,
      ["Parameter 'maxResults' must not exceed the limit '200'"],
    ]);
    const create = (severity: unknown, region: unknown): Promise<Answer> => {
      const extra = { customfield_10003: severity, customfield_10020: region };
      const fields = { project: { key: "JJ" }, issuetype: { id: "1" }, summary: "s", ...extra };
      return cloud.post("/rest/api/3/issue", { fields });
    };
    const { body } = await create({ value: "High" }, { value: "Europe", child: { value: "Prague" } });
    const made = (await cloud.get(`/rest/api/3/issue/${body.key}`)).body.fields;
    expect(made.customfield_10003).toMatchObject({ value: "High", id: expect.any(String) });
    expect(made.customfield_10020).toMatchObject({ value: "Europe", child: { value: "Prague" } });
    expect((await create({ value: "Dire" }, null)).body.errors).toEqual({
      customfield_10003: "Option value 'Dire' is not valid",
    });
  });

  it("has the forms of createmeta that a version of Data Center has", async () => {
    const old = "/rest/api/2/issue/createmeta?projectKeys=JJ";
    expect((await dc.get(old)).status).toBe(404);
    expect((await dc.get("/rest/api/2/issue/createmeta/NOPE/issuetypes")).status).toBe(400);
    const eight = await start({ switches: { dc_version: "8.20.30", createmeta_old: "gone" } });
    const there = dataCenterAs(eight, "alana");
    expect((await there.get(old)).body.projects[0].key).toBe("JJ");
    expect((await there.get("/rest/api/2/issue/createmeta/JJ/issuetypes")).status).toBe(200);
    expect((await there.get("/rest/api/2/serverInfo")).body.versionNumbers).toEqual([8, 20, 30]);
    expect((await cloudAs(eight, "alana").get(old.replace("/2/", "/3/"))).status).toBe(404);
    await eight.stop();
  });

  it("finds who may be assigned, for a project or an issue that is named", async () => {
    const path = "/rest/api/3/user/assignable/search";
    expect((await cloud.get(`${path}?query=a`)).status).toBe(400);
    expect((await cloud.get(`${path}?project=NOPE`)).status).toBe(404);
    const found = (await cloud.get(`${path}?issueKey=JJ-2&query=will`)).body;
    expect(found.map((one: { displayName: string }) => one.displayName)).toEqual(["William Example"]);
    expect((await dc.get("/rest/api/2/user/assignable/search?project=JJ&username=alana")).body).toHaveLength(
      1,
    );
  });

  it("takes a mail to those who are named and sends none", async () => {
    const path = "/rest/api/3/issue/JJ-2/notify";
    expect((await cloud.post(path, { subject: "s", to: { reporter: true } })).status).toBe(204);
    expect((await cloud.post(path, { subject: "s" })).status).toBe(400);
    expect((await cloud.post(path, { to: { users: [{ accountId: "nobody" }] } })).status).toBe(400);
  });

  it("tells permissions, and refuses one it does not know", async () => {
    const mine = (await cloud.get("/rest/api/3/mypermissions?permissions=BROWSE_PROJECTS,ADMINISTER")).body
      .permissions;
    expect(mine).toMatchObject({
      BROWSE_PROJECTS: { havePermission: true },
      ADMINISTER: { havePermission: false },
    });
    expect((await cloud.get("/rest/api/3/mypermissions?permissions=FLY")).status).toBe(400);
    expect((await cloud.get("/rest/api/3/mypermissions")).status).toBe(400);
    expect((await dc.get("/rest/api/2/mypermissions")).status).toBe(200);
  });
});

describe("versions and methods", () => {
  it("has no version 3 on Data Center, no unknown versions, and says 405 for a wrong method", async () => {
    expect((await dc.get("/rest/api/3/myself")).status).toBe(404);
    expect((await cloud.get("/rest/api/4/myself")).status).toBe(404);
    const wrong = await dc.delete("/rest/api/2/myself");
    expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "GET"]);
  });
});

describe("boards", () => {
  it("lists boards, their issues and sprints", async () => {
    const { values } = (await dc.get("/rest/agile/1.0/board")).body;
    expect(values.length).toBeGreaterThan(0);
    const board = values[0];
    const issues = (await dc.get(`/rest/agile/1.0/board/${board.id}/issue?maxResults=2&fields=summary`)).body;
    expect(issues.total).toBeGreaterThan(2);
    expect(issues.issues[0].key).toContain(`${board.location.projectKey}-`);
    const sprint = (await dc.get(`/rest/agile/1.0/board/${board.id}/sprint?state=active`)).body.values[0];
    const inSprint = (await dc.get(`/rest/agile/1.0/sprint/${sprint.id}/issue?fields=summary`)).body;
    expect(inSprint.total).toBeGreaterThan(0);
    const byJql = await dc.get(
      `/rest/api/2/search?maxResults=0&jql=${encodeURIComponent(`sprint = ${sprint.id}`)}`,
    );
    expect(byJql.body.total).toBe(inSprint.total);
    const board2 = (await cloud.get("/rest/agile/1.0/board")).body.values[0];
    const newer = (await cloud.get(`/rest/software/1.0/board/${board2.id}/issue?maxResults=2`)).body;
    expect(newer.issues).toHaveLength(2);
    expect(typeof newer.nextPageToken).toBe("string");
  });
});
