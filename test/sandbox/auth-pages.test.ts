import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { Browser } from "./auth-browser.ts";
import {
  authorizeUrl,
  cloudBrowser,
  cloudId,
  connect,
  redirect_uri,
  withBearer,
} from "./auth-cloud-client.ts";
import { dataCenterBrowser, whoami } from "./auth-dc-client.ts";

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

describe("every page", () => {
  test("is neither Latchkey's nor Atlassian's, holds no script, and has a strict policy", async () => {
    const cloud = await cloudBrowser(sandbox);
    const admin = await dataCenterBrowser(sandbox, "admin");
    const pages = [
      await new Browser().get(`${sandbox.cloudUrl}/`),
      await new Browser().get(`${sandbox.cloudUrl}/login`),
      await cloud.get(authorizeUrl(sandbox)),
      await cloud.get(authorizeUrl(sandbox, { client_id: "x" })),
      await cloud.get(`${sandbox.cloudUrl}/connected-apps`),
      await cloud.get(`${sandbox.cloudUrl}/sites/acme/`),
      await cloud.get(`${sandbox.cloudUrl}/sites/acme/browse/JJ-2`),
      await cloud.get(`${sandbox.cloudUrl}/sites/acme/browse/NONE-1`),
      await cloud.get(`${sandbox.cloudUrl}/sites/nowhere/`),
      await cloud.get(`${sandbox.cloudUrl}/nowhere`),
      await admin.get(`${sandbox.dataCenterUrl}/nowhere`),
      await admin.get(`${new URL(sandbox.dataCenterUrl).origin}/outside-the-context-path`),
      await admin.get(`${sandbox.dataCenterUrl}/login.jsp`),
      await admin.get(`${sandbox.dataCenterUrl}/`),
      await admin.get(`${sandbox.dataCenterUrl}/browse/JJ-2`),
      await admin.get(`${sandbox.dataCenterUrl}/plugins/servlet/applinks/listApplicationLinks`),
      await admin.get(`${sandbox.dataCenterUrl}/plugins/servlet/oauth/users/access-tokens`),
    ];
    for (const page of pages) {
      expect(page.body, page.url).toContain("<header><strong>Sandbox Jira</strong>");
      expect(page.body, page.url).not.toMatch(/<script|javascript:|style="|\son\w+="/i);
      const policy = page.headers.get("content-security-policy") ?? "";
      expect(policy, page.url).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; .*frame-ancestors 'none'/,
      );
      expect(policy, page.url).not.toContain("unsafe");
      expect(page.headers.get("referrer-policy"), page.url).toBe("same-origin");
      expect(page.headers.get("cache-control"), page.url).toBe("no-store");
    }
  });

  test("one that is for administrators lets anyone else sign out, as it says", async () => {
    const alana = await dataCenterBrowser(sandbox, "alana");
    const page = await alana.get(`${sandbox.dataCenterUrl}/plugins/servlet/applinks/listApplicationLinks`);
    expect(page.status).toBe(403);
    expect(page.body).toContain("Sign out and come back as admin.");
    expect(page.body).toMatch(/<form method="post" action="[^"]*\/secure\/Logout\.jspa">/);
  });

  test("the policy lets a form lead to the redirect URI, and pages without one lead nowhere else", async () => {
    const browser = await cloudBrowser(sandbox);
    const consent = await browser.get(authorizeUrl(sandbox));
    expect(consent.headers.get("content-security-policy")).toContain(
      `form-action 'self' ${new URL(redirect_uri).origin} `,
    );
    const apps = await browser.get(`${sandbox.cloudUrl}/connected-apps`);
    expect(apps.headers.get("content-security-policy")).toContain("form-action 'self';");
  });
});

describe("the issue page", () => {
  test("shows summary, description, people and comments to who is signed in, on both faces", async () => {
    for (const [browser, base] of [
      [await cloudBrowser(sandbox), `${sandbox.cloudUrl}/sites/acme`],
      [await dataCenterBrowser(sandbox), sandbox.dataCenterUrl],
    ] as const) {
      const page = await browser.get(`${base}/browse/JJ-2`);
      expect(page.status).toBe(200);
      expect(page.body).toContain("JJ-2: Jira Junior logo is not pink enough");
      expect(page.body).toContain("Alana Example");
      expect(page.body).toContain("super fun");
      const stranger = await new Browser().get(`${base}/browse/JJ-2`);
      expect(stranger.status).toBe(302);
      expect(decodeURIComponent(stranger.location ?? "")).toContain("/browse/JJ-2");
    }
  });

  test("what people wrote is text and never markup, and only web addresses become links", async () => {
    const { access_token } = await connect(sandbox, { scope: "write:jira-work read:jira-work" });
    const evil = '<img src=x onerror="alert(1)">';
    const rest = (path: string, body: unknown) =>
      fetch(`${sandbox.cloudUrl}/ex/jira/${cloudId(sandbox)}/rest/api/2${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${access_token}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const fields = { project: { key: "JJ" }, issuetype: { name: "Bug" }, summary: evil, description: evil };
    const made = await rest("/issue", { fields });
    expect(made.status).toBe(201);
    const { key } = (await made.json()) as { key: string };
    expect((await rest(`/issue/${key}/comment`, { body: `${evil}</script>` })).status).toBe(201);
    for (const url of ["https://ideas.example/1?a=1&b=2", "javascript:alert(1)"]) {
      await rest(`/issue/${key}/remotelink`, { object: { url, title: evil } });
    }
    const page = await (await cloudBrowser(sandbox)).get(`${sandbox.cloudUrl}/sites/acme/browse/${key}`);
    expect(page.status).toBe(200);
    expect(page.body).not.toContain("<img");
    expect(page.body.match(/&lt;img src=x/g)?.length).toBeGreaterThanOrEqual(5);
    expect(page.body).toContain('href="https://ideas.example/1?a=1&amp;b=2"');
    expect(page.body).not.toContain('href="javascript:');
  });
});

test("well-known tokens stand in the control state and work", async () => {
  const alana = sandbox.control.state().users.find((user) => user.name === "alana");
  expect(await whoami(sandbox, `Bearer ${alana?.personal_access_token}`)).toBe("alana");
  const basic = Buffer.from(`${alana?.emailAddress}:${alana?.api_token}`).toString("base64");
  for (const base of [`${sandbox.cloudUrl}/sites/acme`, `${sandbox.cloudUrl}/ex/jira/${cloudId(sandbox)}`]) {
    const response = await fetch(`${base}/rest/api/3/myself`, {
      headers: { authorization: `Basic ${basic}` },
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ accountId: alana?.accountId });
  }
});

test("what administrators and guests run into, by switch", async () => {
  const own = await startSandbox({ switches: { admin_approval: "on" } });
  try {
    const browser = await cloudBrowser(own);
    const consent = await browser.get(authorizeUrl(own));
    const page = await browser.submit(consent, { cloud_id: cloudId(own) }, "approve");
    expect(page.status).toBe(403);
    expect(page.body).toContain(
      "Your site admin must authorize this app for the site acme.atlassian.net before",
    );
  } finally {
    await own.stop();
  }
  const guest = await startSandbox({ switches: { guest: "on" } });
  try {
    const { access_token } = await connect(guest);
    const { status, body } = await withBearer(guest, access_token, "/oauth/token/accessible-resources");
    expect([status, body]).toEqual([200, "[]"]);
  } finally {
    await guest.stop();
  }
});
