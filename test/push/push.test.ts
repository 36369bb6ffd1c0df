/** Ideas become issues, and stay what they are: against the sandbox, Cloud and Data Center alike. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plainText } from "../../src/jira/index.ts";
import { Secret } from "../../src/secret.ts";
import type { Connection } from "../../src/vault/index.ts";
import { type Ground, idea, LIMITS, OWNER, openGround, pushOf } from "./stage.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.close());

const FACES = ["cloud", "datacenter"] as const;
const connectionOf = (face: (typeof FACES)[number]): Connection => ground.connections[face];
const faults = (...list: unknown[]) => ground.control("faults", list);

describe.each(FACES)("an idea pushed to %s", (face) => {
  const push = (one: unknown, options = {}) =>
    ground.push.push(OWNER, connectionOf(face).id, one as never, options);
  const jira = () => ground.jira(connectionOf(face));
  const connectedAs = async (user: string): Promise<Connection> => {
    const { connect, sandbox } = ground.stage.hall;
    const { connection } = await connect.withToken({
      owner: OWNER,
      site: face === "cloud" ? `${sandbox.cloudUrl}/sites/acme` : sandbox.dataCenterUrl,
      token: new Secret(sandbox.control.makeToken({ face, user }).token),
      trust: "operator",
      ...(face === "cloud" && { email: `${user}@example.com` }),
    });
    return connection;
  };
  const writes = async () => {
    const requests = (await ground.control("requests")) as { method: string; path: string }[];
    return requests.filter(({ method, path }) => method !== "GET" && /rest\/api/.test(path)).length;
  };

  it("is an issue with its text, labels, mark and link back", async () => {
    const { outcome, link } = await push(idea("whole", { fields: { Priority: "minor" } }));
    expect(outcome).toBe("created");
    const issue = await (await jira()).issue(link!.issue_key!);
    expect(issue.fields).toMatchObject({
      summary: "Idea whole",
      labels: ["from-ideas"],
      priority: { name: "Minor" },
    });
    expect(plainText(issue.fields?.description)).toMatch(/^As a \*?user\*? I want whole\./);
    const [back, ...more] = await (await jira()).remoteLinks(link!.issue_key!).list();
    expect(more).toEqual([]);
    expect(back).toMatchObject({
      globalId: "appId=Idea%20board&ideaId=whole",
      application: { name: "Idea board" },
      object: {
        url: "https://ideas.example/whole",
        title: "Idea whole",
        status: { resolved: false },
        icon: { url16x16: "https://ideas.example/icon.png" },
      },
    });
    const mark = await (await jira()).issueProperties(link!.issue_key!).get("latchkey.idea");
    const marker = typeof mark === "string" ? JSON.parse(mark) : mark;
    expect(marker).toMatchObject({ application: "Idea board", idea: "whole", link: link!.id });
    expect(JSON.stringify(marker)).not.toContain(OWNER);
  });

  it("again costs no write, and changed writes what changed alone", async () => {
    const first = await push(idea("again"));
    const before = await writes();
    expect(await push(idea("again"))).toMatchObject({ outcome: "unchanged", link: { id: first.link!.id } });
    expect(await writes()).toBe(before);
    const key = first.link!.issue_key!;
    await (await jira()).updateIssue(key, { description: { markdown: "Written in Jira" } });
    const second = await push(idea("again", { title: "Another title", status: "shipped" }));
    expect(second).toMatchObject({ outcome: "updated", link: { state: "ok", issue_key: key } });
    const issue = await (await jira()).issue(key);
    expect(issue.fields?.summary).toBe("Another title");
    expect(plainText(issue.fields?.description)).toBe("Written in Jira");
    const links = await (await jira()).remoteLinks(key).list();
    expect(links).toMatchObject([{ object: { status: { resolved: true }, title: "Another title" } }]);
  });

  it("that was edited on both sides is told with both versions, and follows the rule of each field", async () => {
    const { link } = await push(idea("both"));
    const key = link!.issue_key!;
    const theirs = { summary: "Theirs", description: { markdown: "Their text" } };
    await (await jira()).updateIssue(key, theirs);
    const ours = idea("both", { title: "Ours", description: "Our text" });
    const told = await push(ours);
    expect(told.link?.state).toBe("differs");
    expect(told.differs).toEqual([
      { field: "title", ours: "Ours", theirs: "Theirs" },
      { field: "description", ours: "Our text", theirs: "Their text" },
    ]);
    expect((await (await jira()).issue(key)).fields?.summary).toBe("Theirs");
    const ruled = await push(ours, { conflict: { summary: "ours", description: "theirs" } });
    expect(ruled).toMatchObject({ outcome: "updated", link: { state: "ok" } });
    const { fields } = await (await jira()).issue(key);
    expect([fields?.summary, plainText(fields?.description)]).toEqual(["Ours", "Their text"]);
    expect(await push(ours)).toMatchObject({ outcome: "unchanged" });
  });

  it("is found where the answer to its creation was lost, and made where it was never made", async () => {
    await ground.control("switches", { index_lag_ms: 250 });
    const lost = { match: { method: "POST", path: "*/issue", times: 1, face } };
    await faults({ ...lost, lose_answer: true });
    const found = await push(idea("lost"));
    expect(found.outcome).toBe("created");
    await faults({ ...lost, cut: true });
    expect((await push(idea("cut"))).outcome).toBe("created");
    await faults({ ...lost, status: 500, body: {} });
    expect((await push(idea("failed"))).outcome).toBe("created");
    await ground.control("switches", { index_lag_ms: 0 });
    for (const id of ["lost", "cut", "failed"]) {
      expect(await (await jira()).count(`summary ~ "\\"Idea ${id}\\""`), id).toBe(1);
    }
  });

  it("says when to come back instead of making a second one before search has had its time", async () => {
    await ground.control("switches", { index_lag_ms: 60_000 });
    await faults({ match: { method: "POST", path: "*/issue", times: 1, face }, lose_answer: true });
    const open = await push(idea("open"), { patience_ms: 0 });
    expect(open).toMatchObject({
      outcome: "refused",
      error: { code: "push_outcome_open" },
      link: { state: "waiting" },
    });
    expect(open.error?.retry_after_s).toBeGreaterThan(0);
    await ground.control("switches", { index_lag_ms: 0 });
    expect(await push(idea("open"))).toMatchObject({ outcome: "created", link: { id: open.link!.id } });
    expect(await (await jira()).count('summary ~ "\\"Idea open\\""')).toBe(1);
  });

  it("names everything that is wrong with it before anything is sent", async () => {
    const before = await writes();
    const wrong = { fields: { Prioritee: "x", "Story Points": "many", priority: "huge", duedate: "soon" } };
    const refused = await push(idea("wrong", wrong));
    expect(refused).toMatchObject({ outcome: "refused", error: { code: "push_refused" } });
    expect(refused.error?.fields).toEqual([
      expect.objectContaining({ field: "Prioritee", allowed: ["Priority"] }),
      { field: "Story Points", problem: "It is a number." },
      expect.objectContaining({ field: "priority", allowed: expect.arrayContaining(["Minor"]) }),
      { field: "duedate", problem: "It is a date, such as 2026-11-20." },
    ]);
    expect((await push(idea("wrong", { issueType: "Tsk" }))).error?.fields).toMatchObject([
      { field: "issueType", allowed: expect.arrayContaining(["Task"]) },
    ]);
    expect((await push(idea("wrong", { issueType: "Sub-task" }))).error?.fields).toMatchObject([
      { field: "Parent" },
    ]);
    expect((await push(idea("wrong", { project: "NOPE" }))).error?.fields).toMatchObject([
      { field: "project" },
    ]);
    const shape = await push({
      id: "",
      titel: "x",
      labels: ["a b"],
      url: "ftp://x",
      project: "JJ",
      issueType: "Task",
    });
    expect(shape.error?.fields?.map(({ field }) => field).sort()).toEqual([
      "id",
      "labels",
      "titel",
      "title",
      "url",
    ]);
    expect(await writes()).toBe(before);
  });

  it("takes people by e-mail or account id where they are visible", async () => {
    const { link } = await push(idea("people", { fields: { Assignee: "william@example.com" } }));
    const { fields } = await (await jira()).issue(link!.issue_key!);
    expect(fields?.assignee).toMatchObject({ displayName: expect.stringMatching(/william/i) });
    const refused = await push(idea("nobody", { fields: { assignee: "nobody@example.com" } }));
    expect(refused.error?.fields).toMatchObject([{ field: "assignee" }]);
  });

  it("shows in a dry run what is then sent, and sends nothing", async () => {
    const before = await writes();
    const { outcome, calls } = await push(idea("dry"), { dry_run: true });
    expect(outcome).toBe("would_create");
    expect(await writes()).toBe(before);
    expect(
      await ground.push.links.list(OWNER, { idea_id: "dry", connection_id: connectionOf(face).id }),
    ).toEqual([]);
    expect(calls?.map(({ method, path }) => `${method} ${path.replace(/\/[23]\//, "/N/")}`)).toEqual([
      "POST /rest/api/N/issue",
      "POST /rest/api/N/issue/{id of the new issue}/remotelink",
    ]);
    await push(idea("dry"));
    const change = await push(idea("dry", { title: "Wet" }), { dry_run: true });
    expect(change).toMatchObject({
      outcome: "would_update",
      calls: [{ method: "PUT", json: { fields: { summary: "Wet" } } }, {}],
    });
    expect(await push(idea("dry"))).toMatchObject({ outcome: "unchanged" });
  });

  it("is read again: status, resolution, assignee and deletion, each told once", async () => {
    const { link } = await push(idea("moves"));
    const [key, id] = [link!.issue_key!, link!.id];
    expect(await ground.push.links.refresh(OWNER, id)).toMatchObject({ changed: false });
    const { 0: step } = (await (await jira()).transitions(key)).filter(({ name }) =>
      /progress/i.test(String(name)),
    );
    await (await jira()).transition(key, String(step!.id));
    expect(await ground.push.links.refresh(OWNER, id)).toMatchObject({
      changed: true,
      link: { status: "In Progress", status_category: "indeterminate", state: "ok" },
    });
    expect(await ground.push.links.refresh(OWNER, id)).toMatchObject({ changed: false });
    await (await jira()).deleteIssue(key);
    expect(await ground.push.links.refresh(OWNER, id)).toMatchObject({
      changed: true,
      link: { state: "deleted" },
    });
    const events = await ground.stage.hall.store.events.list(OWNER, { connection_id: connectionOf(face).id });
    const told = events.filter(({ type, data }) => type === "link.updated" && data.includes(id));
    expect(told).toHaveLength(2);
    const changes = told.map(({ data }) => JSON.parse(data).now.state).sort();
    expect(changes).toEqual(["deleted", "ok"]);
    expect(told.every(({ data }) => !data.includes("Idea moves"))).toBe(true);
    const gone = await push(idea("moves", { title: "After" }));
    expect(gone).toMatchObject({ outcome: "refused", error: { code: "push_issue_gone" } });
    await ground.push.links.forget(OWNER, id);
    expect(await push(idea("moves"))).toMatchObject({ outcome: "created" });
  });

  it("raises a customer request where it asks for one, and follows its public comments", async () => {
    const desk = { service_desk: "SD", request_type: "Get IT help" };
    const asked = {
      id: "help",
      title: "A screen",
      description: "It is **dark**",
      request: desk,
      url: "https://ideas.example/help",
    };
    const [{ projectKey } = { projectKey: "" }] = await Array.fromAsync((await jira()).serviceDesks());
    const one = { ...asked, request: { ...desk, service_desk: String(projectKey) } };
    const { link, outcome, error } = await push(one);
    expect(error).toBeUndefined();
    expect([outcome, link?.kind]).toEqual(["created", "request"]);
    expect(await push(one)).toMatchObject({ outcome: "unchanged" });
    const path = `/rest/servicedeskapi/request/${link!.issue_key}/comment`;
    await (await jira()).request({ method: "POST", path, json: { body: "We look into it", public: true } });
    await (await jira()).request({ method: "POST", path, json: { body: "Not for them", public: false } });
    const seen = await ground.push.links.refresh(OWNER, link!.id);
    expect(seen).toMatchObject({ changed: true, link: { comments: [{ text: "We look into it" }] } });
    expect(JSON.stringify(seen.link)).not.toContain("Not for them");
    const bad = await push({ ...one, id: "other", request: { ...one.request, request_type: "Get help" } });
    expect(bad.error?.fields).toMatchObject([
      { field: "request.request_type", allowed: expect.arrayContaining(["Get IT help"]) },
    ]);
    const forWilliam = { ...one.request, on_behalf_of: "william" };
    // Alana may not raise requests for others, and is told so before anything is sent.
    const denied = await push({ ...one, id: "for-william", title: "His keyboard", request: forWilliam });
    expect(denied.error?.fields).toMatchObject([{ field: "request.on_behalf_of" }]);
    const admin = await connectedAs("admin");
    const william = (await Array.fromAsync((await ground.jira(admin)).users.search("william")))[0]!;
    const named = { ...forWilliam, on_behalf_of: william.name ?? william.account_id };
    const asked_for = { ...one, id: "for-william", title: "His keyboard", request: named };
    const behalf = await ground.push.push(OWNER, admin.id, asked_for as never);
    expect([behalf.error, behalf.outcome]).toEqual([undefined, "created"]);
    const { fields } = await (await jira()).issue(behalf.link!.issue_key!, { fields: ["reporter"] });
    expect(JSON.stringify(fields?.reporter)).toContain(william.display_name);
    const nobody = { ...one.request, on_behalf_of: "nobody@example.com" };
    const refused = await ground.push.push(OWNER, admin.id, {
      ...one,
      id: "for-nobody",
      request: nobody,
    } as never);
    expect(refused.error?.fields).toMatchObject([{ field: "request.on_behalf_of" }]);
    await faults({ match: { method: "POST", path: "*/request", times: 1, face }, lose_answer: true });
    expect(await push({ ...one, id: "lost-help", title: "A lamp" })).toMatchObject({ outcome: "created" });
    expect(await (await jira()).count('summary ~ "\\"A lamp\\""')).toBe(1);
  });
});

