import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { cloudBrowser, cloudId, withBearer } from "./auth-cloud-client.ts";
import { dataCenterBrowser } from "./auth-dc-client.ts";

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

const DAY_S = 86_400;
const basic = (name: string, secret: string) =>
  `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}`;
const ALANA = "alana@example.com";

async function ask(url: string, authorization: string, init: RequestInit = {}) {
  const response = await fetch(url, { ...init, headers: { ...init.headers, authorization } });
  const body = await response.text();
  return {
    status: response.status,
    reason: response.headers.get("x-seraph-loginreason"),
    headers: response.headers,
    body,
    json: () => JSON.parse(body),
  };
}

describe("an API token of Cloud", () => {
  const site = (path: string) => `${sandbox.cloudUrl}/sites/acme${path}`;
  const gateway = (path: string) => `${sandbox.cloudUrl}/ex/jira/${cloudId(sandbox)}${path}`;

  test("a classic one is good at the site and at the gateway, until it ends", async () => {
    const { token } = sandbox.control.makeToken({ face: "cloud", user: "alana", days: 7 });
    expect(token).toMatch(/^ATATT3/);
    const mine = basic(ALANA, token);
    expect((await ask(site("/rest/api/3/myself"), mine)).json()).toMatchObject({ emailAddress: ALANA });
    expect((await ask(gateway("/rest/api/3/myself"), mine)).status).toBe(200);
    expect((await ask(site("/rest/api/3/myself"), basic("william@example.com", token))).status).toBe(401);
    sandbox.control.advance(7 * DAY_S);
    // What is open to everybody answers 200 all the same; only a header tells.
    const open = await ask(site("/rest/api/3/serverInfo"), mine);
    expect(open).toMatchObject({ status: 200, reason: "AUTHENTICATED_FAILED" });
    expect((await ask(gateway("/rest/api/3/myself"), mine)).status).toBe(401);
  });

  test("one with scopes is good at the gateway alone, and for its scopes alone", async () => {
    const scopes = ["read:jira-user"];
    const { token } = sandbox.control.makeToken({ face: "cloud", user: "alana", scopes });
    const mine = basic(ALANA, token);
    expect((await ask(gateway("/rest/api/3/myself"), mine)).status).toBe(200);
    expect((await ask(gateway("/rest/api/3/issue/JJ-2"), mine)).body).toContain("scope does not match");
    expect((await ask(site("/rest/api/3/myself"), mine)).status).toBe(401);
    expect(sandbox.control.requests().at(-1)?.reason).toContain("at /ex/jira/{cloudId} alone");
    expect(sandbox.control.revokeToken(token)).toBe(true);
    expect((await ask(gateway("/rest/api/3/myself"), mine)).status).toBe(401);
    expect(sandbox.control.revokeToken(token)).toBe(false);
  });

  test("is made on the person's page, shown once, and taken back there", async () => {
    const browser = await cloudBrowser(sandbox);
    const page = await browser.get(`${sandbox.cloudUrl}/api-tokens`);
    const made = await browser.submit(page, { name: "mine", days: "30", scopes: "" }, "create");
    const token = /<code id="token">([^<]+)</.exec(made.body)?.[1] ?? "";
    expect((await ask(site("/rest/api/3/myself"), basic(ALANA, token))).status).toBe(200);
    const again = await browser.get(`${sandbox.cloudUrl}/api-tokens`);
    expect(again.body).not.toContain(token);
    const id = /name="revoke" value="([^"]+)" aria-label="Revoke mine"/.exec(again.body)?.[1] ?? "";
    const csrf = /name="atl_token" value="([^"]+)"/.exec(again.body)?.[1] ?? "";
    await browser.post(`${sandbox.cloudUrl}/api-tokens`, { atl_token: "guess", revoke: id });
    expect((await ask(site("/rest/api/3/myself"), basic(ALANA, token))).status).toBe(200);
    await browser.post(`${sandbox.cloudUrl}/api-tokens`, { atl_token: csrf, revoke: id });
    expect((await ask(site("/rest/api/3/myself"), basic(ALANA, token))).status).toBe(401);
  });
});

