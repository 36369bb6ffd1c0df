import { describe, expect, it } from "vitest";
import { createGovernor, type Jira, type Json, markdownOf } from "../../src/jira/index.ts";
import { all, failure, fakeJira } from "./fake.ts";
import { clientFor, sandbox, sandboxOfThisFile } from "./sandbox-stage.ts";

sandboxOfThisFile();

const made = async (jira: Jira, summary: string) =>
  (await jira.createIssue({ project: "JJ", issuetype: "Task", summary })).key;

describe.each(["cloud", "datacenter-oauth2", "datacenter-oauth1"] as const)(
  "what hangs on an issue, %s",
  (flavor) => {
    it("properties: set, read, listed and deleted, whatever their name", async () => {
      const jira = await clientFor(flavor);
      const properties = jira.issueProperties(await made(jira, "properties"));
      expect(await properties.get("idea/1 ü")).toBeUndefined();
      await properties.set("idea/1 ü", { link: ["x"] });
      await properties.set("flag", false);
      expect([...(await properties.keys())].sort()).toEqual(["flag", "idea/1 ü"]);
      expect([await properties.get("idea/1 ü"), await properties.get("flag")]).toEqual([
        { link: ["x"] },
        false,
      ]);
      expect([await properties.delete("flag"), await properties.delete("flag")]).toEqual([true, false]);
    });

    it("remote links: created once for one global id, replaced, found and deleted", async () => {
      const jira = await clientFor(flavor);
      const links = jira.remoteLinks(await made(jira, "links"));
      const global_id = "system=https://ideas.example/a b&id=1";
      const titleOf = async (id: string) => ((await links.find(id))!.object as Json).title;
      const link = {
        global_id,
        url: "https://ideas.example/1",
        title: "Idea 1",
        application: { name: "Ideas" },
      };
      const first = await links.put({ ...link, relationship: "implements", resolved: false });
      const second = await links.put({ ...link, title: "Idea one" });
      expect([first.created, second.created, second.id === first.id]).toEqual([true, false, true]);
      expect(await links.list()).toHaveLength(1);
      expect(await titleOf(global_id)).toBe("Idea one");
      await links.update(first.id, { ...link, title: "Once more" });
      expect(await titleOf(global_id)).toBe("Once more");
      expect([await links.delete({ global_id }), await links.delete(first.id)]).toEqual([true, false]);
      expect(await links.find(global_id)).toBeUndefined();
    });

    it("worklogs and history: all of them", async () => {
      const jira = await clientFor(flavor);
      const key = await made(jira, "work");
      const started_at = Date.parse("2026-03-01T09:30:00.000Z");
      const log = await jira
        .worklogs(key)
        .add({ time_spent_s: 5_400, started_at, comment: { markdown: "did **it**" } });
      const logs = await all(jira.worklogs(key));
      expect(logs.map(({ id, timeSpentSeconds }) => [id, timeSpentSeconds])).toEqual([[log.id, 5_400]]);
      expect(Date.parse(String(logs[0]!.started).replace("+0000", "Z"))).toBe(started_at);
      await jira.updateIssue(key, { summary: "work, changed" });
      await jira.updateIssue(
        key,
        { labels: ["a"] },
        { update: { comment: [{ add: { body: text(flavor) } }] } },
      );
      const histories = await all(jira.changelog(key));
      const fields = histories.flatMap(({ items }) => (items as Json[]).map(({ field }) => field));
      expect(fields).toEqual(expect.arrayContaining(["summary", "labels"]));
      const { id } = await jira.issue(key, { fields: ["summary"] });
      const bulk = await all(jira.changelogs([key, "JJ-2"]));
      const ours = bulk.filter(({ issue_id }) => issue_id === id).map(({ history }) => history.id);
      expect(ours).toEqual(histories.map((history) => history.id));
      expect(await all(jira.comments(key))).toHaveLength(1);
    });

    it("attachments: sent, listed, streamed back to the byte, deleted", async () => {
      const jira = await clientFor(flavor);
      const key = await made(jira, "files");
      const content = Buffer.from(Array.from({ length: 70_000 }, (_, n) => n % 256));
      const added = await jira.attachments.add(key, [
        { filename: 'two "words" ü.bin', content },
        { filename: "b.txt", content: "--latchkey\r\n", type: "text/plain" },
      ]);
      expect((await jira.attachments.list(key)).map(({ id }) => id).sort()).toEqual(
        added.map(({ id }) => id).sort(),
      );
      const file = await jira.attachments.download(String(added[0]!.id));
      const chunks: Buffer[] = [];
      for await (const chunk of file.body) chunks.push(chunk as Buffer);
      expect(Buffer.concat(chunks).equals(content)).toBe(true);
      expect(file.bytes).toBe(content.length);
      expect(file.filename).toContain("ü");
      expect(await jira.attachments.delete(String(added[0]!.id))).toBe(true);
      expect(await jira.attachments.delete(String(added[0]!.id))).toBe(false);
      expect((await failure(jira.attachments.download(String(added[0]!.id)))).code).toBe("jira_not_found");
    });

    it("people: found, assigned and taken off; texts and people in any field", async () => {
      const jira = await clientFor(flavor);
      const [william] = await all(jira.users.search("will"));
      expect(william?.display_name).toMatch(/William/);
      expect((await jira.users.get(william!.account_id)).display_name).toBe(william!.display_name);
      const key = await made(jira, "people");
      expect((await all(jira.users.assignable({ issue: key }))).length).toBeGreaterThan(0);
      const assignee = async () => {
        const { fields } = await jira.issue(key, { fields: ["assignee"] });
        return ((fields?.assignee ?? undefined) as Json | undefined)?.displayName;
      };
      await jira.assign(key, william);
      expect(await assignee()).toBe(william!.display_name);
      await jira.assign(key, undefined);
      expect(await assignee()).toBeUndefined();
      await jira.updateIssue(key, { assignee: { person: william }, description: { markdown: "a **b**" } });
      expect(await assignee()).toBe(william!.display_name);
      const { fields } = await jira.issue(key, { fields: ["description"] });
      expect(JSON.stringify(fields?.description)).toMatch(flavor === "cloud" ? /"strong"/ : /a \*b\*/);
    });

    it("many at once: fetched by id and key, counted; what does not exist is left out", async () => {
      const jira = await clientFor(flavor);
      const key = await made(jira, "many");
      const { id } = await jira.issue("JJ-2", { fields: ["summary"] });
      const found = await all(jira.bulkFetch([id, key, "JJ-999999"], { fields: ["summary"] }));
      expect(found.map((issue) => issue.key).sort()).toEqual(["JJ-2", key].sort());
      expect(await jira.count("project = JJ")).toBeGreaterThan(1);
    });

    it("the form of a new issue: types, fields by name of the type", async () => {
      const jira = await clientFor(flavor);
      expect((await jira.issueTypes("JJ")).map(({ name }) => name)).toContain("Task");
      const fields = await jira.createMeta("JJ", "task");
      const summary = fields.find(({ fieldId }) => fieldId === "summary");
      expect([summary?.required, summary?.name]).toEqual([true, "Summary"]);
      expect((await jira.fields()).map((field) => field.id)).toContain("summary");
      const error = await failure(jira.createMeta("JJ", "Nonsense"));
      expect([error.code, error.fix]).toEqual(["bad_request", expect.stringContaining("Task")]);
      expect((await failure(jira.createMeta("NOPE", "Task"))).origin).toBe("jira");
    });

    it("comments change and go, transitions carry fields and a comment, issues go", async () => {
      const jira = await clientFor(flavor);
      const key = await made(jira, "life");
      const comment = await jira.addComment(key, "first");
      const markdown =
        "second, **bold** `code` [x](https://a.example/x)\n\n- a\n  - b_c\n\n```js\n1 * 2\n```";
      await jira.updateComment(key, String(comment.id), { markdown });
      expect((await all(jira.comments(key))).map(({ body }) => markdownOf(body))).toEqual([markdown]);
      expect(await jira.deleteComment(key, String(comment.id))).toBe(true);
      const [move] = await jira.transitions(key);
      await jira.transition(key, String(move!.id), { comment: { markdown: "moved *on*" } });
      expect(JSON.stringify(await all(jira.comments(key)))).toContain("moved");
      expect([await jira.deleteIssue(key), await jira.deleteIssue(key)]).toEqual([true, false]);
    });
  },
);

