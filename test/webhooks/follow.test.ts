/** How changes become known over time: webhooks kept alive, silence noticed, and asking where Jira cannot tell. */
import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FollowRow } from "../../src/store/index.ts";
import type { Connection } from "../../src/vault/index.ts";
import { canReach } from "../../src/webhooks/way.ts";
import { type Client, cloudAs, dataCenterAs, gatewayWith } from "../sandbox/rest-client.ts";
import { OWNER, openStage, type Stage } from "./stage.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;

let stage: Stage;
let person: Client;
beforeEach(async () => {
  stage = await openStage();
  person = cloudAs(stage.hall.sandbox, "admin");
});
afterEach(() => stage.close());

const hooksAtJira = () => stage.hall.sandbox.control.webhooks().apps;
const follow = async ({ id }: Connection) => (await stage.hall.store.follows.get(OWNER, id)) as FollowRow;
const link = (id: string) => stage.hall.store.links.get(OWNER, id);
const rename = (key: string, summary: string) =>
  person.put(`/rest/api/3/issue/${key}`, { fields: { summary } });

/** Calls Jira as the app does. */
async function asApp(connection: Connection): Promise<Client> {
  const credential = await stage.hall.vault.credentialFor(OWNER, connection.id);
  if (credential.kind !== "bearer") throw new Error("It is no bearer.");
  return gatewayWith(stage.hall.sandbox, credential.token.reveal());
}