describe("a personal access token of Data Center", () => {
  const at = (path: string) => `${sandbox.dataCenterUrl}${path}`;
  const tokens = () => at("/rest/pat/latest/tokens");
  const create = (authorization: string, body: unknown) =>
    ask(tokens(), authorization, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });

  test("is made over REST, listed without itself, used as Bearer, and ends on its day", async () => {
    const made = await create(basic("alana", "alana"), { name: "reports", expirationDuration: 90 });
    expect(made.status).toBe(201);
    const { rawToken, id } = made.json();
    expect(Buffer.from(rawToken, "base64").toString("latin1")).toMatch(/^\d{12}:/);
    const mine = `Bearer ${rawToken}`;
    expect((await ask(at("/rest/api/2/myself"), mine)).json()).toMatchObject({ name: "alana" });
    expect((await ask(at("/rest/api/2/myself"), basic("alana", rawToken))).status).toBe(401);
    const listed = await ask(tokens(), mine);
    expect(listed.json()).toMatchObject([{ id, name: "reports", expiringAt: expect.any(String) }]);
    expect(listed.body).not.toContain(rawToken);
    sandbox.control.advance(90 * DAY_S);
    expect(await ask(at("/rest/api/2/serverInfo"), mine)).toMatchObject({
      status: 200,
      reason: "AUTHENTICATED_FAILED",
    });
    expect((await create(basic("alana", "alana"), { name: " " })).status).toBe(400);
    expect((await create("Bearer nonsense", { name: "x" })).status).toBe(401);
  });

  test("is taken back by its owner and by nobody else", async () => {
    const { rawToken, id } = (await create("Bearer sandbox-pat-alana", { name: "short" })).json();
    const remove = (authorization: string) => ask(`${tokens()}/${id}`, authorization, { method: "DELETE" });
    expect((await remove("Bearer sandbox-pat-william")).status).toBe(404);
    expect((await remove(`Bearer ${rawToken}`)).status).toBe(204);
    expect((await ask(at("/rest/api/2/myself"), `Bearer ${rawToken}`)).status).toBe(401);
  });

  test("is made on the profile page too", async () => {
    const browser = await dataCenterBrowser(sandbox);
    const page = await browser.get(at("/secure/ViewProfile.jspa"));
    const made = await browser.submit(page, { name: "mine", days: "0" }, "create");
    const token = /<code id="token">([^<]+)</.exec(made.body)?.[1]?.replaceAll("&#43;", "+") ?? "";
    expect((await ask(at("/rest/api/2/myself"), `Bearer ${token}`)).status).toBe(200);
  });

  test("is nobody's while the administrator has switched them off", async () => {
    const own = await startSandbox({ switches: { personal_access_tokens: "off" } });
    try {
      const mine = "Bearer sandbox-pat-alana";
      expect((await ask(`${own.dataCenterUrl}/rest/api/2/myself`, mine)).status).toBe(401);
      expect((await ask(`${own.dataCenterUrl}/rest/pat/latest/tokens`, mine)).status).toBe(404);
    } finally {
      await own.stop();
    }
  });
});

test("three wrong passwords want a CAPTCHA, which a sign-in in the browser cures and a token does not need", async () => {
  const url = `${sandbox.dataCenterUrl}/rest/api/2/myself`;
  for (let n = 0; n < 3; n++) expect((await ask(url, basic("maya", "guess"))).status).toBe(401);
  const refused = await ask(url, basic("maya", "maya"));
  expect(refused).toMatchObject({ status: 403, reason: "AUTHENTICATION_DENIED" });
  expect(refused.headers.get("x-authentication-denied-reason")).toBe(
    `CAPTCHA_CHALLENGE; login-url=${sandbox.dataCenterUrl}/login.jsp`,
  );
  expect((await ask(url, "Bearer sandbox-pat-maya")).status).toBe(200);
  await dataCenterBrowser(sandbox, "maya");
  expect((await ask(url, basic("maya", "maya"))).status).toBe(200);
});

