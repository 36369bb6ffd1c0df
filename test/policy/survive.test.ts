import { describe, expect, it } from "vitest";
import { compilePolicy } from "../../src/policy/index.ts";
import { ACCOUNT_ID, KEYS, LONG_ACCOUNT_ID, traceOf } from "./people.ts";

const FIELDS = [
  field("customfield_10010", "Sprint", "array", "com.pyxis.greenhopper.jira:gh-sprint", "json"),
  field(
    "customfield_10020",
    "Story Points",
    "number",
    "com.atlassian.jira.plugin.system.customfieldtypes:float",
  ),
  field("customfield_10030", "Team", "option", "com.atlassian.jira.plugin.system.customfieldtypes:select"),
  field(
    "customfield_10031",
    "Teams",
    "array",
    "com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes",
    "option",
  ),
  field(
    "customfield_10040",
    "Reviewer",
    "user",
    "com.atlassian.jira.plugin.system.customfieldtypes:userpicker",
  ),
  field("customfield_10050", "Notes", "string", "com.atlassian.jira.plugin.system.customfieldtypes:textarea"),
  field(
    "customfield_10060",
    "Go-live",
    "date",
    "com.atlassian.jira.plugin.system.customfieldtypes:datepicker",
  ),
  field("customfield_10070", "Of an app", "any", "com.example.app:thing"),
];

function field(id: string, name: string, type: string, custom: string, items?: string) {
  return { id, name, schema: { type, custom, ...(items === undefined ? {} : { items }) } };
}

const ISSUE = "GET /rest/api/3/issue/{issueIdOrKey}";
const CHANGELOG = "GET /rest/api/3/issue/{issueIdOrKey}/changelog";
const policy = compilePolicy(
  {
    latchkey_policy: 1,
    flavor: "cloud",
    endpoints: [
      { path: "/rest/api/3/issue/{issueIdOrKey}", answer: ["**"] },
      { path: "/rest/api/3/issue/{issueIdOrKey}/changelog", answer: ["**"] },
      {
        path: "/rest/api/3/search/jql",
        answer: [{ path: "issues.fields.summary", treat: "drop" }, "nextPageToken", "isLast"],
      },
    ],
  },
  { ...KEYS, custom_fields: FIELDS },
);
const MONA = {
  self: `https://acme.atlassian.net/rest/api/3/user?accountId=${ACCOUNT_ID}`,
  accountId: ACCOUNT_ID,
  displayName: "Monalisa Octocat",
  emailAddress: "MonaLisa@example.com",
  active: true,
  accountType: "atlassian",
};

function fieldsOf(fields: Record<string, unknown>): Record<string, unknown> {
  const out = policy.answer(ISSUE, 200, { id: "10002", key: "JJ-2", fields }) as {
    fields: Record<string, unknown>;
  };
  return out.fields;
}