describe("a webhook of our own", () => {
  it("is renewed long before its thirty days are over, for as long as the connection has links", async () => {
    const connection = await stage.connect();
    await stage.linked(connection, "watched");
    await stage.work();
    const [{ id, expires_ms = 0 } = {}] = hooksAtJira();
    for (let days = 0; days < 60; days += 4) {
      stage.pass(4 * DAY);
      await stage.work();
    }
    const kept = hooksAtJira();
    expect(kept).toMatchObject([{ id }]);
    expect(kept[0]!.expires_ms).toBeGreaterThan(expires_ms + 55 * DAY * 1000);
    expect(kept[0]!.expires_ms - stage.hall.now()).toBeGreaterThan(9 * DAY * 1000);
    await stage.hall.store.kysely.deleteFrom("links").execute();
    stage.pass(DAY);
    await stage.work();
    expect([hooksAtJira(), await stage.following.listForOperator()]).toEqual([[], []]);
  });

  it("is registered anew where Jira has lost it, and for other projects where links lie there", async () => {
    const connection = await stage.connect();
    const { link: first } = await stage.linked(connection, "watched");
    await stage.work();
    const [{ id = 0 } = {}] = hooksAtJira();
    await (await asApp(connection)).delete("/rest/api/3/webhook", { webhookIds: [id] });
    expect(hooksAtJira()).toEqual([]);
    stage.pass(DAY);
    await stage.work();
    expect(hooksAtJira()).toHaveLength(1);
    await stage.hall.store.kysely
      .updateTable("links")
      .set({ issue_key: "OPS-7" })
      .where("id", "=", first)
      .execute();
    await stage.hall.store.kysely.updateTable("follows").set({ due_at: 0, poll_at: 1e15 }).execute();
    await stage.work();
    expect(hooksAtJira()).toMatchObject([{ jqlFilter: 'project in ("OPS")' }]);
  });

  it("is one, though two processes look at once, and one was killed before it could write the id down", async () => {
    const connection = await stage.connect();
    await stage.linked(connection, "watched");
    const other = stage.another({});
    await Promise.all([1, 2, 3].map((n) => (n === 1 ? stage.following : other).look(OWNER, connection.id)));
    expect(hooksAtJira()).toHaveLength(1);
    await stage.hall.store.kysely
      .updateTable("follows")
      .set({ webhook_id: null, mode: "poll", intent_at: stage.hall.now(), due_at: 0 })
      .execute();
    await stage.work();
    expect(hooksAtJira()).toHaveLength(1);
    expect(await follow(connection)).toMatchObject({ mode: "app", webhook_id: hooksAtJira()[0]!.id });
  });

  it("that is refused inside a 200 is told of in Jira's words, and tried again later", async () => {
    const connection = await stage.connect();
    await stage.linked(connection, "watched");
    const app = await asApp(connection);
    const url = `${stage.url}/webhooks/jira/cloud`;
    const one = { jqlFilter: "project = JJ", events: ["jira:issue_updated"] };
    await app.post("/rest/api/3/webhook", { url, webhooks: [one, one, one, one, one] });
    await stage.work();
    expect(await stage.following.of(OWNER, connection.id)).toMatchObject({
      mode: "poll",
      reason: "refused",
      says: expect.stringContaining("limit of 5"),
      advice: expect.stringContaining("refused"),
    });
    await app.delete("/rest/api/3/webhook", { webhookIds: [1, 2] });
    stage.pass(6 * HOUR);
    await stage.work();
    expect(await follow(connection)).toMatchObject({ mode: "app", reason: null, says: null });
  });

  it("is taken back at Jira before the connection goes, and a Jira that is away does not hold that up", async () => {
    const [one, two] = [await stage.connect(), await stage.connect("cloud", { user: "william" })];
    await stage.linked(one, "watched");
    await stage.linked(two, "watched too");
    await stage.work();
    expect(hooksAtJira()).toHaveLength(2);
    await stage.disconnect(one);
    expect(hooksAtJira()).toMatchObject([{ user: "william" }]);
    stage.hall.sandbox.control.faults([
      { match: { method: "DELETE", path: "/rest/api/3/webhook", times: 5 }, status: 503 },
    ]);
    await stage.disconnect(two);
    await expect(stage.hall.vault.connections.get(OWNER, two.id)).rejects.toMatchObject({
      code: "not_found",
    });
    stage.pass(2 * DAY);
    await stage.work();
    expect(await stage.following.listForOperator()).toEqual([]);
  });

  it("that keeps silent is found out by asking, registered anew, and then no longer relied on", async () => {
    const connection = await stage.connect();
    const issue = await stage.linked(connection, "watched");
    await stage.work();
    // An app that is not shared is told of what its owner registered, and nobody else.
    stage.hall.sandbox.control.switches({ webhook_app_owner: "somebody-else" });
    const change = async () => {
      stage.pass(31 * 60);
      await stage.work();
      await rename(issue.key, `now ${stage.hall.now()}`);
      stage.pass(31 * 60);
      await stage.work();
    };
    const [{ id: first = 0 } = {}] = hooksAtJira();
    await change();
    expect(hooksAtJira().map(({ id }) => id)).not.toEqual([first]);
    expect(await follow(connection)).toMatchObject({ mode: "app", silent_at: expect.any(Number) });
    await change();
    expect([hooksAtJira(), await follow(connection)]).toMatchObject([[], { mode: "poll", reason: "silent" }]);
    // The changes were found all the same.
    expect((await link(issue.link))!.seen_at).toBeGreaterThan(stage.hall.now() - 40 * 60_000);
  });
});

