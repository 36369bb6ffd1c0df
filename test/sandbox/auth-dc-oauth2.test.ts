import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { Browser } from "./auth-browser.ts";
import {
  authorizeUrl,
  client,
  code,
  connect,
  dataCenterBrowser,
  redirect_uri,
  refresh,
  token,
  whoami,
} from "./auth-dc-client.ts";

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

const grant_type = "authorization_code";

async function withSwitch(switches: Record<string, string>, run: (own: RunningSandbox) => Promise<void>) {
  const own = await startSandbox({ switches });
  try {
    await run(own);
  } finally {
    await own.stop();
  }
}

describe("authorize", () => {
  test("sign in, consent, and the code comes back with the state", async () => {
    const browser = new Browser();
    const login = await browser.follow(await browser.get(authorizeUrl(sandbox)));
    expect(login.url).toContain("/jira/login.jsp?permissionViolation=true");
    const consent = await browser.follow(
      await browser.submit(login, { username: "alana", password: "alana" }),
    );
    expect(consent.body).toContain("WRITE");
    const back = await browser.submit(consent, {}, "approve");
    expect(back.location).toMatch(
      /^http:\/\/localhost:8080\/callback\/sandbox-dc2\?code=[A-Za-z0-9]+&state=s1$/,
    );
  });

  test("deny comes back as access_denied with the state", async () => {
    const browser = await dataCenterBrowser(sandbox);
    const back = await browser.submit(await browser.get(authorizeUrl(sandbox)), {}, "deny");
    expect(back.location).toBe(`${redirect_uri}?error=access_denied&state=s1`);
  });

  test.each([
    { client_id: "x" },
    { client_id: undefined },
    { redirect_uri: `${redirect_uri}/` },
    { redirect_uri: "https://evil.example" },
    { redirect_uri: undefined },
  ])("%j ends on Jira's own error page, never on a redirect", async (over) => {
    const page = await new Browser().get(authorizeUrl(sandbox, over));
    expect(page.status).toBe(400);
    expect(page.location).toBeUndefined();
    expect(page.body).toContain("Sandbox Jira");
  });

  test.each([
    [{ scope: "read:jira-work" }, "invalid_scope"],
    [{ scope: "READ nonsense" }, "invalid_scope"],
    [{ scope: undefined }, "invalid_scope"],
    [{ response_type: "token" }, "unsupported_response_type"],
    [{ code_challenge: "short" }, "invalid_request"],
    [{ code_challenge: "x".repeat(43), code_challenge_method: "S512" }, "invalid_request"],
  ])("%j is told to the application: %s", async (over, error) => {
    const page = await new Browser().get(authorizeUrl(sandbox, over));
    expect(page.status).toBe(302);
    expect(page.location?.startsWith(`${redirect_uri}?`)).toBe(true);
    expect(page.answer.get("error")).toBe(error);
    expect(page.answer.get("state")).toBe("s1");
  });

  test("a consent that is not this session's own is refused", async () => {
    const browser = await dataCenterBrowser(sandbox);
    const page = await browser.post(authorizeUrl(sandbox), { approve: "1", atl_token: "guess" });
    expect(page.status).toBe(403);
  });

  test("http is refused for the redirect URL where https is enforced, in Atlassian's words", async () => {
    await withSwitch({ https_enforced: "on" }, async (own) => {
      const page = await new Browser().get(authorizeUrl(own));
      expect(page.status).toBe(400);
      expect(page.body).toContain(
        "Please ensure that your server is using HTTPS and that your application base URL is configured appropriately.",
      );
    });
  });

  test("with the Referer check on, a stripped Referer is asked again", async () => {
    await withSwitch({ referer_check: "on" }, async (own) => {
      const browser = await dataCenterBrowser(own);
      const where = authorizeUrl(own);
      const form = (await browser.get(where)).forms().find((one) => one.buttons.includes("approve"));
      const fields = { ...form?.fields, approve: "1" };
      const again = await browser.post(where, fields);
      expect([again.status, again.location]).toEqual([200, undefined]);
      expect((await browser.post(where, fields, { referer: where })).status).toBe(302);
    });
  });
});

