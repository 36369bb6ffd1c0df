import { describe, expect, it } from "vitest";
import {
  checkPolicy,
  compilePolicy,
  createDirectory,
  createPseudonyms,
  type Flavor,
  tokensAsked,
} from "../../src/policy/index.ts";
import { ACCOUNT_ID, FORMS, KEYS, LONG_ACCOUNT_ID, traceOf } from "./people.ts";

const pseudonyms = createPseudonyms(KEYS);
const denied = expect.objectContaining({ code: "policy_denied" });
const ISSUE = "/rest/api/3/issue/{issueIdOrKey}";
const policy = compilePolicy(
  {
    latchkey_policy: 1,
    flavor: "cloud",
    jql: { people: ["assignee"] },
    endpoints: [
      {
        path: "/rest/api/3/issue/bulkfetch",
        methods: ["POST"],
        body: { issueIdsOrKeys: "issue", fields: { type: "list", of: ["status", "updated"] } },
        answer: ["issues.key"],
      },
      {
        path: "/rest/api/3/search/jql",
        methods: ["POST"],
        body: { jql: "jql", maxResults: { type: "integer", max: 100 } },
        answer: ["issues.key"],
      },
      {
        path: `${ISSUE}/comment`,
        methods: ["POST"],
        body: {
          body: "rich",
          "visibility.type": { type: "list", of: ["role"] },
          "visibility.value": "group",
        },
        answer: ["id"],
      },
      {
        path: ISSUE,
        methods: ["PUT"],
        body: {
          "fields.summary": "text",
          "fields.assignee.accountId": "person",
          "fields.components[].id": "id",
          "fields.duedate": "date",
          "update.labels[].add": "text",
        },
        answer: [],
      },
      { path: ISSUE, answer: ["fields.assignee"] },
    ],
  },
  KEYS,
);
const sealed = pseudonyms.seal("accountId", ACCOUNT_ID);
const oneWay = pseudonyms.pseudonym("accountId", ACCOUNT_ID);
const resolve = (token: string) => (token === oneWay ? ACCOUNT_ID : undefined);
const send = (method: string, path: string, body: unknown) =>
  policy.admit({ method, path, body }, resolve).body;
const put = (body: unknown) => send("PUT", "/rest/api/3/issue/JJ-2", body);
const comment = (body: unknown) => send("POST", "/rest/api/3/issue/JJ-2/comment", body);

describe("what may be written", () => {
  it("is by rule, as deep as it goes; what is sent is what was admitted", () => {
    const body = {
      fields: {
        summary: "Pay by card",
        assignee: { accountId: oneWay },
        components: [{ id: "10001" }, { id: "10002" }],
        duedate: null,
      },
      update: { labels: [{ add: "billing" }] },
    };
    const sent = put(body) as typeof body;
    expect(sent).toEqual({ ...body, fields: { ...body.fields, assignee: { accountId: ACCOUNT_ID } } });
  });

  it.each([
    { fields: { description: "x" } },
    { fields: { components: [{ id: "10001", name: "Payments" }] } },
    { fields: { components: [[{ id: "1" }]] } },
    { fields: { components: ["10001"] } },
    { fields: "summary" },
    { fields: { summary: { text: "x" } } },
    { fields: { duedate: "tomorrow" } },
    { fields: { assignee: { accountId: ACCOUNT_ID } } },
    { fields: { assignee: { accountId: pseudonyms.pseudonym("accountId", LONG_ACCOUNT_ID) } } },
    { update: { labels: [{ remove: "billing" }] } },
    { historyMetadata: {} },
    [],
    "fields",
  ])("%j is denied", (body) => {
    expect(() => put(body)).toThrow(denied);
  });

  it("lists of a bulk read and a query in a body are held to the same rules", () => {
    const fetch = { issueIdsOrKeys: ["JJ-1", "10002", "jj-3"], fields: ["status", "updated"] };
    expect(send("POST", "/rest/api/3/issue/bulkfetch", fetch)).toEqual(fetch);
    for (const body of [
      { issueIdsOrKeys: ["monalisa"] },
      { issueIdsOrKeys: [ACCOUNT_ID] },
      { issueIdsOrKeys: ["JJ-1"], fields: ["assignee"] },
      { issueIdsOrKeys: ["JJ-1"], expand: ["renderedFields"] },
    ]) {
      expect(() => send("POST", "/rest/api/3/issue/bulkfetch", body)).toThrow(denied);
    }
    expect(send("POST", "/rest/api/3/search/jql", { jql: `assignee = ${oneWay}`, maxResults: 5 })).toEqual({
      jql: `"assignee" = "${ACCOUNT_ID}"`,
      maxResults: 5,
    });
    expect(() => send("POST", "/rest/api/3/search/jql", { jql: "text ~ salary" })).toThrow(denied);
    expect(() => send("POST", "/rest/api/3/search/jql", { jql: ["project = JJ"], maxResults: 101 })).toThrow(
      denied,
    );
  });

  it("a path that is a value and holds others is a mistake", () => {
    const mistakes = checkPolicy({
      latchkey_policy: 1,
      flavor: "cloud",
      endpoints: [
        { path: ISSUE, methods: ["PUT"], body: { fields: "text", "fields.summary": "text" }, answer: [] },
        { path: "/rest/api/3/search/jql", methods: ["POST"], body: { "a.jql": "any" }, answer: ["isLast"] },
      ],
    });
    expect(mistakes.map(({ path }) => path)).toEqual(["endpoints[0].body.fields", "endpoints[1]"]);
  });
});

