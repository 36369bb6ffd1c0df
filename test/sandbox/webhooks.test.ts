import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { RunningSandbox } from "../../src/sandbox/index.ts";
import { connect } from "./auth-cloud-client.ts";
import {
  type Answer,
  type Any,
  type Client,
  cloudAs,
  dataCenterAs,
  gatewayWith,
  start,
} from "./rest-client.ts";

type Received = { headers: IncomingHttpHeaders; text: string; body: Any; path: string };
let sandbox: RunningSandbox;
let receiver: Server;
let url: string;
let app: Client;
let received: Received[] = [];
/** What the receiver answers next; 200 when there is nothing. */
let answers: number[] = [];
beforeAll(async () => {
  receiver = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      const body = text === "" ? undefined : JSON.parse(text);
      received.push({ headers: request.headers, text, body, path: request.url ?? "" });
      response.writeHead(answers.shift() ?? 200).end();
    });
  });
  await new Promise<void>((ready) => receiver.listen(0, "127.0.0.1", ready));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  sandbox = await start();
});
afterAll(async () => {
  await sandbox.stop();
  receiver.closeAllConnections();
  await new Promise((done) => receiver.close(done));
});
beforeEach(async () => {
  sandbox.control.reset();
  received = [];
  answers = [];
  app = gatewayWith(sandbox, (await tokenOf("alana")) as string);
});

async function tokenOf(_user: string): Promise<string> {
  return (await connect(sandbox, { scope: "read:jira-work write:jira-work manage:jira-webhook" }))
    .access_token;
}

/** Waits until every delivery has ended or waits for its next attempt. */
async function settled(): Promise<Any[]> {
  for (;;) {
    const { deliveries } = sandbox.control.webhooks();
    const busy = deliveries.some((one) => one.state === "waiting" && one.attempts.length === 0);
    if (!busy) return deliveries as Any[];
    await new Promise((next) => setTimeout(next, 5));
  }
}