const text = (flavor: string) =>
  flavor === "cloud"
    ? {
        type: "doc",
        version: 1,
        content: [{ type: "paragraph", content: [{ type: "text", text: "by update" }] }],
      }
    : "by update";

describe("against a Data Center of before 8.4", () => {
  it("the form comes from the old createmeta", async () => {
    const fields = { summary: { required: true, name: "Summary" } };
    const fake = await fakeJira(({ path, query }) => {
      if (!path.endsWith("/createmeta"))
        return [404, { errorMessages: ["Issue Does Not Exist"], errors: {} }];
      const issuetypes = [{ id: "3", name: "Task", ...(query.has("expand") ? { fields } : {}) }];
      return [200, { projects: query.get("projectKeys") === "JJ" ? [{ key: "JJ", issuetypes }] : [] }];
    });
    const jira = fake.jira({ flavor: "datacenter-oauth1", base_path: "/jira", source: undefined! });
    expect(await jira.createMeta("JJ", "Task")).toEqual([{ ...fields.summary, fieldId: "summary" }]);
    const error = await failure(jira.createMeta("NO", "Task"));
    expect(error.code).toBe("jira_not_found");
  });

  it("a history that is cut short is no history", async () => {
    const fake = await fakeJira(() => [
      200,
      { id: "1", key: "A-1", changelog: { total: 3, histories: [{ id: "1" }] } },
    ]);
    const jira = fake.jira({ flavor: "datacenter-oauth2", base_path: "/jira" });
    expect((await failure(all(jira.changelog("A-1")))).code).toBe("page_guard");
  });
});