describe("what is not personal survives", () => {
  it("keys, ids, states, times and numbers of an issue", () => {
    const facts = {
      status: {
        self: "https://acme.atlassian.net/rest/api/3/status/3",
        id: "3",
        name: "In Progress",
        statusCategory: { id: 4, key: "indeterminate", colorName: "yellow", name: "In Progress" },
      },
      issuetype: { id: "10001", name: "Story", subtask: false, hierarchyLevel: 0 },
      priority: { id: "2", name: "High" },
      project: { id: "10000", key: "JJ", projectTypeKey: "software", simplified: true, style: "next-gen" },
      updated: "2026-11-17T12:34:00.000+0000",
      created: "2026-10-01T08:00:00.000+0200",
      duedate: "2026-12-24",
      resolutiondate: null,
      labels: ["backend", "needs-review"],
      fixVersions: [{ id: "10100", name: "2.1", released: false, releaseDate: "2026-12-01" }],
      timetracking: { originalEstimate: "2d 4h", timeSpentSeconds: 3600 },
      votes: { votes: 3, hasVoted: false },
      workratio: -1,
      attachment: [
        { id: "10400", size: 23123, mimeType: "image/jpeg", created: "2026-11-17T12:34:00.000+0000" },
      ],
      parent: { id: "10001", key: "JJ-1", fields: { status: { id: "1", name: "To Do" } } },
    };
    expect(fieldsOf(facts)).toEqual(facts);
  });

  it("numbers, dates, options and sprints of custom fields, by their type; a type that is unknown never passes", () => {
    const out = fieldsOf({
      customfield_10010: [
        {
          id: 7,
          name: "Monalisa's sprint",
          state: "active",
          boardId: 3,
          startDate: "2026-11-01T00:00:00.000Z",
        },
      ],
      customfield_10020: 5.5,
      customfield_10030: {
        self: "https://acme.atlassian.net/rest/api/3/customFieldOption/1",
        id: "1",
        value: "Payments",
      },
      customfield_10031: [{ id: "2", value: "Search" }],
      customfield_10040: MONA,
      customfield_10050: "Ask Monalisa",
      customfield_10060: "2026-12-24",
      customfield_10070: { value: 1 },
      customfield_99999: 1,
    });
    expect(out).toMatchObject({
      customfield_10010: [{ id: 7, state: "active", boardId: 3, startDate: "2026-11-01T00:00:00.000Z" }],
      customfield_10020: 5.5,
      customfield_10030: { id: "1", value: "Payments" },
      customfield_10031: [{ id: "2", value: "Search" }],
      customfield_10040: { accountId: expect.stringMatching(/^lkp_accountId_k1_/), active: true },
      customfield_10060: "2026-12-24",
    });
    expect(Object.keys(out)).not.toContain("customfield_10050");
    expect(Object.keys(out)).not.toContain("customfield_10070");
    expect(Object.keys(out)).not.toContain("customfield_99999");
    expect(traceOf(out)).toBeUndefined();
  });

  it("moves from state to state; of people only that one token became another", () => {
    const item = (
      name: string,
      fieldId: string,
      from: unknown,
      fromString: unknown,
      to: unknown,
      text: unknown,
      fieldtype = "jira",
    ) => ({ field: name, fieldtype, fieldId, from, fromString, to, toString: text });
    const body = {
      values: [
        {
          id: "10100",
          author: MONA,
          created: "2026-11-17T12:34:00.000+0000",
          items: [
            item("status", "status", "1", "To Do", "3", "In Progress"),
            item("assignee", "assignee", null, null, ACCOUNT_ID, "Monalisa Octocat"),
            item("summary", "summary", null, "Ask Monalisa", null, "Ask nobody"),
            item("Story Points", "customfield_10020", null, "3", null, "5", "custom"),
            item(
              "Reviewer",
              "customfield_10040",
              LONG_ACCOUNT_ID,
              "Monalisa Octocat",
              ACCOUNT_ID,
              "Monalisa Octocat",
              "custom",
            ),
            item("status", "customfield_10040", LONG_ACCOUNT_ID, "Monalisa Octocat", null, null, "custom"),
            item("Something of an app", "something", "monalisa", "Monalisa", "octocat", "Octocat"),
          ],
          historyMetadata: {
            type: "monalisa",
            description: "by Monalisa",
            actor: { id: ACCOUNT_ID, displayName: "Monalisa", url: "https://x/monalisa" },
          },
        },
      ],
    };
    const out = policy.answer(CHANGELOG, 200, body) as { values: { items: Record<string, unknown>[] }[] };
    const items = out.values[0]!.items;
    expect(items[0]).toEqual(item("status", "status", "1", "To Do", "3", "In Progress"));
    expect(items[1]).toEqual({
      field: "assignee",
      fieldtype: "jira",
      fieldId: "assignee",
      from: null,
      to: expect.stringMatching(/^lkp_accountId_/),
    });
    expect(items[3]).toMatchObject({ fromString: "3", toString: "5" });
    expect(items[4]).toMatchObject({ from: expect.stringMatching(/^lkp_/), to: items[1]!.to });
    expect(Object.keys(items[6]!)).toEqual(["field", "fieldtype"]);
    expect(traceOf(out)).toBeUndefined();
  });

  it("one person is one token, in whatever case the address is written", () => {
    const out = fieldsOf({
      assignee: MONA,
      reporter: { ...MONA, emailAddress: "monalisa@EXAMPLE.com" },
    }) as Record<string, Record<string, unknown>>;
    expect(out.assignee).toEqual(out.reporter);
    expect(Object.keys(out.assignee!)).toEqual(["accountId", "emailAddress", "active", "accountType"]);
  });
});

