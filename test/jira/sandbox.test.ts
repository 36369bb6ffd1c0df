import { describe, expect, it } from "vitest";
import { me, plainText } from "../../src/jira/index.ts";
import { all, failure } from "./fake.ts";
import { account, bearerFor, clientFor, sandbox, sandboxOfThisFile } from "./sandbox-stage.ts";

sandboxOfThisFile();

describe.each(["cloud", "datacenter-oauth2", "datacenter-oauth1"] as const)(
  "a client of the sandbox, %s",
  (flavor) => {
    it("reads and writes as its user, in one shape", async () => {
      const jira = await clientFor(flavor);
      expect((await jira.myself()).display_name).toMatch(/Alana/);
      const issue = await jira.issue("JJ-2");
      expect(issue.key).toBe("JJ-2");
      const created = await jira.createIssue({
        project: "JJ",
        issuetype: "Task",
        summary: `by ${flavor}`,
        description: "one\n\ntwo",
      });
      await jira.addComment(created.key, { markdown: "**strong** words" });
      const comments = await all(jira.comments(created.key));
      expect(comments.map(({ body }) => plainText(body))).toEqual([
        flavor === "cloud" ? "strong words" : "*strong* words",
      ]);
      await jira.updateIssue(created.key, { summary: "changed" });
      const [move] = await jira.transitions(created.key);
      await jira.transition(created.key, String(move!.id));
      const read = await jira.issue(created.key, { fields: ["summary", "description"] });
      expect(read.fields?.summary).toBe("changed");
      expect(plainText(read.fields?.description)).toBe("one\n\ntwo");
      expect(await jira.remoteLinks(created.key).list()).toEqual([]);
    });

    it("finds the same issues page by page as at once", async () => {
      const jira = await clientFor(flavor);
      const jql = "project is not EMPTY ORDER BY key";
      const small = await all(jira.search(jql, { fields: ["summary"], page_size: 7, limit: 40 }));
      const large = await all(jira.search(jql, { fields: ["summary"], page_size: 100, limit: 40 }));
      expect(small.map(({ key }) => key)).toEqual(large.map(({ key }) => key));
      expect(small.length).toBeGreaterThan(7);
      expect((await all(jira.projects())).map(({ key }) => key)).toContain("JJ");
    });

    it("tells what went wrong in Jira's words", async () => {
      const jira = await clientFor(flavor);
      expect((await failure(jira.issue("JJ-999999"))).code).toBe("jira_not_found");
      const error = await failure(all(jira.search("nonsense = = 1")));
      expect(error.code).toBe("jira_bad_request");
      expect((error.details.jira as { errorMessages: string[] }).errorMessages.join()).not.toBe("");
    });
  },
);

describe("Cloud", () => {
  it("names the scope a call needs, and who approved where the grant tells", async () => {
    const jira = await clientFor("cloud", ["read:jira-user"]);
    expect((await jira.myself()).account_id).not.toBe("");
    const error = await failure(jira.issue("JJ-2"));
    expect([error.code, error.details.needed]).toEqual([
      "scope_missing",
      expect.objectContaining({ classic: ["read:jira-work"] }),
    ]);
    expect(await me(account(await bearerFor("cloud", ["read:jira-user"])))).toBeUndefined();
    expect((await me(account(await bearerFor("cloud", ["read:me"]))))?.display_name).toMatch(/Alana/);
  });

  it("reads service desks", async () => {
    const jira = await clientFor("cloud", ["read:servicedesk-request", "write:servicedesk-request"]);
    const [desk] = await all(jira.serviceDesks());
    const [type] = await all(jira.requestTypes(String(desk!.id)));
    const made = await jira.createRequest({
      service_desk_id: String(desk!.id),
      request_type_id: String(type!.id),
      fields: { summary: "a printer burns", description: "plain" },
    });
    expect((await all(jira.requests())).map(({ issueKey }) => issueKey)).toContain(made.issueKey);
  });
});

describe("faults on the way", () => {
  it("a lost read is read again; a lost write is told and stands once", async () => {
    const jira = await clientFor("datacenter-oauth1");
    sandbox.control.faults({ match: { method: "GET", path: "/rest/api/2/myself", times: 1 }, cut: true });
    expect((await jira.myself()).name).toBe("alana");
    sandbox.control.faults({
      match: { method: "POST", path: "/rest/api/2/issue", times: 1 },
      lose_answer: true,
    });
    const input = { project: "JJ", issuetype: "Task", summary: "written once" };
    expect((await failure(jira.createIssue(input))).origin).toBe("network");
    sandbox.control.clearFaults();
    expect(await all(jira.search('summary ~ "written once"'))).toHaveLength(1);
  });
});
