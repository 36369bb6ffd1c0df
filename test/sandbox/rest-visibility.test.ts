import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningSandbox } from "../../src/sandbox/index.ts";
import { type JqlContext, searchJql } from "../../src/sandbox/jql/index.ts";
import type { Site } from "../../src/sandbox/world/model.ts";
import { seedWorld } from "../../src/sandbox/world/seed.ts";
import { connect } from "./auth-cloud-client.ts";
import { type Client, client, cloudAs, dataCenterAs, enc, gatewayWith, start } from "./rest-client.ts";

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

describe("membership", () => {
  it("of a site ends what a token reaches there, and comes back", async () => {
    const { access_token } = await connect(sandbox, { scope: "read:jira-work read:jira-user" });
    const app = gatewayWith(sandbox, access_token);
    const sites = async (): Promise<unknown> =>
      (await client(sandbox.cloudUrl, `Bearer ${access_token}`).get("/oauth/token/accessible-resources"))
        .body;
    expect(await sites()).toMatchObject([{ name: "acme" }]);
    sandbox.control.membership({ user: "alana", site: "acme", member: false });
    expect((await app.get("/rest/api/3/myself")).status).toBe(404);
    expect(await sites()).toEqual([]);
    expect((await cloudAs(sandbox, "alana").get("/rest/api/3/myself")).status).toBe(401);
    expect((await cloudAs(sandbox, "alana", "globex").get("/rest/api/3/myself")).status).toBe(200);
    sandbox.control.membership({ user: "alana", site: "acme", member: true });
    expect((await app.get("/rest/api/3/myself")).status).toBe(200);
  });

  it("of a project hides it and its issues, on one site or on all that have it", async () => {
    const ask = async (who: Client): Promise<number[]> => {
      const key = (await who.get("/rest/api/2/issue/JJ-2")).status;
      return [key, (await who.get("/rest/api/2/project/JJ")).status];
    };
    sandbox.control.membership({ user: "william", site: "datacenter", project: "JJ", member: false });
    expect(await ask(dataCenterAs(sandbox, "william"))).toEqual([403, 404]);
    expect(await ask(cloudAs(sandbox, "william"))).toEqual([200, 200]);
    expect(await ask(dataCenterAs(sandbox, "alana"))).toEqual([200, 200]);
    sandbox.control.membership({ user: "william", project: "jj", member: false });
    expect(await ask(cloudAs(sandbox, "william"))).toEqual([404, 404]);
    sandbox.control.membership({ user: "william", project: "JJ", member: true });
    expect(await ask(dataCenterAs(sandbox, "william"))).toEqual([200, 200]);
  });

  it("is refused when it names nobody, nowhere, or nothing to change", async () => {
    const post = async (body: unknown): Promise<number> =>
      (await client(sandbox.cloudUrl, undefined).post("/__sandbox/membership", body)).status;
    expect(await post({ user: "alana", site: "acme", member: true })).toBe(200);
    for (const wrong of [
      { user: "nobody", site: "acme", member: false },
      { user: "alana", site: "nowhere", member: false },
      { user: "alana", site: "datacenter", member: false },
      { user: "alana", project: "NOPE", member: false },
      { user: "alana", site: "acme" },
      { user: "alana", member: false },
    ])
      expect(await post(wrong)).toBe(400);
  });
});

describe("application links over REST", () => {
  const path = "/rest/applinks/1.0";

  it("are listed, made and deleted by administrators of Data Center alone", async () => {
    const admin = dataCenterAs(sandbox, "admin");
    const { list } = (await admin.get(`${path}/listApplicationlinks`)).body;
    expect(list).toMatchObject([{ application: { name: "Example Jira app", typeId: "generic" } }]);
    const link = {
      name: "Ideas",
      typeId: "generic",
      displayUrl: "https://ideas.example",
      rpcUrl: "https://ideas.example",
    };
    const made = await admin.put(`${path}/applicationlink`, link);
    expect(made.status).toBe(201);
    const href = made.body.resources["created-resource"].href.slice(admin.base.length);
    expect((await admin.get(href)).body).toMatchObject(link);
    expect((await admin.put(`${path}/applicationlink`, link)).status).toBe(409);
    expect((await admin.put(`${path}/applicationlink`, { name: "x" })).status).toBe(400);
    expect((await admin.delete(href)).status).toBe(200);
    expect((await admin.get(href)).status).toBe(404);
    const consumer = list[0].application.id;
    expect((await admin.delete(`/rest/applinks/latest/applicationlink/${consumer}`)).status).toBe(200);
    expect(sandbox.control.state().registrations.consumers).toEqual([]);
    expect((await dataCenterAs(sandbox, "alana").get(`${path}/listApplicationlinks`)).status).toBe(403);
    expect((await cloudAs(sandbox, "admin").get(`${path}/listApplicationlinks`)).status).toBe(404);
    sandbox.control.switches({ websudo: "on" });
    expect((await admin.get(`${path}/listApplicationlinks`)).status).toBe(401);
    sandbox.control.reset();
  });
});
