import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningSandbox } from "../../src/sandbox/index.ts";
import { type Client, cloudAs, dataCenterAs, doc, start } from "./rest-client.ts";

let sandbox: RunningSandbox;
let dc: Client;
let cloud: Client;
beforeAll(async () => {
  sandbox = await start();
  dc = dataCenterAs(sandbox, "alana");
  cloud = cloudAs(sandbox, "alana");
});
afterAll(() => sandbox.stop());

const tutorial = readFileSync(new URL("../../src/sandbox/data/JJ-2.json", import.meta.url), "utf8");

async function make(client: Client, fields: Record<string, unknown>, version = "2"): Promise<string> {
  const made = await client.post(`/rest/api/${version}/issue`, { fields });
  expect(made.status, made.text).toBe(201);
  return made.body.key;
}

describe("the tutorial's issue", () => {
  const at = (base: string): unknown =>
    JSON.parse(tutorial.replaceAll(/https:\/\/example-dev1\.atlassian\.net(?::\d+)?/g, base));

  it.each(["2", "latest"])("is given back leaf for leaf in version %s on Data Center", async (version) => {
    const answer = await dc.get(`/rest/api/${version}/issue/JJ-2`);
    expect(answer.body).toEqual(at(dc.base));
  });

  it("is given back leaf for leaf in version 2 on every Cloud site", async () => {
    for (const site of ["acme", "globex"]) {
      const client = cloudAs(sandbox, "alana", site);
      expect((await client.get("/rest/api/2/issue/jj-2")).body).toEqual(at(client.base));
    }
  });

  it("speaks documents and account ids in version 3", async () => {
    const { fields, self } = (await cloud.get("/rest/api/3/issue/10300")).body;
    expect(self).toContain("/rest/api/latest/issue/10300");
    expect(fields.description).toEqual(
      doc("The logo is currently a light cerise. I'd like to see it with a deep pink color."),
    );
    const [comment] = fields.comment.comments;
    expect(comment.body.content[0].content[1]).toEqual({
      type: "mention",
      attrs: { id: "5b10a0effa615349cb016cd8", text: "@William Example", accessLevel: "" },
    });
    expect(comment.body.content[0].content[3]).toEqual({
      type: "text",
      text: "super fun",
      marks: [{ type: "strong" }],
    });
    expect(fields.assignee.accountId).toBe("5b10a2844c20165700ede21a");
    expect(fields.assignee).not.toHaveProperty("name");
    expect(fields.status.self).toBe(`${cloud.base}/rest/api/3/status/1`);
  });

  it("shows HTML, names and schema when asked for", async () => {
    const { body } = await dc.get(
      "/rest/api/2/issue/JJ-2?expand=renderedFields,names,schema,transitions,changelog",
    );
    expect(body.renderedFields.comment.comments[0].body).toContain("<b>super fun</b>");
    expect(body.names.duedate).toBe("Due Date");
    expect(body.schema.summary).toEqual({ type: "string", system: "summary" });
    expect(body.transitions.map((one: { name: string }) => one.name)).toContain("Resolve Issue");
    expect(body.changelog.histories).toEqual([]);
  });
});

describe("the choice of fields", () => {
  it.each([
    ["summary,status", ["status", "summary"]],
    ["summary,*navigable,-customfield_10007", undefined],
    ["-description", undefined],
  ])("takes fields=%s", async (fields, exactly) => {
    const shown = Object.keys((await dc.get(`/rest/api/2/issue/JJ-2?fields=${fields}`)).body.fields);
    if (exactly !== undefined) expect(shown.sort()).toEqual(exactly);
    else {
      expect(shown).toContain("summary");
      expect(shown).not.toContain(fields.includes("description") ? "description" : "comment");
      expect(shown).not.toContain(fields.includes("10007") ? "customfield_10007" : "description");
    }
  });

  it("leaves the fields away when only the key is wanted", async () => {
    expect(await dc.get("/rest/api/2/issue/JJ-2?fields=key").then(({ body }) => "fields" in body)).toBe(
      false,
    );
  });
});

