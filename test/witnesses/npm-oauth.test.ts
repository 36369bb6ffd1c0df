/**
 * The npm package `oauth`, used as the classic Node tutorials for Jira use it: an OAuth object with RSA-SHA1, a
 * request token, the person's approval, an access token, then calls in that person's name.
 */
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { approve, CALLBACK, CONSUMER_KEY, decide, type Ground, openGround } from "./jira.ts";

type Failure = { readonly statusCode: number; readonly data?: string } | null;
type TokenAnswer = (error: Failure, token: string, secret: string, results: Record<string, string>) => void;
type BodyAnswer = (error: Failure, body: string) => void;
type OAuthClient = {
  getOAuthRequestToken(answer: TokenAnswer): void;
  getOAuthAccessToken(token: string, secret: string, verifier: string, answer: TokenAnswer): void;
  get(url: string, token: string, secret: string, answer: BodyAnswer): void;
  post(url: string, token: string, secret: string, body: string, type: string, answer: BodyAnswer): void;
};
const { OAuth } = createRequire(import.meta.url)("oauth") as {
  OAuth: new (...settings: (string | null)[]) => OAuthClient;
};

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.stop());

function consumer(callback = CALLBACK, private_pem = ground.private_pem): OAuthClient {
  const servlets = `${ground.dataCenterUrl}/plugins/servlet/oauth`;
  return new OAuth(
    `${servlets}/request-token`,
    `${servlets}/access-token`,
    CONSUMER_KEY,
    private_pem,
    "1.0",
    callback,
    "RSA-SHA1",
  );
}

type Pair = { readonly token: string; readonly secret: string; readonly results: Record<string, string> };

function pair(ask: (answer: TokenAnswer) => void): Promise<Pair> {
  return new Promise((resolve, reject) => {
    ask((error, token, secret, results) => (error ? reject(error) : resolve({ token, secret, results })));
  });
}

function body(ask: (answer: BodyAnswer) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    ask((error, text) => (error ? reject(error) : resolve(JSON.parse(text))));
  });
}

async function connect(client: OAuthClient): Promise<Pair> {
  const request = await pair((answer) => client.getOAuthRequestToken(answer));
  const authorize = `${ground.dataCenterUrl}/plugins/servlet/oauth/authorize?oauth_token=${request.token}`;
  const back = await approve(authorize);
  expect(back.get("oauth_token")).toBe(request.token);
  const verifier = back.get("oauth_verifier") ?? "";
  return pair((answer) => client.getOAuthAccessToken(request.token, request.secret, verifier, answer));
}

describe("npm oauth", () => {
  test("dances, then reads the session and JJ-2 as the person who approved", async () => {
    const client = consumer();
    const access = await connect(client);
    const get = (path: string) =>
      body((answer) => client.get(`${ground.dataCenterUrl}${path}`, access.token, access.secret, answer));
    expect(await get("/rest/auth/latest/session")).toMatchObject({ name: "alana" });
    expect(await get("/rest/api/latest/issue/JJ-2")).toMatchObject({ key: "JJ-2" });
  });

  test("learns with the access token how long it holds", async () => {
    const { results } = await connect(consumer());
    expect(Number(results.oauth_expires_in)).toBe(5 * 365 * 24 * 3600);
  });

  test("signs a query and writes a comment", async () => {
    const client = consumer();
    const { token, secret } = await connect(client);
    const base = `${ground.dataCenterUrl}/rest/api/2`;
    const found = (await body((answer) =>
      client.get(`${base}/search?jql=key%20%3D%20JJ-2&fields=summary`, token, secret, answer),
    )) as { issues: { key: string }[] };
    expect(found.issues.map((issue) => issue.key)).toEqual(["JJ-2"]);
    const text = JSON.stringify({ body: "Hello from an OAuth 1.0a client." });
    const added = await body((answer) =>
      client.post(`${base}/issue/JJ-2/comment`, token, secret, text, "application/json", answer),
    );
    expect(added).toMatchObject({ body: "Hello from an OAuth 1.0a client.", author: { name: "alana" } });
  });

  test("out of band, the person types the verification code of the page", async () => {
    const client = consumer("oob");
    const request = await pair((answer) => client.getOAuthRequestToken(answer));
    const page = await decide(
      `${ground.dataCenterUrl}/plugins/servlet/oauth/authorize?oauth_token=${request.token}`,
      "approve",
    );
    const code = /Your verification code is '([A-Za-z0-9]{6})'/.exec(page.text)?.[1] ?? "";
    const access = await pair((answer) =>
      client.getOAuthAccessToken(request.token, request.secret, code, answer),
    );
    expect(access.token).toMatch(/^[A-Za-z0-9]{32}$/);
  });

  test("is told what is wrong in Jira's words: another key, a verifier that was not given", async () => {
    const other = await openGround();
    try {
      const stranger = consumer(CALLBACK, other.private_pem);
      await expect(pair((answer) => stranger.getOAuthRequestToken(answer))).rejects.toMatchObject({
        statusCode: 401,
        data: expect.stringContaining("oauth_problem=signature_invalid"),
      });
    } finally {
      await other.stop();
    }
    const client = consumer();
    const request = await pair((answer) => client.getOAuthRequestToken(answer));
    await expect(
      pair((answer) => client.getOAuthAccessToken(request.token, request.secret, "abc123", answer)),
    ).rejects.toMatchObject({
      statusCode: 401,
      data: expect.stringMatching(/oauth_problem=permission_unknown/),
    });
  });
});