describe("a service account", () => {
  const account = { client_id: "sandbox-service-account", client_secret: "sandbox-service-secret" };
  const exchange = async (fields: Record<string, string>) => {
    const response = await fetch(`${sandbox.cloudUrl}/oauth/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(fields),
    });
    return { status: response.status, ...((await response.json()) as { access_token?: string }) };
  };
  const onDataCenter = async (fields: Record<string, string>) => {
    const body = new URLSearchParams({ grant_type: "client_credentials", ...account, ...fields });
    const response = await fetch(`${sandbox.dataCenterUrl}/rest/oauth2/latest/token`, {
      method: "POST",
      body,
    });
    return { status: response.status, ...((await response.json()) as { access_token?: string }) };
  };

  test("gets an hour at the gateway of Cloud, for its sites and scopes, and no refresh token", async () => {
    const got = await exchange({ grant_type: "client_credentials", ...account });
    expect(got).toMatchObject({ status: 200, expires_in: 3600, token_type: "Bearer" });
    expect(got).not.toHaveProperty("refresh_token");
    const { access_token = "" } = got;
    const resources = await withBearer(sandbox, access_token, "/oauth/token/accessible-resources");
    expect(JSON.parse(resources.body)).toMatchObject([{ name: "acme" }, { name: "acme" }]);
    const at = (site: string, path: string) =>
      withBearer(sandbox, access_token, `/ex/jira/${cloudId(sandbox, site)}${path}`);
    expect((await at("acme", "/rest/api/3/issue/JJ-2")).status).toBe(200);
    expect((await at("globex", "/rest/api/3/issue/JJ-2")).status).toBe(404);
    expect((await at("acme", "/rest/api/3/group/member")).status).toBe(401);
    sandbox.control.advance(3600);
    expect((await at("acme", "/rest/api/3/issue/JJ-2")).status).toBe(401);
  });

  test("with a wrong secret, for another grant, and an app of the console for this one", async () => {
    const asked = { grant_type: "client_credentials" };
    expect(await exchange({ ...asked, ...account, client_secret: "x" })).toMatchObject({
      status: 401,
      error: "access_denied",
    });
    expect(await exchange({ ...account, grant_type: "refresh_token" })).toMatchObject({
      status: 403,
      error: "unauthorized_client",
    });
    const app = { client_id: "sandbox-cloud-app", client_secret: "sandbox-cloud-secret" };
    expect(await exchange({ ...asked, ...app })).toMatchObject({ status: 403 });
  });

  test("reaches version 2 of Data Center's REST and nothing else, with READ or WRITE", async () => {
    const { access_token = "" } = await onDataCenter({ scope: "READ" });
    const mine = `Bearer ${access_token}`;
    const at = (path: string) => `${sandbox.dataCenterUrl}${path}`;
    expect((await ask(at("/rest/api/2/myself"), mine)).status).toBe(200);
    expect((await ask(at("/rest/agile/1.0/board"), mine)).status).toBe(403);
    expect((await ask(at("/rest/api/2/issue"), mine, { method: "POST" })).status).toBe(403);
    expect(await onDataCenter({ scope: "ADMIN" })).toMatchObject({ status: 400, error: "invalid_scope" });
    expect(await onDataCenter({ client_secret: "x" })).toMatchObject({ error: "invalid_client" });
  });

  test("is made and taken away by a control call, with the tokens it got", async () => {
    const mine = { client_id: "robot", client_secret: "robot-secret" };
    sandbox.control.register({
      service_accounts: [{ ...mine, user: "maya", scopes: ["read:jira-user"], sites: ["globex"] }],
    });
    const { access_token = "" } = await exchange({ grant_type: "client_credentials", ...mine });
    const myself = `/ex/jira/${cloudId(sandbox, "globex")}/rest/api/3/myself`;
    expect((await withBearer(sandbox, access_token, myself)).status).toBe(200);
    expect(sandbox.control.revokeToken("robot")).toBe(true);
    expect((await withBearer(sandbox, access_token, myself)).status).toBe(401);
    expect(await exchange({ grant_type: "client_credentials", ...mine })).toMatchObject({ status: 401 });
  });
});
