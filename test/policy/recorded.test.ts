import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { compilePolicy, type Flavor } from "../../src/policy/index.ts";
import { KEYS } from "./people.ts";

const root = fileURLToPath(new URL("../fixtures/recorded/data", import.meta.url));

/** Recorded answers and the operations that answered them. */
const RECORDED: readonly (readonly [file: string, flavor: Flavor, operation: string])[] = [
  ["jira-ruby/issue.json", "datacenter", "GET /rest/api/2/search"],
  ["jira-ruby/project/SAMPLEPROJECT.issues.json", "datacenter", "GET /rest/api/2/search"],
  ["jira-ruby/issue/10002.json", "datacenter", "GET /rest/api/2/issue/{issueIdOrKey}"],
  ["jira-ruby/issue/10002/comment.json", "datacenter", "GET /rest/api/2/issue/{issueIdOrKey}/comment"],
  ["jira-ruby/issue/10002/worklog.json", "datacenter", "GET /rest/api/2/issue/{issueIdOrKey}/worklog"],
  [
    "jira-ruby/issue/10002/transitions.json",
    "datacenter",
    "GET /rest/api/2/issue/{issueIdOrKey}/transitions",
  ],
  ["jira-ruby/issue/10002/watchers.json", "datacenter", "GET /rest/api/2/issue/{issueIdOrKey}/watchers"],
  ["jira-ruby/project/SAMPLEPROJECT.json", "datacenter", "GET /rest/api/2/project/{projectIdOrKey}"],
  ["jira-ruby/component/10000.json", "datacenter", "GET /rest/api/2/component/{id}"],
  ["jira-ruby/board/1_issues.json", "cloud", "GET /rest/agile/1.0/board/{boardId}/issue"],
  ["go-jira/all_projects.json", "datacenter", "GET /rest/api/2/project"],
  ["go-jira/project.json", "datacenter", "GET /rest/api/2/project/{projectIdOrKey}"],
  ["go-jira/issues_in_sprint.json", "cloud", "GET /rest/agile/1.0/sprint/{sprintId}/issue"],
  ["go-jira/search_filters.json", "cloud", "GET /rest/api/3/filter/search"],
  ["go-jira/filter.json", "cloud", "GET /rest/api/3/filter/{id}"],
  ["go-jira/role.json", "cloud", "GET /rest/api/3/role/{id}"],
  ["go-jira/sprints.json", "cloud", "GET /rest/agile/1.0/board/{boardId}/sprint"],
];

/** Everything in a body that says who somebody is, by the names that Jira gives such members. */
function peopleOf(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== "object" || value === null) return found;
  const person = value as Record<string, unknown>;
  const isOne =
    ["accountId", "emailAddress"].some((name) => Object.hasOwn(person, name)) || "avatarUrls" in person;
  if (isOne && "displayName" in person) {
    for (const name of ["accountId", "name", "key", "emailAddress", "displayName", "self"]) {
      const text = person[name];
      if (typeof text === "string" && text.length > 4) found.add(text);
    }
  }
  for (const member of Object.values(person)) peopleOf(member, found);
  return found;
}

describe("recorded answers", () => {
  it.each(RECORDED)(
    "%s names nobody when it leaves, and keeps its ids and keys",
    (file, flavor, operation) => {
      const body = JSON.parse(readFileSync(join(root, file), "utf8"));
      const [method, path] = operation.split(" ");
      const policy = compilePolicy(
        { latchkey_policy: 1, flavor, endpoints: [{ path, methods: [method], answer: ["**"] }] },
        KEYS,
      );
      const out = JSON.stringify(policy.answer(operation, 200, body));
      for (const person of peopleOf(body)) expect(out).not.toContain(JSON.stringify(person).slice(1, -1));
      const keys = [...JSON.stringify(body).matchAll(/"key":"([A-Z]+-\d+)"/g)].map(([, key]) => key);
      for (const key of keys) expect(out).toContain(`"${key}"`);
      expect(out.length).toBeGreaterThan(20);
    },
  );

  it("are really there: some of them hold people", () => {
    const all = RECORDED.map(([file]) => peopleOf(JSON.parse(readFileSync(join(root, file), "utf8"))).size);
    expect(all.filter((count) => count > 0).length).toBeGreaterThan(5);
    expect(readdirSync(root).every((name) => statSync(join(root, name)).isDirectory())).toBe(true);
  });
});
