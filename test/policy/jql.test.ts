import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { admitJql, compilePolicy } from "../../src/policy/index.ts";
import { ACCOUNT_ID, KEYS } from "./people.ts";

const PERSON = "lkp_accountId_k1_abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const resolve = (token: string) => (token === PERSON ? ACCOUNT_ID : undefined);
const people = { people: ["assignee", "reporter"] };
const denied = expect.objectContaining({ code: "policy_denied" });

/** An independent parser of JQL: what it reads of the query that is sent. */
async function witness(query: string): Promise<readonly unknown[]> {
  const { JastBuilder } = (await import("@atlaskit/jql-ast")) as unknown as {
    JastBuilder: new () => { build: (query: string) => { errors: readonly unknown[] } };
  };
  return new JastBuilder().build(query).errors;
}

describe("queries that ask nothing about people", () => {
  it.each([
    ["project = JJ", '"project" = "JJ"'],
    [
      "project in (JJ, 'KK') AND updated >= -7d order by updated DESC",
      '("project" IN ("JJ", "KK") AND "updated" >= "-7d") ORDER BY "updated" DESC',
    ],
    [
      "not (status = Done or resolution is not EMPTY)",
      'NOT (("status" = "Done" OR "resolution" IS NOT EMPTY))',
    ],
    [
      "status was 'In Progress' during ('2026-01-01', '2026-02-01')",
      '"status" WAS "In Progress" DURING ("2026-01-01", "2026-02-01")',
    ],
    [
      "status changed from 'To Do' to Done after startOfWeek(-1d)",
      '"status" CHANGED FROM "To Do" TO "Done" AFTER startOfWeek("-1d")',
    ],
    ["sprint in openSprints() && fixVersion != 2.1", '("sprint" IN openSprints() AND "fixVersion" != "2.1")'],
    ["order by created", 'ORDER BY "created"'],
  ])("%s is sent as it was understood", async (query, sent) => {
    expect(admitJql(query, {}, resolve)).toBe(sent);
    expect(await witness(sent)).toEqual([]);
  });

  it("may compare what a policy lists, custom fields too", () => {
    expect(
      admitJql("cf[10010] = 3 AND 'Epic Link' = JJ-1", { clauses: ["cf[10010]", "epic link"] }, resolve),
    ).toBe('(cf[10010] = "3" AND "Epic Link" = "JJ-1")');
  });
});

describe("people in queries", () => {
  it("are named by tokens, and put back before the query is sent", () => {
    const sent = admitJql(`assignee = ${PERSON} AND reporter in ("${PERSON}", EMPTY)`, people, resolve);
    expect(sent).toBe(`("assignee" = "${ACCOUNT_ID}" AND "reporter" IN ("${ACCOUNT_ID}", EMPTY))`);
  });

  it.each([
    "assignee = 'mona@example.com'",
    "assignee = mona",
    `assignee = ${ACCOUNT_ID}`,
    "assignee in (EMPTY, mona)",
    "assignee in membersOf('payments')",
    "assignee = currentUser()",
    "assignee was mona",
    "assignee changed from mona",
    "status changed by mona",
    `status changed by '${ACCOUNT_ID}'`,
    "watcher = mona",
    "worklogAuthor = mona",
    "assignee > lkp_accountId_k1_abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    "assignee = lkp_accountId_k1_0000000000000000000000000000000000000000000",
    `project = ${PERSON}`,
    "labels = 'mona@example.com'",
    "labels = '[~mona]'",
    `issue in updatedBy(${ACCOUNT_ID})`,
    "project = JJ order by assignee",
  ])("%s is denied", (query) => {
    expect(() => admitJql(query, people, resolve)).toThrow(denied);
  });
});