describe("token", () => {
  test("the answer of a code", async () => {
    const answer = await connect(sandbox);
    expect(answer).toMatchObject({
      status: 200,
      cache: "no-store",
      token_type: "bearer",
      expires_in: 3600,
      scope: "WRITE",
    });
    expect(await whoami(sandbox, `Bearer ${answer.access_token}`)).toBe("alana");
  });

  test("JSON makes it fall over", async () => {
    const response = await fetch(`${sandbox.dataCenterUrl}/rest/oauth2/latest/token`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ grant_type, ...client }),
    });
    expect(response.status).toBe(500);
  });

  test("a code lives 10 s; dead and unknown codes are invalid_request", async () => {
    const old = await code(sandbox);
    sandbox.control.advance(11);
    for (const dead of [old, "x"]) {
      expect(await token(sandbox, { grant_type, code: dead, redirect_uri })).toMatchObject({
        status: 400,
        error: "invalid_request",
      });
    }
  });

  test("a replayed code kills the tokens it gave", async () => {
    const once = await code(sandbox);
    const pair = await token(sandbox, { grant_type, code: once, redirect_uri });
    expect(await token(sandbox, { grant_type, code: once, redirect_uri })).toMatchObject({
      status: 400,
      error: "invalid_grant",
    });
    expect(await whoami(sandbox, `Bearer ${pair.access_token}`)).toBe("anonymous");
    expect((await refresh(sandbox, pair.refresh_token)).error).toBe("invalid_grant");
  });

  test("another redirect_uri, wrong secret, unknown client, PKCE beside the secret", async () => {
    const kept = await code(sandbox);
    expect(await token(sandbox, { grant_type, code: kept, redirect_uri: `${redirect_uri}x` })).toMatchObject({
      status: 400,
      error: "invalid_grant",
    });
    for (const wrong of [{ client_secret: "x" }, { client_secret: undefined }, { client_id: "x" }]) {
      expect(await token(sandbox, { grant_type, code: kept, redirect_uri, ...wrong })).toMatchObject({
        status: 401,
        error: "invalid_client",
      });
    }
    const code_verifier = "v".repeat(43);
    for (const [code_challenge, code_challenge_method] of [
      [code_verifier, "plain"],
      [createHash("sha256").update(code_verifier).digest("base64url"), "S256"],
    ] as const) {
      const challenge = { code_challenge, code_challenge_method };
      const wrong = await code(sandbox, challenge);
      expect(await token(sandbox, { grant_type, code: wrong, redirect_uri })).toMatchObject({
        error: "invalid_grant",
      });
      const right = await code(sandbox, challenge);
      const answer = await token(sandbox, { grant_type, code: right, redirect_uri, code_verifier });
      expect(answer.status).toBe(200);
    }
  });

  test("client_credentials and others are not supported", async () => {
    expect((await token(sandbox, { grant_type: "password" })).error).toBe("unsupported_grant_type");
    expect((await token(sandbox, {})).error).toBe("invalid_request");
  });
});

describe("refresh", () => {
  test("rotates: the old pair dies at once, both halves, without leeway", async () => {
    const first = await connect(sandbox);
    const second = await refresh(sandbox, first.refresh_token);
    expect(second.status).toBe(200);
    expect(await whoami(sandbox, `Bearer ${first.access_token}`)).toBe("anonymous");
    expect(await whoami(sandbox, `Bearer ${second.access_token}`)).toBe("alana");
    expect(await refresh(sandbox, first.refresh_token)).toMatchObject({
      status: 400,
      error: "invalid_grant",
    });
    expect((await refresh(sandbox, second.refresh_token)).status).toBe(200);
  });

  test("of two at once one wins", async () => {
    const { refresh_token } = await connect(sandbox);
    const both = await Promise.all([refresh(sandbox, refresh_token), refresh(sandbox, refresh_token)]);
    expect(both.map((answer) => answer.status).sort()).toEqual([200, 400]);
  });

  test("90 days, sliding", async () => {
    let pair = await connect(sandbox);
    sandbox.control.advance(89 * 86_400);
    pair = await refresh(sandbox, pair.refresh_token);
    sandbox.control.advance(89 * 86_400);
    pair = await refresh(sandbox, pair.refresh_token);
    expect(pair.status).toBe(200);
    sandbox.control.advance(91 * 86_400);
    expect((await refresh(sandbox, pair.refresh_token)).error).toBe("invalid_grant");
  });

  test("redirect_uri on refresh: lenient by default, but never another one; strict by switch", async () => {
    const pair = await connect(sandbox);
    expect((await refresh(sandbox, pair.refresh_token, { redirect_uri: "x" })).error).toBe("invalid_grant");
    await withSwitch({ refresh_redirect_uri: "strict" }, async (own) => {
      const first = await connect(own);
      expect((await refresh(own, first.refresh_token)).error).toBe("invalid_grant");
      expect((await refresh(own, first.refresh_token, { redirect_uri })).status).toBe(200);
    });
  });
});

describe("bearer", () => {
  test("case-sensitive, silent when expired or unknown, never a Basic password", async () => {
    const { access_token } = await connect(sandbox);
    expect(await whoami(sandbox, `Bearer ${access_token}`)).toBe("alana");
    expect(await whoami(sandbox, `bearer ${access_token}`)).toBe("anonymous");
    expect(await whoami(sandbox, "Bearer nonsense")).toBe("anonymous");
    const asPassword = Buffer.from(`alana:${access_token}`).toString("base64");
    expect(await whoami(sandbox, `Basic ${asPassword}`)).toBe("anonymous");
    sandbox.control.advance(3600);
    expect(await whoami(sandbox, `Bearer ${access_token}`)).toBe("anonymous");
    expect(sandbox.control.requests().at(-1)?.reason).toBeTruthy();
  });

  test("READ does not write", async () => {
    const { access_token } = await connect(sandbox, { scope: "READ" });
    const response = await fetch(`${sandbox.dataCenterUrl}/rest/api/2/issue`, {
      method: "POST",
      headers: { authorization: `Bearer ${access_token}`, "content-type": "application/json" },
      body: "{}",
    });
    expect(response.status).toBe(403);
  });
});

test("auto-approve answers by itself", async () => {
  const own = await startSandbox({ autoApprove: "william" });
  try {
    const back = await new Browser().get(authorizeUrl(own));
    const pair = await token(own, { grant_type, code: back.answer.get("code") ?? "", redirect_uri });
    expect(await whoami(own, `Bearer ${pair.access_token}`)).toBe("william");
  } finally {
    await own.stop();
  }
});