const events = ["jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "comment_created"];
const register = (webhooks: unknown[], to = url): Promise<Answer> =>
  app.post("/rest/api/3/webhook", { url: to, webhooks });
const create = async (client: Client, summary = "told"): Promise<string> => {
  const fields = { project: { key: "JJ" }, issuetype: { id: "1" }, summary };
  return (await client.post("/rest/api/2/issue", { fields })).body.key;
};

describe("webhooks of an OAuth 2.0 app", () => {
  it("are registered one by one: what is wrong with one stands in a 200 beside the others", async () => {
    const good = { jqlFilter: "project = JJ AND issuetype in (Bug)", events };
    const { status, body } = await register([
      good,
      { jqlFilter: "watchCount > 3", events },
      { jqlFilter: "project ~ JJ", events },
      { jqlFilter: "project = JJ ORDER BY key", events },
      { jqlFilter: "project = JJ", events: ["user_created"] },
      { events },
      { ...good, fieldIdsFilter: ["summary"] },
    ]);
    expect(status).toBe(200);
    expect(body.webhookRegistrationResult).toEqual([
      { createdWebhookId: 1 },
      { errors: ["The clause watchCount is unsupported"] },
      { errors: ["The operator ~ is unsupported for the clause project"] },
      { errors: ["The clause ORDER BY is unsupported"] },
      { errors: ["The event user_created is unsupported"] },
      { errors: ["The jqlFilter is required."] },
      { createdWebhookId: 2 },
    ]);
    const more = await register([good, good, good, good]);
    expect(more.body.webhookRegistrationResult.slice(2)).toMatchObject([
      { createdWebhookId: 5 },
      { errors: [expect.stringContaining("limit of 5")] },
    ]);
    expect((await register([good], `${url}/other`)).body.errorMessages[0]).toContain("Only a single URL");
    expect((await register([good], "https://elsewhere.example/hook")).status).toBe(400);
    const listed = (await app.get("/rest/api/3/webhook?maxResults=2")).body;
    expect(listed).toMatchObject({ total: 5, isLast: false, values: [{ id: 1, url, events }, { id: 2 }] });
    expect((await app.delete("/rest/api/3/webhook", { webhookIds: [1, 77] })).status).toBe(202);
    expect((await app.get("/rest/api/3/webhook")).body.total).toBe(4);
  });

  it("are for apps alone, and GET /webhook/failed not even for them", async () => {
    const refused = await cloudAs(sandbox, "admin").get("/rest/api/3/webhook");
    expect([refused.status, refused.body.errorMessages[0]]).toEqual([
      403,
      expect.stringContaining("not an app"),
    ]);
    expect((await app.get("/rest/api/3/webhook/failed")).status).toBe(403);
    expect((await dataCenterAs(sandbox, "admin").get("/rest/api/2/webhook")).status).toBe(404);
  });

  it("run out after thirty days unless they are refreshed", async () => {
    await register([{ jqlFilter: "project = JJ", events }]);
    sandbox.control.advance(29 * 86_400);
    app = gatewayWith(sandbox, await tokenOf("alana"));
    const { body } = await app.put("/rest/api/3/webhook/refresh", { webhookIds: [1, 99] });
    expect(Date.parse(body.expirationDate) - sandbox.control.state().clock.now_ms).toBeGreaterThan(
      29 * 86_400_000,
    );
    for (const left of [1, 0]) {
      sandbox.control.advance(29 * 86_400);
      app = gatewayWith(sandbox, await tokenOf("alana"));
      if (left === 0) await create(app);
      expect(await settled()).toEqual([]);
      expect((await app.get("/rest/api/3/webhook")).body.total).toBe(left);
    }
  });

  it("arrive with a token signed by the client secret, once for all that match, and leave out what does not", async () => {
    await register([
      { jqlFilter: "project = JJ", events },
      { jqlFilter: "project != JJ", events },
      { jqlFilter: "project = JJ", events: ["jira:issue_updated"], fieldIdsFilter: ["labels"] },
    ]);
    const key = await create(app);
    await app.put(`/rest/api/3/issue/${key}`, { fields: { summary: "two" } });
    await app.put(`/rest/api/3/issue/${key}`, { fields: { labels: ["x"] } });
    await app.post(`/rest/api/2/issue/${key}/comment`, { body: "said" });
    await app.delete(`/rest/api/3/issue/${key}`);
    await settled();
    const told = received.map(({ body }) => [
      body.webhookEvent,
      body.issue_event_type_name,
      body.matchedWebhookIds,
    ]);
    expect(told).toEqual([
      ["jira:issue_created", "issue_created", [1]],
      ["jira:issue_updated", "issue_updated", [1]],
      ["jira:issue_updated", "issue_updated", [1, 3]],
      ["comment_created", undefined, [1]],
      ["jira:issue_updated", "issue_commented", [1]],
      ["jira:issue_deleted", "issue_deleted", [1]],
    ]);
    const [made, changed, , comment] = received as [Received, Received, Received, Received];
    expect(made.body).toMatchObject({ user: { displayName: "Alana Example" }, issue: { key } });
    expect(made.body.issue.self).toContain(`${sandbox.cloudUrl}/sites/acme/`);
    expect(changed.body.changelog.items).toMatchObject([{ field: "summary", toString: "two" }]);
    expect(comment.body.comment.body).toBe("said");
    const { headers } = made;
    expect(headers["user-agent"]).toBe("Atlassian Webhook HTTP Client");
    expect(headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(headers["x-atlassian-webhook-flow"]).toBe("Primary");
    expect(headers["x-atlassian-webhook-retry"]).toBeUndefined();
    expect(new Set(received.map((one) => one.headers["x-atlassian-webhook-identifier"])).size).toBe(6);
    const [head = "", claims = "", signature] = (headers.authorization ?? "")
      .replace("Bearer ", "")
      .split(".");
    const secret = "sandbox-cloud-secret";
    expect(createHmac("sha256", secret).update(`${head}.${claims}`).digest("base64url")).toBe(signature);
    const payload = JSON.parse(Buffer.from(claims, "base64url").toString()) as Any;
    expect(Object.keys(payload).sort()).toEqual(["context", "exp", "iat", "iss", "jti", "sub"]);
    expect(payload).toMatchObject({ iss: "sandbox-cloud-app", sub: "5b10a2844c20165700ede21a" });
  });

  it("come again after what may pass, with the same identifier, at most five times, and not after a 404", async () => {
    await register([{ jqlFilter: "project = JJ", events: ["jira:issue_created"] }]);
    answers = [503, 429, 200];
    await create(app);
    await settled();
    expect(received).toHaveLength(1);
    for (const count of [2, 3]) {
      sandbox.control.advance(301);
      while (sandbox.control.webhooks().deliveries[0]?.attempts.length !== count)
        await new Promise((next) => setTimeout(next, 5));
    }
    const sent = received.map(({ headers }) => [
      headers["x-atlassian-webhook-identifier"],
      headers["x-atlassian-webhook-retry"],
    ]);
    expect(sent.map(([, retry]) => retry)).toEqual([undefined, "1", "2"]);
    expect(new Set(sent.map(([identifier]) => identifier)).size).toBe(1);
    expect(await settled()).toMatchObject([
      { state: "delivered", attempts: [{ status: 503 }, { status: 429 }, {}] },
    ]);
    answers = [404, 500, 500, 500, 500, 500, 500, 500];
    await create(app, "final");
    await create(app, "often");
    sandbox.control.switches({ webhook_retry_s: "0", webhook_failed: "list" });
    let all = await settled();
    sandbox.control.advance(301);
    while (all.some((one) => one.state === "waiting")) {
      await new Promise((next) => setTimeout(next, 5));
      all = await settled();
    }
    expect(all.map((one) => [one.state, one.attempts.length])).toEqual([
      ["delivered", 3],
      ["failed", 1],
      ["failed", 6],
    ]);
    const failed = (await app.get("/rest/api/3/webhook/failed")).body;
    expect(failed.values).toMatchObject([
      { url, id: all[1].identifier },
      { failureTime: expect.any(Number) },
    ]);
  });

  it("come out of order and twice when that is asked for, and only for the owner of an app that is not shared", async () => {
    await register([{ jqlFilter: "project = JJ", events: ["jira:issue_created"] }]);
    sandbox.control.switches({ webhook_order: "shuffled", webhook_double: "100" });
    const keys: string[] = [];
    for (let n = 0; n < 6; n++) keys.push(await create(app, `n${n}`));
    await settled();
    while (received.length < 12) await new Promise((next) => setTimeout(next, 5));
    expect(new Set(received.map(({ body }) => body.issue.key))).toEqual(new Set(keys));
    expect(new Set(received.map(({ headers }) => headers["x-atlassian-webhook-identifier"])).size).toBe(6);
    sandbox.control.switches({ webhook_app_owner: "admin", webhook_order: null, webhook_double: null });
    await create(app, "unheard");
    await settled();
    expect(received).toHaveLength(12);
  });
});

describe("webhooks of administrators", () => {
  const path = "/rest/webhooks/1.0/webhook";
  const hook = (more = {}): unknown => ({
    name: "from a test",
    url: `${url}?key=\${issue.key}`,
    events: ["jira:issue_updated", "worklog_created", "issuelink_created"],
    filters: { "issue-related-events-section": "project = JJ" },
    secret: "s3cret",
    ...more,
  });

  it("are theirs alone, and read back without the secret", async () => {
    for (const [admin, other] of [
      [dataCenterAs(sandbox, "admin"), dataCenterAs(sandbox, "alana")],
      [cloudAs(sandbox, "admin"), cloudAs(sandbox, "alana")],
    ] as const) {
      expect((await other.post(path, hook())).status).toBe(403);
      const made = await admin.post(path, hook());
      expect(made.status).toBe(201);
      expect(made.body).toMatchObject({ name: "from a test", enabled: true, self: `${admin.base}${path}/1` });
      expect(made.text).not.toContain("s3cret");
      expect((await admin.put(`${path}/1`, { enabled: false })).body).toMatchObject({ enabled: false });
      expect((await admin.get(path)).body).toHaveLength(1);
      expect((await admin.post(path, hook({ url: "nowhere" }))).status).toBe(400);
      expect((await admin.delete(`${path}/1`)).status).toBe(204);
      expect((await admin.get(`${path}/1`)).status).toBe(404);
    }
  });

  it("are signed over the raw body where the version signs, and tell of worklogs and links too", async () => {
    for (const [client, admin] of [
      [cloudAs(sandbox, "alana"), cloudAs(sandbox, "admin")],
      [dataCenterAs(sandbox, "alana"), dataCenterAs(sandbox, "admin")],
    ] as const) {
      received = [];
      await admin.post(path, hook());
      const key = await create(client);
      await client.post(`/rest/api/2/issue/${key}/worklog`, { timeSpent: "1h" });
      const link = { type: { name: "Blocks" }, inwardIssue: { key }, outwardIssue: { key: "JJ-1" } };
      await client.post("/rest/api/2/issueLink", link);
      await settled();
      const names = received.map(({ body }) => body.webhookEvent);
      expect(names).toEqual([
        "jira:issue_updated",
        "worklog_created",
        "jira:issue_updated",
        "jira:issue_updated",
        "issuelink_created",
      ]);
      const [, worklog, , , linked] = received as [Received, Received, Received, Received, Received];
      expect(worklog.body.worklog.timeSpentSeconds).toBe(3600);
      expect(linked.body.issueLink).toMatchObject({ issueLinkType: { name: "Blocks" }, systemLink: false });
      expect(worklog.path).toBe(`/hook?key=${key}`);
      const hash = createHmac("sha256", "s3cret").update(worklog.text).digest("hex");
      expect(worklog.headers["x-hub-signature"]).toBe(`sha256=${hash}`);
      expect(worklog.headers.authorization).toBeUndefined();
    }
    sandbox.control.switches({ dc_version: "9.12.15" });
    await dataCenterAs(sandbox, "alana").put("/rest/api/2/issue/JJ-1", { fields: { labels: ["unsigned"] } });
    await settled();
    expect(received.at(-1)?.headers["x-hub-signature"]).toBeUndefined();
  });

  it("go to no address but loopback and registered ones", async () => {
    const admin = dataCenterAs(sandbox, "admin");
    await admin.post(path, hook({ url: "http://jira-hooks.example/x", filters: {} }));
    await admin.put("/rest/api/2/issue/JJ-1", { fields: { labels: ["far"] } });
    expect(await settled()).toMatchObject([{ state: "withheld", attempts: [] }]);
  });
});