describe("creating an issue", () => {
  it("takes wiki text in version 2 and shows it as a document in version 3", async () => {
    const key = await make(cloud, {
      project: { key: "JJ" },
      issuetype: { name: "Task" },
      summary: "Paint it",
      description: "*deep* pink, see [~accountid:5b10a0effa615349cb016cd8]",
      labels: ["b", "a"],
      assignee: { accountId: "5b10a2844c20165700ede21a" },
      priority: { name: "minor" },
    });
    const { fields } = (await cloud.get(`/rest/api/3/issue/${key.toLowerCase()}`)).body;
    expect(fields.description.content[0].content[0]).toEqual({
      type: "text",
      text: "deep",
      marks: [{ type: "strong" }],
    });
    expect(fields.description.content[0].content[2].attrs.text).toBe("@William Example");
    expect(fields).toMatchObject({
      labels: ["a", "b"],
      priority: { name: "Minor" },
      status: { name: "Open" },
    });
    expect(fields.reporter.displayName).toBe("Alana Example");
    expect(fields.created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/);
    const again = (await cloud.get(`/rest/api/2/issue/${key}`)).body.fields;
    expect(again.description).toBe("*deep* pink, see [~accountid:5b10a0effa615349cb016cd8]");
  });

  it("gives a document back exactly as it came, nodes it does not know included", async () => {
    const description = {
      type: "doc",
      version: 1,
      content: [
        {
          type: "paragraph",
          content: [
            { type: "text", text: "a" },
            { type: "somethingNew", attrs: { x: 1 } },
          ],
        },
        {
          type: "panel",
          attrs: { panelType: "warning" },
          content: [{ type: "paragraph", content: [{ type: "text", text: "careful" }] }],
        },
      ],
    };
    const key = await make(
      cloud,
      { project: { id: "10200" }, issuetype: { id: "1" }, summary: "s", description },
      "3",
    );
    expect((await cloud.get(`/rest/api/3/issue/${key}?fields=description`)).body.fields.description).toEqual(
      description,
    );
    expect((await cloud.get(`/rest/api/2/issue/${key}?fields=description`)).body.fields.description).toBe(
      "a\n\n{warning}\ncareful\n{warning}",
    );
  });

  it("refuses a plain string in version 3, and names every faulty field at once", async () => {
    const fields = {
      project: { key: "JJ" },
      issuetype: { id: "1" },
      summary: " ",
      description: "plain",
      labels: ["a b"],
    };
    const { status, body } = await cloud.post("/rest/api/3/issue", { fields });
    expect(status).toBe(400);
    expect(body).toEqual({
      errorMessages: [],
      errors: {
        summary: "You must specify a summary of the issue.",
        description: "Operation value must be an Atlassian Document (see the Atlassian Document Format)",
        labels: "The label 'a b' contains spaces which is invalid.",
      },
    });
  });

  it.each([
    [{}, "project"],
    [{ project: { key: "NOPE" } }, "project"],
    [{ project: { key: "JJ" }, summary: "x" }, "issuetype"],
    [{ project: { key: "JJ" }, issuetype: { id: "1" } }, "summary"],
    [{ project: { key: "JJ" }, issuetype: { id: "5" }, summary: "x" }, "parent"],
    [{ project: { key: "JJ" }, issuetype: { id: "1" }, summary: "x", nothing: 1 }, "nothing"],
    [
      { project: { key: "JJ" }, issuetype: { id: "1" }, summary: "x", customfield_10006: "three" },
      "customfield_10006",
    ],
    [
      { project: { key: "JJ" }, issuetype: { id: "1" }, summary: "x", assignee: { name: "nobody" } },
      "assignee",
    ],
    [{ project: { key: "JJ" }, issuetype: { id: "1" }, summary: "x", duedate: "tomorrow" }, "duedate"],
  ])("refuses %j, makes nothing and names %s", async (fields, named) => {
    const before = (await dc.get("/rest/api/2/search?maxResults=0")).body.total;
    const { status, body } = await dc.post("/rest/api/2/issue", { fields });
    expect(status).toBe(400);
    expect(Object.keys(body.errors)).toEqual([named]);
    expect((await dc.get("/rest/api/2/search?maxResults=0")).body.total).toBe(before);
  });

  it("says what is wrong with a body that is no JSON object", async () => {
    for (const body of ["{", "[]", '"x"', ""]) {
      expect((await dc.post("/rest/api/2/issue", body)).status).toBe(400);
    }
  });

  it("joins a sub-task to its parent, and asks before deleting both", async () => {
    const parent = await make(dc, { project: { key: "JJ" }, issuetype: { id: "3" }, summary: "whole" });
    const child = await make(dc, {
      project: { key: "JJ" },
      issuetype: { id: "5" },
      summary: "part",
      parent: { key: parent },
    });
    expect((await dc.get(`/rest/api/2/issue/${parent}`)).body.fields.subtasks[0].key).toBe(child);
    const refused = await dc.delete(`/rest/api/2/issue/${parent}`);
    expect(refused.status).toBe(400);
    expect(refused.body.errorMessages[0]).toContain("deleteSubtasks");
    expect((await dc.delete(`/rest/api/2/issue/${parent}?deleteSubtasks=true`)).status).toBe(204);
    expect((await dc.get(`/rest/api/2/issue/${child}`)).body).toEqual({
      errorMessages: ["Issue Does Not Exist"],
      errors: {},
    });
  });

  it("creates in bulk and tells of each that failed", async () => {
    const good = { fields: { project: { key: "JJ" }, issuetype: { id: "1" }, summary: "one" } };
    const { status, body } = await cloud.post("/rest/api/2/issue/bulk", {
      issueUpdates: [good, { fields: {} }],
    });
    expect(status).toBe(201);
    expect(body.issues).toHaveLength(1);
    expect(body.errors[0]).toMatchObject({ status: 400, failedElementNumber: 1 });
  });
});

