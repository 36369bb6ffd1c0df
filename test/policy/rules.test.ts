import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkPolicy, compilePolicy, POLICY_SCHEMA, reportPolicy } from "../../src/policy/index.ts";
import { KEYS } from "./people.ts";

const policy = (...endpoints: unknown[]) => ({ latchkey_policy: 1, flavor: "cloud", endpoints });
const ISSUE = "/rest/api/3/issue/{issueIdOrKey}";

describe("a policy document", () => {
  it("has the form that docs/policy.schema.json publishes", () => {
    const published = JSON.parse(
      readFileSync(new URL("../../docs/policy.schema.json", import.meta.url), "utf8"),
    );
    expect(published).toEqual(JSON.parse(JSON.stringify(POLICY_SCHEMA)));
  });

  it("tells every mistake of form at once, each with its path and what mends it", () => {
    const mistakes = checkPolicy({
      latchkey_policy: 2,
      flavour: "cloud",
      kinds: { email: "hide", nobody: "drop" },
      jql: { max_clauses: 0 },
      endpoints: [
        {
          path: "rest",
          methods: [],
          query: { a: "words", b: { type: "integer", least: 1 } },
          answer: [7, { treat: "drop" }, "a..b"],
        },
      ],
    });
    expect(mistakes.map(({ path }) => path)).toEqual([
      "flavor",
      "latchkey_policy",
      "flavour",
      "kinds.email",
      "kinds.nobody",
      "jql.max_clauses",
      "endpoints[0].path",
      "endpoints[0].methods",
      "endpoints[0].query.a",
      "endpoints[0].query.b.least",
      "endpoints[0].answer[0]",
      "endpoints[0].answer[1].path",
      "endpoints[0].answer[2]",
    ]);
    for (const { what, fix } of mistakes) expect([what, fix].every((text) => text.length > 3)).toBe(true);
  });

  it.each([null, 7, "policy", [], { endpoints: "all" }])("%j is none", (value) => {
    expect(checkPolicy(value).length).toBeGreaterThan(0);
    expect(() => compilePolicy(value, KEYS)).toThrow(expect.objectContaining({ code: "config_invalid" }));
  });
});

describe("a rule must do something", () => {
  it("an endpoint that is no operation, or is there twice, is a mistake", () => {
    const mistakes = checkPolicy(
      policy(
        { path: ISSUE, answer: ["id"] },
        { path: "/rest/api/2/issue/{key}", answer: ["key"] },
        { path: "/rest/api/3/issues", answer: ["id"] },
        { path: "/rest/api/3/myself", methods: ["POST"], answer: ["self"] },
      ),
    );
    expect(mistakes.map(({ path, what }) => `${path} ${what.split(":")[0]}`)).toEqual([
      "endpoints[1] is shadowed",
      "endpoints[2].path matches nothing",
      "endpoints[3].path matches nothing",
    ]);
  });

  it("a field that nothing answers, and a rule whose fields are all taken, are mistakes", () => {
    const mistakes = checkPolicy(
      policy({
        path: ISSUE,
        answer: ["fields.status", "fields.status.name", "fields.sumary", "fields.**.id", "**", "key"],
      }),
    );
    expect(mistakes.map(({ path, what }) => `${path} ${what}`)).toEqual([
      "endpoints[0].answer[1] (fields.status.name) is shadowed by the rules before it",
      `endpoints[0].answer[2] (fields.sumary) matches no field that GET ${ISSUE} answers`,
      "endpoints[0].answer[5] (key) is shadowed by the rules before it",
    ]);
  });

  it("a rule that lets nothing through, as its kind is dropped, is a mistake; dropping on purpose is none", () => {
    const [mistake, ...others] = checkPolicy(
      policy({
        path: ISSUE,
        answer: ["fields.summary", { path: "fields.assignee", treat: "drop" }, "fields.**.id"],
      }),
    );
    expect(mistake).toMatchObject({
      path: "endpoints[0].answer[0]",
      what: expect.stringContaining("nothing"),
    });
    expect(others).toEqual([]);
  });

  it("a query that nobody reads is a mistake", () => {
    const mistakes = checkPolicy(
      policy({ path: "/rest/api/3/search/jql", query: { jql: "any" }, answer: ["issues.id"] }),
    );
    expect(mistakes.map(({ what }) => what)).toEqual(["lets jql hold a query that nobody reads"]);
  });

  it("a treatment that a kind cannot have is a mistake", () => {
    const [mistake] = checkPolicy(
      policy({ path: ISSUE, answer: [{ path: "fields.description", treat: "pseudonymize" }] }),
    );
    expect(mistake).toMatchObject({ path: "endpoints[0].answer[0]", what: expect.stringContaining("rich") });
  });

  it("custom fields are judged when the site's own fields are given", () => {
    const document = policy({ path: ISSUE, answer: ["fields.customfield_10020"] });
    expect(checkPolicy(document)).toEqual([]);
    expect(checkPolicy(document, { custom_fields: [] })).toHaveLength(1);
    const elsewhere = compilePolicy(document, { ...KEYS, custom_fields: [] });
    expect(elsewhere.answer(`GET ${ISSUE}`, 200, { fields: { customfield_10020: 5 } })).toEqual({});
    expect(
      checkPolicy(document, { custom_fields: [{ id: "customfield_10020", schema: { type: "number" } }] }),
    ).toEqual([]);
  });
});

describe("the first rule that covers a field has it", () => {
  const compiled = compilePolicy(
    policy({
      path: ISSUE,
      answer: [
        { path: "fields.summary", treat: "digest" },
        { path: "fields.assignee.displayName", treat: "pseudonymize" },
        "fields.assignee",
        "fields.*.name",
        "key",
      ],
    }),
    KEYS,
  );

  it("and treats it as it says", () => {
    const out = compiled.answer(`GET ${ISSUE}`, 200, {
      id: "1",
      key: "JJ-1",
      fields: {
        summary: "Two words",
        assignee: { displayName: "Mona", active: true },
        status: { id: "1", name: "Open" },
      },
    });
    expect(out).toEqual({
      key: "JJ-1",
      fields: {
        summary: { length: 9, words: 2 },
        assignee: { displayName: expect.stringMatching(/^lkp_displayName_/), active: true },
        status: { name: "Open" },
      },
    });
  });

  it("and the report names it for every field that leaves", () => {
    const report = reportPolicy(compiled);
    expect(report).toContainEqual({
      operation: `GET ${ISSUE}`,
      path: "fields.summary",
      kind: "text",
      meaning: "free text",
      treatment: "digest",
      rule: "endpoints[0].answer[0]",
      written: "fields.summary, treat: digest",
      names_people: false,
    });
    expect(report.find(({ path }) => path === "fields.assignee.accountId")).toMatchObject({
      rule: "endpoints[0].answer[2]",
      treatment: "pseudonymize",
    });
    expect(report.find(({ path }) => path === "fields.status.name")).toMatchObject({
      rule: "endpoints[0].answer[3]",
    });
    expect(report.some(({ path }) => path === "id" || path.startsWith("fields.updated"))).toBe(false);
    expect(report.filter(({ treatment }) => treatment === "drop")).toEqual([]);
  });
});
