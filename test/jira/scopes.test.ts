import { describe, expect, it } from "vitest";
import { type ScopeLedger, scopeLedger } from "../../src/jira/index.ts";
import { failure, fakeJira } from "./fake.ts";

const READS = ["read:jira-user", "read:jira-work", "offline_access"];
const NO_MATCH = [401, { code: 401, message: "Unauthorized; scope does not match" }] as const;

describe("the ledger of a call", () => {
  it("is enough with all classic scopes or all granular ones, and says what lacks in the words of the grant", () => {
    const of = (method: string, path: string, granted: readonly string[]) => {
      const { missing, ask } = scopeLedger(method, path, granted)!;
      return { missing, ask };
    };
    expect(of("GET", "/rest/api/3/issue/JJ-2", READS).missing).toEqual([]);
    expect(of("POST", "/rest/api/3/issue/JJ-2/comment", READS)).toEqual({
      missing: ["write:jira-work"],
      ask: [...READS, "write:jira-work"],
    });
    expect(of("GET", "/rest/api/latest/attachment/content/1", ["read:attachment:jira"]).missing).toEqual([]);
    const changelog = of("GET", "/rest/api/3/issue/JJ-2/changelog?startAt=0", [
      "read:avatar:jira",
      "offline_access",
    ]);
    expect([...changelog.missing].sort()).toEqual(["read:issue-meta:jira", "read:issue.changelog:jira"]);
    expect(of("POST", "/rest/servicedeskapi/request", READS).missing).toEqual(["write:servicedesk-request"]);
    expect(of("GET", "/rest/api/3/serverInfo", []).missing).toEqual([]);
  });

  it("is silent about what the table does not know", () => {
    expect(scopeLedger("GET", "/rest/agile/1.0/board", READS)).toBeUndefined();
    expect(scopeLedger("GET", "/rest/api/3/user/email", READS)?.needed.oauth2).toBe(false);
  });
});

describe("a call that the grant does not allow", () => {
  it("is warned of before it is sent, and refused with the list to ask for", async () => {
    const told: ScopeLedger[] = [];
    const fake = await fakeJira((seen) =>
      seen.method === "GET" ? [200, { id: "1", key: "A-1" }] : NO_MATCH,
    );
    const jira = fake.jira({ granted: READS, onScopeMissing: (ledger) => void told.push(ledger) });
    await jira.issue("A-1");
    expect(told).toEqual([]);
    const error = await failure(jira.addComment("A-1", "On it."));
    expect(told).toMatchObject([
      { method: "POST", path: "/rest/api/3/issue/{issueIdOrKey}/comment", missing: ["write:jira-work"] },
    ]);
    await failure(jira.addComment("A-2", "Once more."));
    expect(told).toHaveLength(1);
    expect([error.code, error.retry]).toEqual(["scope_missing", "after-reconnect"]);
    expect(error.details).toMatchObject({
      granted: READS,
      missing: ["write:jira-work"],
      ask: [...READS, "write:jira-work"],
      site: "https://acme.atlassian.net",
    });
    expect(error.fix).toContain("grant write:jira-work;");
  });

  it("is still sent where Jira may know better, and a 403 about a scope counts as one", async () => {
    const fake = await fakeJira((seen) =>
      seen.method === "POST" ? [201, { id: "7" }] : [403, { errorMessage: "insufficient_scope" }],
    );
    const jira = fake.jira({ granted: READS });
    expect(await jira.addComment("A-1", "It went.")).toEqual({ id: "7" });
    const error = await failure(jira.myself());
    expect([error.code, error.details.missing]).toEqual(["scope_missing", []]);
    expect(error.fix).toContain("read:jira-user");
  });

  it("asks for everything needed where nobody knows the grant, and for nothing on Data Center", async () => {
    const fake = await fakeJira(() => NO_MATCH);
    const error = await failure(fake.jira().addComment("A-1", "x"));
    expect(error.details.ask).toEqual(["write:jira-work"]);
    const barred = await failure(fake.jira().request({ path: "/rest/api/3/user/email" }));
    expect([barred.fix, barred.details.ask]).toEqual([
      "Atlassian lets no OAuth 2.0 token call this operation.",
      undefined,
    ]);
    const told: unknown[] = [];
    const options = {
      flavor: "datacenter-oauth2",
      granted: ["READ"],
      onScopeMissing: (l: unknown) => told.push(l),
    } as const;
    await failure(fake.jira(options).addComment("A-1", "x"));
    expect(told).toEqual([]);
  });
});