describe("updating an issue", () => {
  it("sets, adds and removes, and writes the history", async () => {
    const key = await make(cloud, {
      project: { key: "JJ" },
      issuetype: { id: "1" },
      summary: "before",
      labels: ["a", "b"],
    });
    const answer = await cloud.put(`/rest/api/2/issue/${key}`, {
      fields: { summary: "after" },
      update: { labels: [{ remove: "a" }, { add: "c" }], comment: [{ add: { body: "why not" } }] },
    });
    expect(answer.status).toBe(204);
    const { fields } = (await cloud.get(`/rest/api/2/issue/${key}`)).body;
    expect(fields).toMatchObject({ summary: "after", labels: ["b", "c"], comment: { total: 1 } });
    const { values } = (await cloud.get(`/rest/api/3/issue/${key}/changelog`)).body;
    expect(values[0].author.displayName).toBe("Alana Example");
    expect(values[0].items).toEqual([
      {
        field: "summary",
        fieldtype: "jira",
        fieldId: "summary",
        from: null,
        fromString: "before",
        to: null,
        toString: "after",
      },
      {
        field: "labels",
        fieldtype: "jira",
        fieldId: "labels",
        from: null,
        fromString: "a b",
        to: null,
        toString: "b c",
      },
    ]);
  });

  it("gives the issue back with returnIssue, and changes nothing when anything is refused", async () => {
    const key = await make(cloud, { project: { key: "JJ" }, issuetype: { id: "1" }, summary: "before" });
    const refused = await cloud.put(`/rest/api/3/issue/${key}`, {
      fields: { summary: "after" },
      update: { comment: [{ add: { body: "plain" } }] },
    });
    expect(refused.body.errors).toEqual({ comment: "Comment body is not valid!" });
    const answer = await cloud.put(`/rest/api/3/issue/${key}?returnIssue=true`, {
      fields: { priority: { id: "1" } },
    });
    expect(answer.status).toBe(200);
    expect(answer.body.fields).toMatchObject({ summary: "before", priority: { name: "Blocker" } });
  });

  it("refuses a body without fields and update in the recorded words", async () => {
    const answer = await dc.put("/rest/api/2/issue/JJ-1", {});
    expect(answer.body).toEqual({ errorMessages: ["one of 'fields' or 'update' required"], errors: {} });
  });

  it("renders the tutorial's issue like any other once it was changed", async () => {
    const client = dataCenterAs(sandbox, "admin");
    await client.put("/rest/api/2/issue/JJ-2", { fields: { labels: ["pink"] } });
    const { fields } = (await client.get("/rest/api/2/issue/JJ-2")).body;
    expect(fields.labels).toEqual(["pink"]);
    expect(fields.comment.comments[0].body).toContain("super fun");
    expect(fields.summary).toBe("Jira Junior logo is not pink enough");
    sandbox.control.reset();
  });
});