describe("default deny", () => {
  it("only the fields a rule names leave, and free text only in the form the kind allows", () => {
    const body = {
      isLast: false,
      nextPageToken: "CAEaAggC",
      total: 5,
      issues: [{ id: "1", key: "JJ-1", fields: { summary: "secret", updated: "2026-11-17" } }],
    };
    const out = policy.answer("GET /rest/api/3/search/jql", 200, body);
    expect(out).toEqual({ isLast: false, nextPageToken: expect.stringMatching(/^lkr_cursor_/) });
  });

  it("an endpoint, a method, a parameter or a member without a rule is denied", () => {
    const admit =
      (method: string, path: string, query = "", body?: unknown) =>
      () =>
        policy.admit({ method, path, query, body });
    expect(admit("GET", "/rest/api/3/issue/JJ-2")()).toMatchObject({
      path: "/rest/api/3/issue/JJ-2",
      operation: ISSUE,
    });
    expect(admit("HEAD", "/rest/api/latest/issue/10002")()).toMatchObject({
      path: "/rest/api/latest/issue/10002",
    });
    for (const denied of [
      admit("GET", "/rest/api/3/issue/createmeta"),
      admit("DELETE", "/rest/api/3/issue/JJ-2"),
      admit("GET", "/rest/api/3/user"),
      admit("GET", "/rest/api/3/issue/JJ-2", "expand=names"),
      admit("GET", "/rest/api/3/issue/JJ-2", "", { fields: {} }),
      admit("GET", "/rest/api/3/issue/monalisa"),
      admit("GET", `/rest/api/3/issue/${ACCOUNT_ID}`),
      admit("GET", "/wiki/rest/api/content"),
    ]) {
      expect(denied).toThrow(expect.objectContaining({ code: "policy_denied" }));
    }
  });

  it("an operation without a rule answers nothing", () => {
    expect(policy.answer("GET /rest/api/3/myself", 200, MONA)).toBeUndefined();
  });
});

describe("errors and headers", () => {
  it("known sentences pass, with the names of fields; others say their length", () => {
    const out = policy.answer(ISSUE, 400, {
      errorMessages: [
        "Field 'priority' is required",
        "The value 'monalisa' does not exist for the field 'assignee'.",
      ],
      errors: { customfield_10020: "Monalisa must be a number", monalisa: "no" },
    });
    expect(out).toEqual({
      errorMessages: ["Field 'priority' is required", "Withheld by the policy (61 characters)."],
      errors: { customfield_10020: "Withheld by the policy (25 characters)." },
    });
  });

  it("headers pass without file names, queries and people", () => {
    expect(
      policy.headers({
        "Content-Type": "application/json",
        "Retry-After": "5",
        "X-RateLimit-Remaining": "7",
        "X-AUSERNAME": "monalisa",
        "X-AACCOUNTID": ACCOUNT_ID,
        "Content-Disposition": "attachment; filename=monalisa.pdf",
        Link: "<https://acme.atlassian.net/rest/api/3/x?jql=monalisa>; rel=next",
        ETag: "monalisa@example.com",
        "Set-Cookie": "a=b",
      }),
    ).toEqual({
      "content-type": "application/json",
      "retry-after": "5",
      "x-ratelimit-remaining": "7",
      link: "<https://acme.atlassian.net/rest/api/3/x>",
    });
  });
});
