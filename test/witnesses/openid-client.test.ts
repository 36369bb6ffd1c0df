/** openid-client as a plain OAuth 2.0 client with PKCE, against Data Center's OAuth 2.0. */
import * as client from "openid-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { approve, CALLBACK, decide, type Ground, openGround } from "./jira.ts";

let ground: Ground;
let config: client.Configuration;
beforeAll(async () => {
  ground = await openGround();
  const oauth2 = `${ground.dataCenterUrl}/rest/oauth2/latest`;
  config = new client.Configuration(
    {
      issuer: ground.dataCenterUrl,
      authorization_endpoint: `${oauth2}/authorize`,
      token_endpoint: `${oauth2}/token`,
    },
    "sandbox-dc-app",
    undefined,
    client.ClientSecretPost("sandbox-dc-secret"),
  );
  // The sandbox speaks http on loopback.
  client.allowInsecureRequests(config);
});
afterAll(() => ground.stop());

type Begun = { readonly authorize_url: string; readonly verifier: string; readonly state: string };

async function begin(scope = "WRITE"): Promise<Begun> {
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const authorize_url = client.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope,
    state,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  }).href;
  return { authorize_url, verifier, state };
}

async function connect() {
  const { authorize_url, verifier, state } = await begin();
  const back = await approve(authorize_url);
  return client.authorizationCodeGrant(config, new URL(`${CALLBACK}?${back}`), {
    pkceCodeVerifier: verifier,
    expectedState: state,
  });
}

const issueUrl = () => new URL(`${ground.dataCenterUrl}/rest/api/2/issue/JJ-2`);

describe("openid-client", () => {
  test("dances with PKCE and reads JJ-2", async () => {
    const tokens = await connect();
    expect(tokens.expiresIn()).toBeGreaterThan(3000);
    const issue = await client.fetchProtectedResource(config, tokens.access_token, issueUrl(), "GET");
    expect(await issue.json()).toMatchObject({ key: "JJ-2" });
  });

  test("refreshes, and the new access token works", async () => {
    const tokens = await connect();
    const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? "");
    expect(next.refresh_token).not.toBe(tokens.refresh_token);
    const issue = await client.fetchProtectedResource(config, next.access_token, issueUrl(), "GET");
    expect(issue.status).toBe(200);
  });

  test("sees a refusal as access_denied", async () => {
    const { authorize_url, verifier, state } = await begin("READ");
    const { url, stopped } = await decide(authorize_url, "deny");
    expect(stopped).toBe(true);
    await expect(
      client.authorizationCodeGrant(config, new URL(url), {
        pkceCodeVerifier: verifier,
        expectedState: state,
      }),
    ).rejects.toMatchObject({ error: "access_denied" });
  });

  test("another verifier than the one of the challenge is refused", async () => {
    const { authorize_url, state } = await begin();
    const back = await approve(authorize_url);
    await expect(
      client.authorizationCodeGrant(config, new URL(`${CALLBACK}?${back}`), {
        pkceCodeVerifier: client.randomPKCECodeVerifier(),
        expectedState: state,
      }),
    ).rejects.toMatchObject({ error: "invalid_grant" });
  });
});
