import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scopeFault } from "../../src/sandbox/auth/operations.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { cloudId, connect, withBearer } from "./auth-cloud-client.ts";

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

const resources = "/oauth/token/accessible-resources";
const mismatch = '{"code":401,"message":"Unauthorized; scope does not match"}';
const at = (path: string, site = "acme") => `/ex/jira/${cloudId(sandbox, site)}${path}`;

describe("accessible-resources and /me", () => {
  test("one entry per product with the same id, each with its own scopes in order", async () => {
    const scope = "write:jira-work read:jira-work read:servicedesk-request read:me offline_access";
    const { access_token } = await connect(sandbox, { scope });
    const { body } = await withBearer(sandbox, access_token, resources);
    const entry = {
      id: cloudId(sandbox),
      url: `${sandbox.cloudUrl}/sites/acme`,
      name: "acme",
      avatarUrl: expect.any(String),
    };
    expect(JSON.parse(body)).toEqual([
      { ...entry, scopes: ["read:jira-work", "write:jira-work"] },
      { ...entry, scopes: ["read:servicedesk-request"] },
    ]);
    expect(Object.keys(JSON.parse(body)[0])).toEqual(["id", "url", "name", "scopes", "avatarUrl"]);
  });

  test("nothing of Jira granted is an empty list and a success", async () => {
    const { access_token } = await connect(sandbox, { scope: "read:me" });
    expect(await withBearer(sandbox, access_token, resources)).toMatchObject({ status: 200, body: "[]" });
  });

  test("/me needs read:me", async () => {
    const without = await connect(sandbox);
    expect(await withBearer(sandbox, without.access_token, "/me")).toMatchObject({
      status: 401,
      body: mismatch,
    });
    const { access_token } = await connect(sandbox, { scope: "read:me" });
    const me = JSON.parse((await withBearer(sandbox, access_token, "/me")).body);
    expect(me).toMatchObject({ account_type: "atlassian", account_status: "active", nickname: "alana" });
    expect(me.account_id).toBe(
      sandbox.control.state().users.find((user) => user.name === "alana")?.accountId,
    );
  });

  test("no token, a made-up one, one in another scheme", async () => {
    for (const authorization of [undefined, "Bearer x", "Basic eDp5"]) {
      const response = await fetch(`${sandbox.cloudUrl}${resources}`, {
        headers: authorization === undefined ? {} : { authorization },
      });
      expect(response.status).toBe(401);
      expect(await response.text()).toBe('{"code":401,"message":"Unauthorized"}');
    }
  });
});

describe("the gateway", () => {
  test("an operation is open with its classic scope and closed without, and the log names the scope", async () => {
    const { access_token } = await connect(sandbox, { scope: "read:jira-user" });
    expect((await withBearer(sandbox, access_token, at("/rest/api/3/myself"))).body).not.toBe(mismatch);
    const closed = await withBearer(sandbox, access_token, at("/rest/api/3/issue/JJ-2"));
    expect(closed).toMatchObject({ status: 401, body: mismatch });
    expect(sandbox.control.requests().at(-1)?.reason).toContain("read:jira-work");
  });

  test("a cloud id the token does not cover, and one that does not exist", async () => {
    const { access_token } = await connect(sandbox);
    for (const path of [at("/rest/api/3/myself", "globex"), "/ex/jira/nowhere/rest/api/3/myself"]) {
      expect(await withBearer(sandbox, access_token, path)).toMatchObject({
        status: 404,
        body: '{"code":404,"message":"Not Found"}',
      });
    }
  });

  test("a bearer at the site's own address meets the edge's HTML", async () => {
    const { access_token } = await connect(sandbox);
    const edge = await withBearer(sandbox, access_token, "/sites/acme/rest/api/3/myself");
    expect(edge.status).toBe(401);
    expect(edge.type).toMatch(/^text\/html/);
    expect(edge.body).not.toContain("{");
  });

  test("an expired token is refused before its scopes are looked at", async () => {
    const { access_token } = await connect(sandbox);
    sandbox.control.advance(3600);
    expect(await withBearer(sandbox, access_token, at("/rest/api/3/group/member"))).toMatchObject({
      status: 401,
      body: '{"code":401,"message":"Unauthorized"}',
    });
  });

  test("tenant_info tells the cloud id without a token", async () => {
    const response = await fetch(`${sandbox.cloudUrl}/sites/globex/_edge/tenant_info`);
    expect(await response.json()).toEqual({ cloudId: cloudId(sandbox, "globex") });
  });

  test("OAuth 1.0a is not answered on Cloud, unless it is switched on", async () => {
    const path = "/sites/acme/plugins/servlet/oauth/request-token";
    expect((await fetch(`${sandbox.cloudUrl}${path}`, { method: "POST" })).status).toBe(404);
    const own = await startSandbox({ switches: { oauth1_on_cloud: "on" } });
    try {
      const response = await fetch(`${own.cloudUrl}${path}`, { method: "POST" });
      expect(await response.text()).toContain("oauth_problem=parameter_absent");
    } finally {
      await own.stop();
    }
  });
});