describe("a stream", () => {
  it("that Jira refuses says why, and one that is left does not hang on", async () => {
    const jira = await clientFor("cloud");
    const error = await failure(jira.open({ path: jira.api("/issue/JJ-999999") }));
    expect([error.code, (error.details.jira as Json).errorMessages]).toEqual([
      "jira_not_found",
      expect.any(Array),
    ]);
    const answer = await jira.open({ path: jira.api("/issue/JJ-2") });
    answer.body.destroy();
    expect(answer.status).toBe(200);
  });

  it("renews a refused token once, as any call", async () => {
    const fake = await fakeJira(({ headers }) =>
      headers.authorization === "Bearer access-token-2"
        ? [200, { ok: 1 }]
        : [401, { code: 401, message: "Unauthorized" }],
    );
    const answer = await fake.jira().open({ path: "/rest/api/3/x" });
    let text = "";
    for await (const chunk of answer.body) text += String(chunk);
    expect(text).toBe('{"ok":1}');
  });
});

describe("the sandbox's own limits", () => {
  /** Clients that share one governor, whose waits move the sandbox's clock and not the one on the wall. */
  async function governed(flavor: "cloud" | "datacenter-oauth2") {
    let ahead = 0;
    const waits: number[] = [];
    const pass = (ms: number) => {
      ahead += ms;
      sandbox.control.advance(Math.ceil(ms / 1000));
    };
    const now = () => Date.now() + ahead;
    const governor = createGovernor({
      now,
      random: (bytes) => new Uint8Array(bytes),
      later: (ms, run) => {
        waits.push(ms);
        setImmediate(() => {
          pass(ms);
          run();
        });
        return () => {};
      },
    });
    const jira = await clientFor(flavor, undefined, {
      now,
      governor,
      account: "alana",
      wait: async (ms) => {
        waits.push(ms);
        pass(ms);
      },
    });
    return { jira, waits };
  }

  it("Cloud's burst: more calls than it allows, and every one is answered", async () => {
    const { jira, waits } = await governed("cloud");
    sandbox.control.switches({ cloud_burst: "GET=2" });
    const before = sandbox.control.requests().length;
    for (let n = 0; n < 8; n++) expect((await jira.issue("JJ-2", { fields: ["summary"] })).key).toBe("JJ-2");
    sandbox.control.switches({ cloud_burst: null });
    expect(waits.length).toBeGreaterThan(0);
    expect(sandbox.control.requests().length - before).toBeLessThanOrEqual(16);
  });

  it("Data Center's bucket: slowed before it is empty, so that nothing is refused", async () => {
    const { jira, waits } = await governed("datacenter-oauth2");
    sandbox.control.switches({ dc_bucket: "2/1s/3" });
    const before = sandbox.control.requests().length;
    for (let n = 0; n < 9; n++) await jira.myself();
    expect(jira.standing().bucket).toMatchObject({ limit: 3, per_s: 2 });
    sandbox.control.switches({ dc_bucket: null });
    expect(waits.length).toBeGreaterThan(0);
    expect(sandbox.control.requests().length - before).toBe(9);
  });
});