describe("what tells more than it asks", () => {
  it.each([
    "text ~ salary",
    "summary ~ 'salary'",
    "description !~ x",
    "comment ~ x",
    "project ~ x",
    "filter = 10001",
    "issue.property[x].y = 1",
    "issueFunction in commented('by mona')",
    "project = JJ AND (status = Done",
    "project = JJ) OR assignee = mona (",
    "project = JJ; assignee = mona",
    "project = 'JJ' assignee",
    'project = "JJ',
    "project = JJ\\",
    "project = JJ/* */",
    "project = ((((JJ))))",
    "project = JJ # mona",
    "=",
    "and",
    "'and' and",
    "(".repeat(2000),
    `${"project = JJ AND ".repeat(40)}project = JJ`,
    "status in Done",
    "status = (Done)",
    "status is Done",
    "status in ((Done))",
    "status was Done during '2026-01-01'",
    "status = by",
    "x".repeat(20_000),
  ])("%s is denied", (query) => {
    expect(() => admitJql(query, people, resolve)).toThrow(denied);
  });

  it("whatever is written, either it is denied or what is sent holds only allowed fields and no unquoted word of the caller", async () => {
    const word = fc.constantFrom(
      "project",
      "assignee",
      "status",
      "text",
      "=",
      "!=",
      "in",
      "not",
      "was",
      "changed",
      "by",
      "and",
      "or",
      "order by",
      "(",
      ")",
      ",",
      '"',
      "'",
      "\\",
      "mona",
      '"mona"',
      "EMPTY",
      "now()",
      "~",
      " ",
    );
    const sent: string[] = [];
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), (words) => {
        let query: string;
        try {
          query = admitJql(words.join(" "), people, resolve);
        } catch (thrown) {
          return (thrown as { code?: string }).code === "policy_denied";
        }
        sent.push(query);
        const bare = query.replaceAll(/"(?:[^"\\]|\\.)*"/g, "");
        return !/mona|text|assignee [^"]*"mona/i.test(bare) && !/"assignee" (=|!=|IN|WAS)[^"]*"/.test(query);
      }),
      { numRuns: 3000 },
    );
    for (const query of sent.filter((one) => one !== "").slice(0, 100))
      expect(await witness(query), query).toEqual([]);
  });
});

describe("in a request", () => {
  const policy = compilePolicy(
    {
      latchkey_policy: 1,
      flavor: "cloud",
      kinds: { accountId: "reversible" },
      jql: people,
      endpoints: [
        {
          path: "/rest/api/3/search/jql",
          methods: ["GET", "POST"],
          query: {
            jql: "jql",
            nextPageToken: "cursor",
            maxResults: { type: "integer", max: 100 },
            fields: { type: "list", of: ["status", "updated"] },
          },
          body: {
            jql: "jql",
            nextPageToken: "cursor",
            maxResults: "integer",
            fields: { type: "list", of: ["status", "updated"] },
          },
          answer: ["issues.fields.assignee", "nextPageToken"],
        },
      ],
    },
    KEYS,
  );
  const answer = policy.answer("GET /rest/api/3/search/jql", 200, {
    nextPageToken: "page-2",
    issues: [{ fields: { assignee: { accountId: ACCOUNT_ID } } }],
  }) as { nextPageToken: string; issues: { fields: { assignee: { accountId: string } } }[] };
  const token = answer.issues[0]!.fields.assignee.accountId;
  const ask = (query: Record<string, string>) =>
    policy.admit({
      method: "GET",
      path: "/rest/api/3/search/jql",
      query: new URLSearchParams(query).toString(),
    });

  it("a reversible token and a page token of an answer work in the next request", () => {
    const { query } = ask({
      jql: `assignee = "${token}"`,
      nextPageToken: answer.nextPageToken,
      maxResults: "50",
      fields: "status,updated",
    });
    expect(Object.fromEntries(new URLSearchParams(query))).toEqual({
      jql: `"assignee" = "${ACCOUNT_ID}"`,
      nextPageToken: "page-2",
      maxResults: "50",
      fields: "status,updated",
    });
  });

  it("a token of what is no person names none, and a person's token is no page", () => {
    expect(() => ask({ jql: `assignee = "${answer.nextPageToken}"` })).toThrow(denied);
    expect(() => ask({ nextPageToken: token })).toThrow(denied);
    expect(() => ask({ jql: `assignee = "${token.slice(0, -2)}xx"` })).toThrow(denied);
  });

  it("a body is held to the same rules, member by member", () => {
    const asked = policy.admit({
      method: "POST",
      path: "/rest/api/3/search/jql",
      body: { jql: "project = JJ", maxResults: 50, fields: ["status"] },
    });
    expect(asked.body).toEqual({ jql: '"project" = "JJ"', maxResults: 50, fields: ["status"] });
    const post = (body: unknown) => () =>
      policy.admit({ method: "POST", path: "/rest/api/3/search/jql", body });
    for (const body of [
      { jql: "text ~ x" },
      { expand: "names" },
      { fields: ["summary"] },
      { fields: { a: 1 } },
      ["jql"],
      "jql",
      { maxResults: "many" },
    ]) {
      expect(post(body)).toThrow(denied);
    }
  });

  it("what is no token, too large, not listed or given twice is denied", () => {
    for (const query of [
      "nextPageToken=page-2",
      "maxResults=101",
      "maxResults=-1",
      "fields=summary",
      "fields=status&fields=updated",
      "jql=text~x",
      "expand=names",
      "__proto__=1",
      `nextPageToken=${token}`,
    ]) {
      expect(() => policy.admit({ method: "GET", path: "/rest/api/3/search/jql", query }), query).toThrow(
        denied,
      );
    }
  });
});
