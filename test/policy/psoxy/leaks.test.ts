/** The report finds what rules are known to let out and to lose, and offers a policy that does not. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readPsoxyRuleText } from "../../../src/config/index.ts";
import { checkPolicy } from "../../../src/policy/index.ts";
import { reportPsoxyRules } from "../../../src/policy/psoxy/index.ts";

const redact = (...jsonPaths: string[]) => ({ method: "redact", jsonPaths });
const pseudonymize = (...jsonPaths: string[]) => ({ method: "pseudonymize", jsonPaths });
const site = "/ex/jira/{cloudId}/rest/api/{version}";

const COMMENTS = {
  pathTemplate: `${site}/issue/{issueId}/comment`,
  allowedQueryParams: ["startAt", "maxResults"],
  transforms: [
    redact("$..avatarUrls", "$..self", "$..displayName", "$..text", "$..renderedBody"),
    pseudonymize("$..accountId", "$..emailAddress", "$.comments[*].body..id"),
  ],
};
const SEARCH = {
  pathTemplate: `${site}/search/jql`,
  allowedQueryParams: ["jql", "fields", "nextPageToken", "maxResults"],
  responseSchema: {
    type: "object",
    properties: {
      issues: {
        type: "array",
        items: {
          type: "object",
          properties: {
            id: { type: "string" },
            fields: {
              type: "object",
              properties: {
                updated: { type: "integer" },
                timeTracking: { type: "object", properties: { timeSpent: { type: "string" } } },
                assignee: { type: "object", properties: { accountId: { type: "string" } } },
                status: {
                  type: "object",
                  properties: { statusCategory: { type: "object", properties: { key: { type: "string" } } } },
                },
              },
            },
          },
        },
      },
    },
  },
  transforms: [pseudonymize("$.issues[*]..accountId", "$.issues[*]..key"), redact("$..nowhere")],
};

test.each(["jira-cloud.yaml", "jira-datacenter.yaml"])("%s lets nobody out", (name) => {
  const problems: string[] = [];
  const path = join(import.meta.dirname, "../../../examples/psoxy/rules", name);
  const file = readPsoxyRuleText(readFileSync(path, "utf8"), name, problems);
  const { leaks, open, native, native_leaks } = reportPsoxyRules(file!.document);
  expect([problems, leaks, open, native_leaks, checkPolicy(native)]).toEqual([[], [], [], [], []]);
});

describe("a rule file", () => {
  const report = reportPsoxyRules({ endpoints: [COMMENTS, SEARCH] });
  const leaked = (path: string) => report.leaks.some((leak) => leak.path === path);
  const content = "comments[].body.content[].content[]";

  test("that takes only texts out of rich text leaks links, cards, file names and titles, item by item", () => {
    for (const place of ["marks[].attrs.href", "attrs.url", "attrs.alt", "attrs.shortName", "attrs.title"])
      expect([place, leaked(`${content}.${place}`)]).toEqual([place, true]);
    expect(leaked("comments[].visibility.value")).toBe(true);
    expect(leaked(`${content}.text`)).toBe(false);
    expect(leaked("comments[].author.displayName")).toBe(false);
    expect(leaked("comments[].author.name")).toBe(true);
  });

  test("that is wrong about a type loses the field, and one that hashes keys hashes those of things", () => {
    const how = (path: string) => report.losses.find((loss) => loss.path === path)?.how;
    expect(how("issues[].fields.updated")).toBe("null");
    expect(how("issues[].fields.status.statusCategory.key")).toBe("hashed");
    expect(how("issues[].key")).toBe("left out");
    expect(how("issues[].fields.customfield_10016")).toBe("left out");
    expect(how("comments[].id")).toBeUndefined();
    expect(how(`${content}.attrs.id`)).toBe("hashed");
  });

  test("leaves ends open: methods, any JQL, fields of tomorrow, names that match nothing", () => {
    const open = report.open.map(({ place, what }) => `${place} ${what}`);
    for (const wanted of [
      /^endpoints\[0\] names no methods/,
      /^endpoints\[1\] lets any JQL through/,
      /^endpoints\[0\] has no responseSchema/,
      /^endpoints\[1\]\.responseSchema.*timeTracking matches no field/,
      /^endpoints\[1\]\.transforms\[1\]\.jsonPaths\[0\] \(\$\.\.nowhere\) selects nothing/,
    ])
      expect(
        open.some((one) => wanted.test(one)),
        String(wanted),
      ).toBe(true);
  });

  test("is answered by a policy for the same endpoints that passes the check, leaks nothing and loses less", () => {
    expect(checkPolicy(report.native)).toEqual([]);
    expect(report.native.endpoints.map(({ path }) => path)).toEqual([
      "/rest/api/3/issue/{issueIdOrKey}/comment",
      "/rest/api/3/search/jql",
    ]);
    expect(report.native_leaks).toEqual([]);
    expect(report.native_losses).toBeLessThan(report.losses.length / 2);
  });

  test("for Data Center shows assignee and watchers that no path names", () => {
    const user = {
      type: "object",
      properties: { key: { type: "string" }, emailAddress: { type: "string" } },
    };
    const fields = { type: "object", properties: { assignee: user, reporter: user } };
    const { leaks, flavor } = reportPsoxyRules({
      endpoints: [
        {
          pathTemplate: "/rest/api/{version}/issue/{issueId}",
          responseSchema: { type: "object", properties: { key: { type: "string" }, fields } },
          transforms: [pseudonymize("$..reporter..key", "$..reporter..emailAddress")],
        },
      ],
    });
    expect(flavor).toBe("datacenter");
    expect(leaks.map(({ path }) => path)).toEqual(["fields.assignee.key", "fields.assignee.emailAddress"]);
  });
});