describe("people in what is written", () => {
  it("are mentioned by their tokens, in wiki text and in documents", () => {
    expect(comment({ body: `Thanks [~accountid:${oneWay}] and [~${sealed}]` })).toEqual({
      body: `Thanks [~accountid:${ACCOUNT_ID}] and [~accountid:${ACCOUNT_ID}]`,
    });
    const document = (attrs: unknown) => ({
      type: "doc",
      version: 1,
      content: [
        {
          type: "paragraph",
          content: [
            { type: "mention", attrs },
            { type: "text", text: " hello" },
          ],
        },
      ],
    });
    expect(comment({ body: document({ id: sealed, text: "@somebody" }) })).toEqual({
      body: document({ id: ACCOUNT_ID }),
    });
    expect(() => comment({ body: document({ id: ACCOUNT_ID }) })).toThrow(denied);
    expect(() => comment({ body: { type: "paragraph" } })).toThrow(denied);
  });

  it("in any form of their own are refused, wherever in a text or a document", () => {
    for (const form of FORMS) {
      expect(() => comment({ body: form }), form).toThrow(denied);
      const link = { type: "link", attrs: { href: form } };
      const text = { type: "text", text: "here", marks: [link] };
      expect(() => comment({ body: { type: "doc", content: [text] } }), form).toThrow(denied);
      expect(() => comment({ body: { type: "doc", [form]: "x" } }), form).toThrow(denied);
    }
  });

  it("groups are named by their tokens too", () => {
    const group = pseudonyms.seal("group", "Payments team");
    expect(comment({ body: "x", visibility: { type: "role", value: group } })).toEqual({
      body: "x",
      visibility: { type: "role", value: "Payments team" },
    });
    expect(() => comment({ body: "x", visibility: { type: "role", value: sealed } })).toThrow(denied);
  });
});

describe("one-way tokens", () => {
  const lisa = { accountId: LONG_ACCOUNT_ID, name: "lisa", key: "JIRAUSER10101", displayName: "Lisa" };
  const mona = { accountId: ACCOUNT_ID, name: "mona", key: "JIRAUSER10100", displayName: "Mona Lisa" };

  it("are found in a request wherever they stand, those of people alone", () => {
    const group = pseudonyms.pseudonym("group", "Payments");
    const email = pseudonyms.pseudonym("email", "mona@example.com");
    const asked = {
      method: "POST",
      path: `/rest/api/3/user/${encodeURIComponent(oneWay)}`,
      query: `a=${encodeURIComponent(`x = "${email}"`)}`,
      body: { jql: `assignee = "${oneWay}"`, group, other: [sealed] },
    };
    expect(tokensAsked(asked).sort()).toEqual([email, oneWay].sort());
    expect(tokensAsked({ method: "GET", path: "/rest/api/3/issue/JJ-2" })).toEqual([]);
  });

  it.each<[Flavor, string]>([
    ["cloud", ACCOUNT_ID],
    ["datacenter", "mona"],
  ])("are looked up among the people of a %s", (flavor, value) => {
    const directory = createDirectory(flavor, pseudonyms);
    directory.learn([lisa, mona]);
    expect(directory.size()).toBe(2);
    for (const [kind, text] of [
      ["accountId", mona.accountId],
      ["userName", "mona"],
      ["userKey", mona.key],
      ["displayName", "Mona Lisa"],
    ] as const) {
      expect(directory.resolve(pseudonyms.pseudonym(kind, text))).toBe(value);
    }
    expect(directory.resolve(pseudonyms.pseudonym("userName", "nobody"))).toBeUndefined();
    directory.learn([
      { ...lisa, accountId: "5b10ac8d82e05b22cc7d4ef6", name: "other", displayName: "Mona Lisa" },
    ]);
    expect(directory.resolve(pseudonyms.pseudonym("displayName", "Mona Lisa"))).toBeUndefined();
  });

  it("of an earlier key are still known after the key changed; those of another tenant are not", () => {
    const newer = { id: "k2", bytes: new Uint8Array(32).fill(9) };
    const changed = createPseudonyms({ tenant: "acme", keys: [newer, ...KEYS.keys] });
    const directory = createDirectory("cloud", changed);
    directory.learn([mona]);
    expect(directory.resolve(oneWay)).toBe(ACCOUNT_ID);
    expect(directory.resolve(changed.pseudonym("accountId", ACCOUNT_ID))).toBe(ACCOUNT_ID);
    const elsewhere = createPseudonyms({ tenant: "globex", keys: KEYS.keys });
    expect(directory.resolve(elsewhere.pseudonym("accountId", ACCOUNT_ID))).toBeUndefined();
  });
});