describe("pushes", () => {
  it("of many go on past what is refused, and say of each which it was", async () => {
    const { cloud } = ground.connections;
    const ideas = [idea("m0"), { id: "m1" }, idea("m2"), "no idea"];
    const results = await Array.fromAsync(ground.push.pushMany(OWNER, cloud.id, ideas));
    expect(results.map(({ at, outcome }) => [at, outcome]).sort()).toEqual([
      [0, "created"],
      [1, "refused"],
      [2, "created"],
      [3, "refused"],
    ]);
  });

  it("of one idea by many callers at once make one issue", async () => {
    const { cloud } = ground.connections;
    const pushes = [ground.push, pushOf(ground.stage.hall), pushOf(ground.stage.hall, LIMITS)];
    const results = await Promise.all(
      Array.from({ length: 9 }, (_, at) => pushes[at % 3]!.push(OWNER, cloud.id, idea("crowd"))),
    );
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(["created", ...Array(8).fill("unchanged")]);
    expect(new Set(results.map(({ link }) => link?.issue_key)).size).toBe(1);
  });

  it("tell of a second issue that turns up late, and leave it", async () => {
    const { cloud } = ground.connections;
    const short = pushOf(ground.stage.hall, { index_lag_ms: 50 });
    await ground.control("switches", { index_lag_ms: 400 });
    await faults({ match: { method: "POST", path: "*/issue", times: 1, face: "cloud" }, lose_answer: true });
    const { link } = await short.push(OWNER, cloud.id, idea("twice"));
    await new Promise((settle) => setTimeout(settle, 450));
    await ground.control("switches", { index_lag_ms: 0 });
    const { link: seen } = await short.links.refresh(OWNER, link!.id);
    expect(seen).toMatchObject({ state: "duplicate", duplicates: [expect.stringMatching(/^JJ-/)] });
    const jira = await ground.jira(cloud);
    expect((await jira.issue(seen.duplicates![0]!)).fields?.summary).toBe("Idea twice");
  });

  it("of another owner are not to be seen", async () => {
    const [link] = await ground.push.links.list(OWNER);
    await expect(ground.push.links.get("bob", link!.id)).rejects.toMatchObject({ code: "not_found" });
    await expect(ground.push.push("bob", ground.connections.cloud.id, idea("x"))).rejects.toMatchObject({
      code: "not_found",
    });
    expect(await ground.push.links.list("bob")).toEqual([]);
  });

  it("keep no text in clear", async () => {
    const rows = await ground.stage.hall.store.links.list(OWNER, { limit: 200 });
    expect(rows.length).toBeGreaterThan(10);
    expect(JSON.stringify(rows)).not.toMatch(/As a \*\*user|Their text|We look into it|Idea whole/);
  });
});