describe("asking", () => {
  it("finds what changed, was deleted or moved, where the person has not allowed webhooks", async () => {
    const connection = await stage.connect("cloud", {
      scope: ["read:jira-user", "read:jira-work", "write:jira-work", "offline_access"],
    });
    const [changed, gone, still] = [
      await stage.linked(connection, "to change"),
      await stage.linked(connection, "to go"),
      await stage.linked(connection, "to stay"),
    ];
    await stage.work();
    expect(await stage.following.of(OWNER, connection.id)).toMatchObject({
      mode: "poll",
      reason: "scope_missing",
      advice: expect.stringContaining("manage:jira-webhook"),
    });
    stage.pass(10 * 60);
    await stage.work();
    const { body } = await person.get(`/rest/api/3/issue/${changed.key}/transitions`);
    await person.post(`/rest/api/3/issue/${changed.key}/transitions`, {
      transition: { id: body.transitions[0].id },
    });
    await person.delete(`/rest/api/3/issue/${gone.key}`);
    const before = stage.hall.now();
    stage.pass(15 * 60);
    await stage.work();
    const status = (await person.get(`/rest/api/3/issue/${changed.key}`)).body.fields.status.name;
    expect(await link(changed.link)).toMatchObject({ status });
    expect(await link(gone.link)).toMatchObject({ state: "deleted" });
    // What did not change was not read.
    expect((await link(still.link))!.seen_at).toBeLessThan(before);
    expect(hooksAtJira()).toEqual([]);
    // Once the person allows it, Jira tells.
    expect((await stage.connect()).id).toBe(connection.id);
    stage.pass(15 * 60);
    await stage.work();
    expect([hooksAtJira().length, (await follow(connection)).mode]).toEqual([1, "app"]);
  });

  it("goes on ever slower where nothing changes, and fast where something does", async () => {
    const connection = await stage.connect("datacenter-oauth2");
    const issue = await stage.linked(connection, "watched");
    await stage.work();
    const paces: number[] = [];
    for (let n = 0; n < 9; n++) {
      stage.pass((await follow(connection)).poll_every_s);
      await stage.work();
      paces.push((await follow(connection)).poll_every_s);
    }
    expect(paces.at(-1)).toBe(900);
    expect(await follow(connection)).toMatchObject({ mode: "poll", reason: "not_set_up" });
    person = dataCenterAs(stage.hall.sandbox, "admin");
    await person.put(`/rest/api/2/issue/${issue.key}`, { fields: { summary: "changed" } });
    stage.pass(900);
    await stage.work();
    expect((await follow(connection)).poll_every_s).toBe(60);
    expect((await link(issue.link))!.seen_at).toBeGreaterThan(stage.hall.now() - 1000 * HOUR);
  });

  it("reads an issue again later where Jira is away, and loses nothing", async () => {
    const connection = await stage.connect();
    const issue = await stage.linked(connection, "watched");
    await stage.work();
    await rename(issue.key, "changed");
    await stage.delivered();
    const refreshes: string[] = [];
    const flaky = stage.another({
      links: {
        findByIssue: stage.push.links.findByIssue,
        refresh: async (owner, id) => {
          refreshes.push(id);
          if (refreshes.length < 3) throw Object.assign(new Error("away"), {});
          return await stage.push.links.refresh(owner, id);
        },
      },
    });
    for (let n = 0; n < 4; n++) {
      for (const { id } of await flaky.dueIssues(10)) await flaky.readAgain(id);
      for (const { id } of await flaky.dueIssues(10)) await flaky.readAgain(id);
      stage.pass(90);
    }
    expect(refreshes).toHaveLength(3);
    expect(await stage.hall.store.touched.totalsForOperator()).toMatchObject({ waiting: 0 });
  });

  it.each([
    ["https://api.atlassian.com/ex/jira/1", "https://ideas.example", true],
    ["https://api.atlassian.com/ex/jira/1", "http://ideas.example", false],
    ["https://api.atlassian.com/ex/jira/1", "http://localhost:8080", false],
    ["https://api.atlassian.com/ex/jira/1", "https://10.1.2.3", false],
    ["https://api.atlassian.com/ex/jira/1", "https://[::1]", false],
    ["https://api.atlassian.com/ex/jira/1", "https://latchkey.internal", false],
    ["http://localhost:8091/jira", "http://localhost:8080", true],
    ["https://jira.corp.example", "http://latchkey", false],
    ["https://192.168.1.9/jira", "http://latchkey:8080", true],
  ])("a Jira at %s reaches %s: %s", (jira, ours, expected) => {
    expect(canReach(jira, ours)).toBe(expected);
  });
});

