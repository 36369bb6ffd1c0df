import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { approve, authorizeUrl, cloudBrowser, connect, redirect_uri, token } from "./auth-cloud-client.ts";

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

const grant_type = "authorization_code";
const code = async (over: Record<string, string | undefined> = {}, where = sandbox) =>
  (await approve(where, over)).answer.get("code") ?? "";

async function withSwitch(switches: Record<string, string>, run: (own: RunningSandbox) => Promise<void>) {
  const own = await startSandbox({ switches });
  try {
    await run(own);
  } finally {
    await own.stop();
  }
}

describe("the code exchange", () => {
  test.each(["json", "form"] as const)("is taken as %s and answers what Atlassian answers", async (as) => {
    const answer = await token(sandbox, { grant_type, code: await code(), redirect_uri }, as);
    expect(answer).toMatchObject({
      status: 200,
      expires_in: 3600,
      token_type: "Bearer",
      scope: "read:jira-work read:jira-user offline_access",
    });
    expect(answer.access_token.length).toBeGreaterThan(400);
    expect(answer.refresh_token).not.toBe(answer.access_token);
  });

  test("without offline_access there is no refresh token and no complaint", async () => {
    const answer = await connect(sandbox, { scope: "read:jira-work" });
    expect(answer.status).toBe(200);
    expect("refresh_token" in answer).toBe(false);
  });

  test("a code is good once, and unknown codes get the same words", async () => {
    const once = await code();
    expect((await token(sandbox, { grant_type, code: once, redirect_uri })).status).toBe(200);
    for (const dead of [once, "eyJ.none.x", undefined]) {
      expect(await token(sandbox, { grant_type, code: dead, redirect_uri })).toEqual({
        status: 400,
        error: "invalid_request",
        error_description: "authorization_code is invalid",
      });
    }
  });

  test("a code lives 300 s", async () => {
    const young = await code();
    sandbox.control.advance(299);
    expect((await token(sandbox, { grant_type, code: young, redirect_uri })).status).toBe(200);
    const old = await code();
    sandbox.control.advance(301);
    expect(await token(sandbox, { grant_type, code: old, redirect_uri })).toMatchObject({
      status: 400,
      error_description: "authorization_code is invalid",
    });
  });

  test("a wrong secret, or no client, is access_denied and spends no code", async () => {
    const kept = await code();
    for (const wrong of [{ client_secret: "x" }, { client_secret: undefined }, { client_id: "x" }]) {
      expect(await token(sandbox, { grant_type, code: kept, redirect_uri, ...wrong })).toEqual({
        status: 401,
        error: "access_denied",
        error_description: "Unauthorized",
      });
    }
    expect((await token(sandbox, { grant_type, code: kept, redirect_uri })).status).toBe(200);
  });

  test("redirect_uri is needed and must be the one asked with", async () => {
    const kept = await code();
    for (const other of [undefined, "http://localhost:8080/callback"]) {
      const answer = await token(sandbox, { grant_type, code: kept, redirect_uri: other });
      expect(answer).toMatchObject({ status: 400, error: "invalid_request" });
    }
  });

  test("other grant types, none, and bodies that are neither JSON nor form", async () => {
    expect(await token(sandbox, { grant_type: "password" })).toMatchObject({
      status: 403,
      error: "unsupported_grant_type",
    });
    expect(await token(sandbox, {})).toMatchObject({ status: 400, error: "invalid_request" });
    const text = await fetch(`${sandbox.cloudUrl}/oauth/token`, { method: "POST", body: "hello" });
    expect(text.status).toBe(401);
    expect((await fetch(`${sandbox.cloudUrl}/token`, { method: "POST" })).status).toBe(404);
  });
});

describe("PKCE", () => {
  const code_verifier = "a-verifier-of-forty-three-characters-or-more-0123456789";
  const challenge = {
    code_challenge: createHash("sha256").update(code_verifier).digest("base64url"),
    code_challenge_method: "S256",
  };

  test("a challenge that was sent is verified", async () => {
    for (const wrong of [undefined, `${code_verifier}x`, challenge.code_challenge]) {
      const answer = await token(sandbox, {
        grant_type,
        code: await code(challenge),
        redirect_uri,
        code_verifier: wrong,
      });
      expect(answer).toMatchObject({ status: 400, error: "invalid_grant" });
    }
    const right = await token(sandbox, {
      grant_type,
      code: await code(challenge),
      redirect_uri,
      code_verifier,
    });
    expect(right.status).toBe(200);
  });

  test("by switch it is ignored, or demanded", async () => {
    await withSwitch({ pkce: "ignore" }, async (own) => {
      const answer = await token(own, { grant_type, code: await code(challenge, own), redirect_uri });
      expect(answer.status).toBe(200);
    });
    await withSwitch({ pkce: "require" }, async (own) => {
      const browser = await cloudBrowser(own);
      const refused = await browser.get(authorizeUrl(own));
      expect(refused.status).toBe(302);
      expect(refused.answer.get("error")).toBe("invalid_request");
      expect(refused.answer.get("state")).toBe("st/a te");
    });
  });
});

test("older and other answers, by switch", async () => {
  await withSwitch({ code_error: "invalid_grant", bad_secret: "invalid_client" }, async (own) => {
    expect(await token(own, { grant_type, code: "x", redirect_uri })).toMatchObject({
      status: 403,
      error: "invalid_grant",
      error_description: "Invalid authorization code",
    });
    expect(await token(own, { client_secret: "x" })).toMatchObject({ status: 401, error: "invalid_client" });
  });
});

test("there is no revocation endpoint, unless it is switched on", async () => {
  const revoke = (where: RunningSandbox, body: Record<string, string>) =>
    fetch(`${where.cloudUrl}/oauth/revoke`, { method: "POST", body: new URLSearchParams(body) });
  expect((await revoke(sandbox, { token: "x" })).status).toBe(404);
  await withSwitch({ revoke_endpoint: "200" }, async (own) => {
    const pair = await connect(own);
    expect((await revoke(own, { token: pair.refresh_token })).status).toBe(200);
    const dead = await token(own, { grant_type: "refresh_token", refresh_token: pair.refresh_token });
    expect(dead.status).toBe(403);
  });
});