describe("Basic at a site's own address", () => {
  const basic = (name: string, secret: string) => ({
    authorization: `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}`,
  });
  const email = () => sandbox.control.state().users.find((user) => user.name === "alana")?.emailAddress ?? "";

  test("e-mail address and API token are who they say; a password is nobody", async () => {
    const url = `${sandbox.cloudUrl}/sites/acme/rest/api/3/serverInfo`;
    const good = await fetch(url, { headers: basic(email(), "sandbox-api-token-alana") });
    expect(good.headers.get("x-seraph-loginreason")).toBe("OK");
    expect(good.headers.get("x-aaccountid")).toBeTruthy();
    for (const wrong of [basic(email(), "alana"), basic("alana", "sandbox-api-token-alana")]) {
      const bad = await fetch(url, { headers: wrong });
      expect(bad.headers.get("x-seraph-loginreason")).toBe("AUTHENTICATED_FAILED");
      expect(bad.headers.get("x-aaccountid")).toBeNull();
    }
  });
});

describe("the table of operations", () => {
  test.each([
    ["GET", "/rest/api/3/myself", "read:jira-user", true],
    ["GET", "/rest/api/2/myself", "read:jira-user", true],
    ["GET", "/rest/api/3/myself", "read:jira-work", false],
    [
      "GET",
      "/rest/api/3/myself",
      "read:application-role:jira read:group:jira read:user:jira read:avatar:jira",
      true,
    ],
    ["GET", "/rest/api/3/myself", "read:application-role:jira read:group:jira read:user:jira", false],
    ["GET", "/rest/api/3/serverInfo", "offline_access", true],
    ["GET", "/rest/api/3/user/email", "read:jira-user read:jira-work manage:jira-configuration", false],
    ["GET", "/rest/api/3/issue/JJ-2/comment", "read:jira-work", true],
    ["POST", "/rest/api/3/issue", "read:jira-work", false],
    ["POST", "/rest/api/3/issue", "write:jira-work", true],
    ["GET", "/rest/api/3/group/member", "read:jira-user read:jira-work", false],
    ["GET", "/rest/api/3/group/member", "read:group:jira read:user:jira read:avatar:jira", true],
    ["POST", "/rest/api/3/webhook", "manage:jira-webhook", false],
    ["POST", "/rest/api/3/webhook", "manage:jira-webhook read:jira-work", true],
    ["GET", "/rest/agile/1.0/board", "read:jira-work", false],
    ["GET", "/rest/agile/1.0/board", "read:board-scope:jira-software read:project:jira", true],
    ["GET", "/rest/servicedeskapi/servicedesk", "read:jira-work", false],
    ["GET", "/rest/servicedeskapi/servicedesk", "read:servicedesk-request", true],
    ["GET", "/rest/servicedeskapi/info", "read:me", true],
    ["GET", "/rest/api/3/issue/JJ-2", "read:servicedesk-request", false],
  ])("%s %s with %s: %s", (method, path, scopes, open) => {
    expect(scopeFault(method, path, scopes.split(" ")) === undefined).toBe(open);
  });
});
