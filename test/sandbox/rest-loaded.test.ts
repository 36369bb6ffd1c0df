import { afterEach, beforeEach, expect, it } from "vitest";
import type { RunningSandbox } from "../../src/sandbox/index.ts";
import { type Any, cloudAs, dataCenterAs, enc, start } from "./rest-client.ts";

let sandbox: RunningSandbox;
beforeEach(async () => {
  sandbox = await start();
  sandbox.control.world(issue);
  sandbox.control.world(transitions, { name: "issue/77001/transitions.json" });
});
afterEach(() => sandbox.stop());

const HOST = "https://jira.example.com/jira";
const person = {
  self: `${HOST}/rest/api/2/user?username=mira`,
  name: "mira",
  key: "JIRAUSER10100",
  displayName: "Mira Example",
  emailAddress: "mira@example.com",
  active: true,
};
const issue = {
  expand: "operations,editmeta",
  id: "77001",
  self: `${HOST}/rest/api/2/issue/77001`,
  key: "MOON-7",
  fields: {
    summary: "Land on the moon",
    description: "h1. Plan\n\nGo *there* & back",
    project: { self: `${HOST}/rest/api/2/project/900`, id: "900", key: "MOON", name: "Moon" },
    issuetype: { self: `${HOST}/rest/api/2/issuetype/77`, id: "77", name: "Mission", subtask: false },
    status: {
      self: `${HOST}/rest/api/2/status/501`,
      id: "501",
      name: "Countdown",
      statusCategory: { id: 4, key: "indeterminate", name: "In Progress" },
    },
    reporter: person,
    labels: ["nasa"],
    customfield_99999: { value: "Apollo", id: "11" },
    created: "1969-05-25T10:00:00.000+0000",
    updated: "1969-07-20T20:17:00.000+0000",
    comment: {
      comments: [
        {
          id: "9001",
          author: person,
          body: "One _small_ step",
          created: "1969-07-21T02:56:00.000+0000",
          updated: "1969-07-21T02:56:00.000+0000",
        },
      ],
      maxResults: 1,
      total: 1,
      startAt: 0,
    },
  },
};
const transitions = {
  expand: "transitions",
  transitions: [
    { id: "41", name: "Launch", to: { self: `${HOST}/rest/api/2/status/502`, id: "502", name: "In Flight" } },
  ],
};

it("gives a loaded issue back unchanged in version 2, on both faces, alone and in a search", async () => {
  for (const client of [dataCenterAs(sandbox, "alana"), cloudAs(sandbox, "alana")]) {
    expect((await client.get("/rest/api/2/issue/moon-7")).body).toEqual(issue);
  }
  const found = await dataCenterAs(sandbox, "alana").get(
    `/rest/api/2/search?fields=*all&jql=${enc("project = MOON")}`,
  );
  expect(found.body.issues).toEqual([issue]);
  const some = await cloudAs(sandbox, "alana").get("/rest/api/2/issue/77001?fields=labels,reporter");
  expect(some.body.fields).toEqual({ labels: ["nasa"], reporter: person });
});

it("translates its texts alone in version 3", async () => {
  const { fields } = (await cloudAs(sandbox, "alana").get("/rest/api/3/issue/MOON-7")).body;
  expect(fields.description.content.map((node: Any) => node.type)).toEqual(["heading", "paragraph"]);
  expect(fields.comment.comments[0].body.content[0].content[1]).toEqual({
    type: "text",
    text: "small",
    marks: [{ type: "em" }],
  });
  expect(fields.reporter).toEqual(person);
});

it("finds it by what only it has", async () => {
  const dc = dataCenterAs(sandbox, "alana");
  for (const jql of [
    "status = Countdown",
    "type = Mission",
    "labels = nasa AND reporter = mira",
    "cf[99999] = apollo",
    "comment ~ step AND created < 1970-01-01",
  ]) {
    const { body } = await dc.get(`/rest/api/2/search?fields=key&jql=${enc(jql)}`);
    expect(
      body.issues?.map((one: Any) => one.key),
      jql,
    ).toEqual(["MOON-7"]);
  }
});

it("takes the steps that were loaded with it, keeps its comments, and writes its history", async () => {
  const dc = dataCenterAs(sandbox, "alana");
  const path = "/rest/api/2/issue/MOON-7";
  expect((await dc.get("/rest/api/2/issue/77001/transitions")).body).toEqual(transitions);
  expect((await dc.post(`${path}/transitions`, { transition: { id: "41" } })).status).toBe(204);
  const { body } = await dc.get(`${path}?expand=changelog`);
  expect(body.fields.status.name).toBe("In Flight");
  expect(body.fields.comment.comments[0].body).toBe("One _small_ step");
  expect(body.changelog.histories[0].items[0]).toMatchObject({
    fromString: "Countdown",
    toString: "In Flight",
  });
  expect(
    (await dc.get(`/rest/api/2/search?jql=${enc("status was Countdown AND status = 'In Flight'")}`)).body
      .total,
  ).toBe(1);
});
