import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { Browser } from "./auth-browser.ts";
import {
  app,
  approve,
  authorizeUrl,
  cloudBrowser,
  cloudId,
  connect,
  redirect_uri,
  token,
  withBearer,
} from "./auth-cloud-client.ts";

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

const lastReason = () => sandbox.control.requests().at(-1)?.reason;

test("nothing is checked before sign-in: even a made-up client is sent to the login page", async () => {
  const page = await new Browser().get(authorizeUrl(sandbox, { client_id: "made-up" }));
  expect(page.status).toBe(302);
  const where = new URL(page.location ?? "", page.url);
  expect(where.pathname).toBe("/login");
  expect(where.searchParams.get("continue")).toContain("client_id=made-up");
});

test("sign in, see who asks for what, pick a site, accept: code and state come back", async () => {
  const browser = new Browser();
  const login = await browser.follow(await browser.get(authorizeUrl(sandbox)));
  const wrong = await browser.submit(login, { username: "alana", password: "wrong" });
  expect(wrong.body).toContain("Incorrect");
  const consent = await browser.follow(await browser.submit(login, { username: "alana", password: "alana" }));
  expect(consent.body).toContain("Latchkey demo");
  expect(consent.body).toContain("alana");
  expect(consent.body).toContain("View Jira issue data");
  const unpicked = await browser.submit(consent, { cloud_id: "" }, "approve");
  expect(unpicked.status).toBe(400);
  expect(unpicked.body).toContain("Choose the site");
  const foreign = await browser.submit(
    consent,
    { cloud_id: "11111111-2222-3333-4444-555555555555" },
    "approve",
  );
  expect(foreign.status).toBe(400);
  const back = await browser.submit(consent, { cloud_id: cloudId(sandbox) }, "approve");
  expect(back.status).toBe(302);
  expect(back.location).toMatch(/^http:\/\/localhost:8080\/callback\/sandbox-cloud\?state=/);
  expect(back.answer.get("state")).toBe("st/a te");
  expect(back.answer.get("code")).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]{300,}$/);
});

test("cancel comes back as access_denied with the state, to the letter", async () => {
  const browser = await cloudBrowser(sandbox);
  const consent = await browser.get(authorizeUrl(sandbox));
  const back = await browser.submit(consent, {}, "deny");
  expect(back.location).toBe(
    `${redirect_uri}?error=access_denied&error_description=User%20did%20not%20authorize%20the%20request&state=st%2Fa%20te`,
  );
});

test("the loopback origin of the manual set-up comes back with a slash, as a browser shows it", async () => {
  const back = await approve(sandbox, { redirect_uri: "http://localhost" });
  expect(back.location).toMatch(/^http:\/\/localhost\/\?state=st%2Fa%20te&code=eyJ/);
});

test.each([
  ["another path", "http://localhost:8080/callback/other"],
  ["a slash more", `${redirect_uri}/`],
  ["another port", redirect_uri.replace("8080", "8081")],
  ["https", redirect_uri.replace("http", "https")],
  ["a query more", `${redirect_uri}?x=1`],
  ["none", undefined],
])(
  "a redirect URI that is not exactly registered (%s) ends on a page, never on a redirect",
  async (_, uri) => {
    const browser = await cloudBrowser(sandbox);
    const page = await browser.get(authorizeUrl(sandbox, { redirect_uri: uri }));
    expect(page.status).toBe(400);
    expect(page.location).toBeUndefined();
    expect(page.body).toContain("Callback URL mismatch");
  },
);

test.each([
  [{ client_id: "made-up" }, "unauthorized_client"],
  [{ scope: "openid read:me" }, "There&#39;s nothing here"],
  [{ audience: undefined }, "The authorize request was incomplete or invalid"],
  [{ scope: "read:jira-work read:confluence-content.all" }, "not registered for read:confluence-content.all"],
  [{ scope: "" }, "names no scope"],
])("%j ends on a page that says why", async (over, words) => {
  const browser = await cloudBrowser(sandbox);
  const page = await browser.get(authorizeUrl(sandbox, over));
  expect(page.status).toBe(400);
  expect(page.location).toBeUndefined();
  expect(page.body).toContain(words);
  expect(lastReason()).toBeTruthy();
});

test("a form without this session's token, or from another origin, changes nothing", async () => {
  const browser = await cloudBrowser(sandbox);
  const where = authorizeUrl(sandbox);
  const form = (await browser.get(where)).forms().find((one) => one.buttons.includes("approve"));
  const fields = { ...form?.fields, cloud_id: cloudId(sandbox), approve: "1" };
  const theirs =
    (await (await cloudBrowser(sandbox, "william")).get(where)).forms()[0]?.fields.atl_token ?? "";
  expect((await browser.post(where, { ...fields, atl_token: theirs })).status).toBe(403);
  expect((await browser.post(where, { ...fields, atl_token: "" })).status).toBe(403);
  expect((await browser.post(where, fields, { origin: "https://evil.example" })).status).toBe(403);
  expect((await browser.post(where, fields, { origin: "null" })).status).toBe(403);
  expect((await browser.post(where, fields, { origin: sandbox.cloudUrl })).status).toBe(302);
});