describe("a webhook of an administrator", () => {
  const events = ["jira:issue_updated", "jira:issue_deleted"];

  it("of Cloud is signed: what is not, or wrongly, or by another algorithm, is refused", async () => {
    const connection = await stage.connect("cloud", {
      scope: ["read:jira-work", "write:jira-work", "offline_access"],
    });
    const issue = await stage.linked(connection, "watched");
    const made = await stage.following.hooks.add("cloud");
    const [url, secret] = [made.url.reveal(), made.secret!.reveal()];
    expect(made.steps.join(" ")).toMatch(/WebHooks.*Secret/s);
    await person.post("/rest/webhooks/1.0/webhook", { name: "Latchkey", url, events, secret });
    await stage.work();
    expect(await follow(connection)).toMatchObject({ mode: "admin" });
    await rename(issue.key, "changed");
    const [{ state } = {}] = await stage.delivered();
    expect(state).toBe("delivered");
    expect(await stage.hall.store.touched.totalsForOperator()).toMatchObject({ waiting: 1 });
    await stage.work();
    const body = JSON.stringify({ issue: { id: issue.id } });
    const of = (algorithm: string, key = secret, text = body) =>
      `${algorithm}=${createHmac(algorithm, key).update(text).digest("hex")}`;
    const send = async (signature?: string) =>
      (await fetch(url, { method: "POST", body, headers: signature ? { "x-hub-signature": signature } : {} }))
        .status;
    for (const wrong of [
      undefined,
      of("sha1"),
      of("md5"),
      of("sha512"),
      `sha1=${of("sha256").slice(7)}`,
      of("sha256", "guessed"),
      of("sha256", secret, "{}"),
      "sha256=",
      "sha256=zz",
    ])
      expect(await send(wrong), String(wrong)).toBe(401);
    expect(await stage.hall.store.touched.totalsForOperator()).toMatchObject({ waiting: 0 });
    expect(await send(of("sha256"))).toBe(202);
    expect(await stage.following.hooks.list()).toMatchObject([
      { signed: true, heard_at: expect.any(Number) },
    ]);
    await stage.following.hooks.remove(made.hook.id);
    expect(await send(of("sha256"))).toBe(401);
    await stage.work();
    expect(await follow(connection)).toMatchObject({ mode: "poll", reason: "scope_missing" });
  });

  it("of Data Center is known by its secret address, is a hint alone, and says where it has no body", async () => {
    const connection = await stage.connect("datacenter-oauth2");
    const issue = await stage.linked(connection, "watched");
    person = dataCenterAs(stage.hall.sandbox, "admin");
    const made = await stage.following.hooks.add("dc2");
    expect(made.secret).toBeUndefined();
    const url = made.url.reveal();
    const named = `${url}?issue_id=\${issue.id}&issue_key=\${issue.key}`;
    await person.post("/rest/webhooks/1.0/webhook", { name: "l", url: named, events, excludeBody: true });
    await stage.work();
    expect(await follow(connection)).toMatchObject({ mode: "admin" });
    const { body } = await person.get(`/rest/api/2/issue/${issue.key}/transitions`);
    await person.post(`/rest/api/2/issue/${issue.key}/transitions`, {
      transition: { id: body.transitions[0].id },
    });
    expect((await stage.delivered()).map(({ state }) => state)).toEqual(["delivered"]);
    await stage.work();
    const { status } = (await person.get(`/rest/api/2/issue/${issue.key}`)).body.fields;
    expect(await link(issue.link)).toMatchObject({ status: status.name });
    expect(
      (await fetch(`${url.slice(0, -1)}${url.endsWith("A") ? "B" : "A"}`, { method: "POST" })).status,
    ).toBe(401);
    expect((await fetch(url.replace("/dc2/", "/cloud/"), { method: "POST" })).status).toBe(401);
    // The secret stands nowhere in the database.
    const rows = await stage.hall.store.hooks.listForOperator();
    expect(JSON.stringify(rows)).not.toContain(url.split("/").at(-1));
  });
});