describe("what comes back of a service desk and of an old Server", () => {
  const type = (custom: string, schema = "any") => ({ type: schema, custom });
  const fields = [
    { id: "customfield_1", schema: type("com.pyxis.greenhopper.jira:gh-sprint", "array") },
    {
      id: "customfield_2",
      schema: type("com.atlassian.servicedesk:sd-sla-field", "sd-servicelevelagreement"),
    },
    { id: "customfield_3", schema: type("com.atlassian.servicedesk:sd-customer-organizations", "array") },
    { id: "customfield_4", schema: type("com.atlassian.servicedesk:vp-origin", "sd-customerrequesttype") },
    { id: "customfield_5", schema: type("com.atlassian.servicedesk:sd-request-participants", "array") },
  ];
  const both = (flavor: Flavor, path: string) =>
    compilePolicy(
      { latchkey_policy: 1, flavor, endpoints: [{ path, answer: ["**"] }] },
      { ...KEYS, custom_fields: fields },
    );
  const SPRINT =
    "com.atlassian.greenhopper.service.sprint.Sprint@1f2e[id=7,rapidViewId=3,state=ACTIVE,name=Mona, state of art," +
    "startDate=2016-12-01T08:00:00.000Z,endDate=<null>,completeDate=<null>,sequence=7,goal=Ask monalisa]";
  const sla = {
    id: "1",
    name: "Time to first response",
    completedCycles: [
      { breached: true, elapsedTime: { millis: 5, friendly: "5ms" }, stopTime: { iso8601: "2026-11-20" } },
    ],
  };

  it("a sprint that is written as text leaves as the object it means", () => {
    const desk = both("datacenter", "/rest/api/2/issue/{key}");
    const out = desk.answer("GET /rest/api/2/issue/{issueIdOrKey}", 200, {
      fields: { customfield_1: [SPRINT, "monalisa", { id: 8, state: "closed" }] },
    });
    const first = { id: 7, boardId: 3, state: "active", startDate: "2016-12-01T08:00:00.000Z" };
    expect(out).toEqual({
      fields: {
        customfield_1: [
          { ...first, endDate: null, completeDate: null },
          { id: 8, state: "closed" },
        ],
      },
    });
  });

  it("times to answer, organizations, kinds and participants of a request keep what is no person", () => {
    const desk = both("datacenter", "/rest/servicedeskapi/request/{issueIdOrKey}");
    const participant = { name: "monalisa", displayName: "Monalisa Octocat", active: true };
    const values = {
      customfield_2: sla,
      customfield_3: [{ id: "4", name: "Octocat Ltd" }],
      customfield_4: { requestType: { id: "9", name: "Get help" }, currentStatus: { status: "Open" } },
      customfield_5: [participant],
      summary: "Ask monalisa",
      priority: { id: "2", name: "High" },
      monalisa: "monalisa",
    };
    const requestFieldValues = Object.entries(values).map(([fieldId, value]) => ({ fieldId, value }));
    const out = desk.answer("GET /rest/servicedeskapi/request/{issueIdOrKey}", 200, {
      issueKey: "SD-1",
      reporter: participant,
      currentStatus: { status: "Waiting for support", statusCategory: "NEW" },
      sla: { values: [sla] },
      requestFieldValues,
    }) as { requestFieldValues: { fieldId?: string; value?: unknown }[] };
    expect(traceOf(out)).toBeUndefined();
    expect(out).toMatchObject({ issueKey: "SD-1", currentStatus: { status: "Waiting for support" } });
    const got = Object.fromEntries(out.requestFieldValues.map(({ fieldId, value }) => [fieldId, value]));
    expect(got).toMatchObject({
      customfield_2: { id: "1", name: "Time to first response", completedCycles: [{ breached: true }] },
      customfield_3: [{ id: "4", name: expect.stringMatching(/^lkp_group_/) }],
      customfield_4: { requestType: { name: "Get help" }, currentStatus: { status: "Open" } },
      customfield_5: [{ name: pseudonyms.pseudonym("userName", "monalisa"), active: true }],
      summary: undefined,
      priority: { id: "2", name: "High" },
    });
  });
});