test.each([
  "//evil.example",
  "/\\evil.example",
  "https://evil.example/",
  "/\t/evil.example",
  "javascript:alert(1)",
])("signing in never leads to %j", async (evil) => {
  const browser = new Browser();
  const login = await browser.get(`${sandbox.cloudUrl}/login?continue=${encodeURIComponent(evil)}`);
  const done = await browser.submit(login, { username: "alana", password: "alana" });
  expect(done.location).toBe("/");
  const forced = await browser.post(`${sandbox.cloudUrl}/login`, {
    username: "alana",
    password: "alana",
    continue: evil,
  });
  expect(forced.location).toBe("/");
});

test("a new session id at sign-in; the cookie is HttpOnly and Lax; signing out ends it", async () => {
  const browser = await cloudBrowser(sandbox);
  const first = await browser.post(`${sandbox.cloudUrl}/login`, { username: "alana", password: "alana" });
  expect(first.headers.get("set-cookie")).toMatch(
    /^sandbox_cloud_session=\w{32}; Path=\/; HttpOnly; SameSite=Lax$/,
  );
  const apps = await browser.get(`${sandbox.cloudUrl}/connected-apps`);
  expect(apps.status).toBe(200);
  const form = apps.forms()[0];
  await browser.post(`${sandbox.cloudUrl}/logout`, form?.fields ?? {});
  expect((await browser.get(`${sandbox.cloudUrl}/connected-apps`)).status).toBe(302);
});

test("revoking under connected apps kills access and refresh tokens", async () => {
  const pair = await connect(sandbox);
  expect((await withBearer(sandbox, pair.access_token, "/oauth/token/accessible-resources")).status).toBe(
    200,
  );
  const browser = await cloudBrowser(sandbox);
  const list = await browser.get(`${sandbox.cloudUrl}/connected-apps`);
  const form = list.forms().find((one) => one.buttons.includes("revoke"));
  await browser.post(`${sandbox.cloudUrl}/connected-apps`, { ...form?.fields, revoke: app.client_id });
  const dead = await withBearer(sandbox, pair.access_token, "/oauth/token/accessible-resources");
  expect(dead).toMatchObject({ status: 401, body: '{"code":401,"message":"Unauthorized"}' });
  const again = await token(sandbox, { grant_type: "refresh_token", refresh_token: pair.refresh_token });
  expect(again).toMatchObject({ status: 403, error: "unauthorized_client" });
});

test("registering adds redirect URIs and replaces scopes, exactly", async () => {
  const own = await startSandbox({ redirectUris: ["http://127.0.0.1:31415/cb"] });
  try {
    own.control.register({ redirect_uris: ["https://app.example/cb"], scopes: ["read:me"] });
    const browser = await cloudBrowser(own);
    for (const uri of ["http://127.0.0.1:31415/cb", "https://app.example/cb"]) {
      const page = await browser.get(authorizeUrl(own, { redirect_uri: uri, scope: "read:me" }));
      expect(page.status).toBe(200);
      expect(page.headers.get("content-security-policy")).toContain(
        `form-action 'self' ${new URL(uri).origin}`,
      );
    }
    expect((await browser.get(authorizeUrl(own, { scope: "read:jira-work" }))).status).toBe(400);
    expect(() => own.control.register({ redirect_uris: ["not a url"] })).toThrow(/not an absolute URL/);
  } finally {
    await own.stop();
  }
});

test("unregistered scopes, by switch: left out, or granted in name and refused at the API", async () => {
  for (const [value, scope] of [
    ["drop", "read:jira-work"],
    ["later", "read:jira-work read:audit-log:jira"],
  ] as const) {
    const own = await startSandbox({ switches: { unregistered_scope: value } });
    try {
      const pair = await connect(own, { scope: "read:jira-work read:audit-log:jira" });
      expect(pair.scope).toBe(scope);
    } finally {
      await own.stop();
    }
  }
});

test("auto-approve answers every authorize URL by itself, but still refuses a bad one", async () => {
  const own = await startSandbox({ autoApprove: "william@globex" });
  try {
    const back = await new Browser().get(authorizeUrl(own));
    expect(back.status).toBe(302);
    const pair = await token(own, {
      grant_type: "authorization_code",
      code: back.answer.get("code") ?? "",
      redirect_uri,
    });
    const sites = JSON.parse(
      (await withBearer(own, pair.access_token, "/oauth/token/accessible-resources")).body,
    );
    expect(sites.map((site: { name: string }) => site.name)).toEqual(["globex"]);
    expect(
      (await new Browser().get(authorizeUrl(own, { redirect_uri: "https://evil.example" }))).status,
    ).toBe(400);
  } finally {
    await own.stop();
  }
});

test("account-level consent covers every site of the user", async () => {
  const own = await startSandbox({ switches: { access_type: "account" } });
  try {
    const pair = await connect(own, {}, "globex");
    const body = (await withBearer(own, pair.access_token, "/oauth/token/accessible-resources")).body;
    expect(JSON.parse(body).map((site: { name: string }) => site.name)).toEqual(["acme", "globex"]);
  } finally {
    await own.stop();
  }
  expect((await approve(sandbox)).status).toBe(302);
});
