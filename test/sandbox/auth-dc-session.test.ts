import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { Browser } from "./auth-browser.ts";
import { dataCenterBrowser, whoami } from "./auth-dc-client.ts";

let sandbox: RunningSandbox;
let session: string;
beforeAll(async () => {
  sandbox = await startSandbox();
  session = `${sandbox.dataCenterUrl}/rest/auth/1/session`;
});
afterAll(() => sandbox.stop());

const basic = (name: string, secret: string) =>
  `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}`;
const signIn = (body: unknown, where = session) =>
  fetch(where, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

describe("login page", () => {
  test("a sign-in sets JSESSIONID for the context path and goes on to os_destination", async () => {
    const browser = new Browser();
    const login = await browser.get(`${sandbox.dataCenterUrl}/login.jsp?os_destination=%2Fbrowse%2FJJ-2`);
    const wrong = await browser.submit(login, { username: "alana", password: "no" });
    expect(wrong.headers.get("x-seraph-loginreason")).toBe("AUTHENTICATED_FAILED");
    expect(wrong.headers.get("set-cookie")).toBeNull();
    const done = await browser.submit(login, { username: "alana", password: "alana" });
    expect(done.location).toBe("/jira/browse/JJ-2");
    expect(done.headers.get("set-cookie")).toMatch(
      /^JSESSIONID=\w{32}; Path=\/jira; HttpOnly; SameSite=Lax$/,
    );
    const issue = await browser.follow(done);
    expect(issue.status).toBe(200);
    expect(issue.headers.get("x-ausername")).toBe("alana");
  });

  test.each(["//evil.example", "https://evil.example", "/\\evil.example"])(
    "never leads to %s",
    async (evil) => {
      const browser = new Browser();
      const where = `${sandbox.dataCenterUrl}/login.jsp?os_destination=${encodeURIComponent(evil)}`;
      const done = await browser.submit(await browser.get(where), { username: "alana", password: "alana" });
      expect(done.location).toBe("/jira/");
    },
  );

  test("a link does not sign out, a form with the token does", async () => {
    const browser = await dataCenterBrowser(sandbox);
    const logout = `${sandbox.dataCenterUrl}/secure/Logout.jspa`;
    await browser.get(logout);
    await browser.post(logout, { atl_token: "guess" });
    const page = await browser.get(`${sandbox.dataCenterUrl}/`);
    expect(page.status).toBe(200);
    await browser.post(logout, page.forms()[0]?.fields ?? {});
    expect((await browser.get(`${sandbox.dataCenterUrl}/`)).status).toBe(302);
  });
});

describe("the session resource", () => {
  test("signs in, tells, signs out", async () => {
    const made = await signIn({ username: "william", password: "william" });
    expect(made.status).toBe(200);
    const body = (await made.json()) as { session: { name: string; value: string }; loginInfo: unknown };
    expect(body.loginInfo).toMatchObject({ failedLoginCount: 0, loginCount: expect.any(Number) });
    const cookie = `${body.session.name}=${body.session.value}`;
    const told = await fetch(session, { headers: { cookie } });
    expect(await told.json()).toMatchObject({
      self: `${sandbox.dataCenterUrl}/rest/api/latest/user?username=william`,
      name: "william",
    });
    expect((await fetch(session, { method: "DELETE", headers: { cookie } })).status).toBe(204);
    expect((await fetch(session, { headers: { cookie } })).status).toBe(401);
  });

  test("wrong credentials, missing ones, nobody", async () => {
    expect((await signIn({ username: "alana", password: "x" })).status).toBe(401);
    expect((await signIn({ username: "alana" })).status).toBe(400);
    const nobody = await fetch(session);
    expect(nobody.status).toBe(401);
    expect(nobody.headers.get("www-authenticate")).toMatch(/^OAuth realm="http%3A%2F%2Flocalhost/);
    expect(nobody.headers.get("x-arequestid")).toBeTruthy();
    expect(nobody.headers.get("x-seraph-loginreason")).toBe("OUT");
  });

  test("Jira 11: the session resource and Basic are off", async () => {
    const own = await startSandbox({ switches: { session_resource: "off", basic_auth: "off" } });
    try {
      const where = `${own.dataCenterUrl}/rest/auth/1/session`;
      expect((await signIn({ username: "alana", password: "alana" }, where)).status).toBe(403);
      expect(await whoami(own, basic("alana", "alana"))).toBe("anonymous");
    } finally {
      await own.stop();
    }
  });
});

test("Basic takes name and password; a wrong one goes on as nobody and says so", async () => {
  expect(await whoami(sandbox, basic("alana", "alana"))).toBe("alana");
  const response = await fetch(session, { headers: { authorization: basic("alana", "wrong") } });
  expect(response.headers.get("x-ausername")).toBe("anonymous");
  expect(response.headers.get("x-seraph-loginreason")).toBe("AUTHENTICATED_FAILED");
});

test("the faces do not share sessions, although cookies know no port", async () => {
  const made = await signIn({ username: "alana", password: "alana" });
  const { value } = ((await made.json()) as { session: { value: string } }).session;
  const cloud = await fetch(`${sandbox.cloudUrl}/connected-apps`, {
    headers: { cookie: `sandbox_cloud_session=${value}` },
    redirect: "manual",
  });
  expect(cloud.status).toBe(302);
});