describe("assigning", () => {
  it("takes a person, nobody, or whom the project names; writes history; refuses what names nobody", async () => {
    for (const [client, member, william] of [
      [dc, "name", "william"],
      [cloud, "accountId", "5b10a0effa615349cb016cd8"],
    ] as const) {
      const key = await make(client, {
        project: { key: "JJ" },
        issuetype: { name: "Task" },
        summary: "whose",
      });
      const path = `/rest/api/2/issue/${key}`;
      const assign = (body: Record<string, unknown>) => client.put(`${path}/assignee`, body);
      const assignee = async () => (await client.get(`${path}?fields=assignee`)).body.fields.assignee;
      expect((await assign({ [member]: william })).status).toBe(204);
      expect((await assignee())[member]).toBe(william);
      const { changelog } = (await client.get(`${path}?expand=changelog`)).body;
      expect(changelog.histories[0].items[0].field).toBe("assignee");
      expect((await assign({ [member]: null })).status).toBe(204);
      expect(await assignee()).toBeNull();
      expect((await assign({ [member]: "-1" })).status).toBe(204);
      const lead = (await client.get("/rest/api/2/project/JJ")).body.lead;
      expect((await assignee())[member]).toBe(lead[member]);
      for (const wrong of [{}, { [member]: 7 }, { [member]: "nobody-at-all" }])
        expect((await assign(wrong)).status).toBe(400);
    }
  });
});

describe("transitions", () => {
  it("offers the steps of the workflow, takes one, sets and clears the resolution", async () => {
    const key = await make(dc, { project: { key: "JJ" }, issuetype: { id: "1" }, summary: "t" });
    const path = `/rest/api/2/issue/${key}/transitions`;
    const { transitions } = (await dc.get(`${path}?expand=transitions.fields`)).body;
    const resolve = transitions.find((one: { name: string }) => one.name === "Resolve Issue");
    expect(resolve.fields.resolution.allowedValues.length).toBeGreaterThan(1);
    expect((await dc.post(path, { transition: { id: "999" } })).status).toBe(400);
    expect((await dc.post(path, {})).body.errorMessages).toEqual(["Missing 'transition' identifier"]);
    const step = { transition: { id: resolve.id }, fields: { resolution: { name: "Duplicate" } } };
    expect((await dc.post(path, step)).status).toBe(204);
    const done = (await dc.get(`/rest/api/2/issue/${key}?expand=changelog`)).body;
    expect(done.fields).toMatchObject({ status: { name: "Resolved" }, resolution: { name: "Duplicate" } });
    expect(done.fields.resolutiondate).not.toBeNull();
    expect(done.changelog.histories[0].items.map((item: { field: string }) => item.field)).toEqual([
      "resolution",
      "status",
    ]);
    const back = (await dc.get(path)).body.transitions.find(
      (one: { name: string }) => one.name === "Reopen Issue",
    );
    await dc.post(path, { transition: { id: back.id } });
    const open = (await dc.get(`/rest/api/2/issue/${key}`)).body.fields;
    expect(open).toMatchObject({ status: { name: "Reopened" }, resolution: null, resolutiondate: null });
  });
});

describe("who may see an issue", () => {
  it("answers nobody 401 on Data Center and 404 on Cloud, in their words", async () => {
    const onDataCenter = await dataCenterAs(sandbox).get("/rest/api/2/issue/JJ-2");
    expect(onDataCenter.status).toBe(401);
    expect(onDataCenter.body.errorMessages[1]).toBe("Login Required");
    const onCloud = await cloudAs(sandbox).get("/rest/api/3/issue/JJ-2");
    expect(onCloud.status).toBe(404);
    expect(onCloud.body.errorMessages).toEqual([
      "Issue does not exist or you do not have permission to see it.",
    ]);
  });
});
