/** The npm package `simple-oauth2`, configured as for any provider, against both OAuth 2.0 dialects. */
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { approve, CALLBACK, cloudIdOf, type Ground, openGround } from "./jira.ts";

type Token = {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_at: Date;
  readonly scope: string;
};
type AccessToken = { readonly token: Token; expired(): boolean; refresh(): Promise<AccessToken> };
type AuthorizationCodeClient = {
  authorizeURL(parameters: Record<string, string>): string;
  getToken(parameters: Record<string, string>): Promise<AccessToken>;
};
const { AuthorizationCode } = createRequire(import.meta.url)("simple-oauth2") as {
  AuthorizationCode: new (config: object) => AuthorizationCodeClient;
};

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.stop());

function get(url: string, { token }: AccessToken): Promise<Response> {
  return fetch(url, { headers: { authorization: `Bearer ${token.access_token}` } });
}

describe("simple-oauth2", () => {
  test.each(["form", "json"])(
    "Cloud with a %s body: dances, finds its site, refreshes",
    async (bodyFormat) => {
      const client = new AuthorizationCode({
        client: { id: "sandbox-cloud-app", secret: "sandbox-cloud-secret" },
        auth: {
          tokenHost: ground.cloudUrl,
          tokenPath: "/oauth/token",
          authorizeHost: ground.cloudUrl,
          authorizePath: "/authorize",
        },
        options: { authorizationMethod: "body", bodyFormat },
      });
      const authorize = client.authorizeURL({
        redirect_uri: CALLBACK,
        scope: "read:jira-work read:jira-user offline_access",
        state: "a state",
        audience: "api.atlassian.com",
        prompt: "consent",
      });
      const back = await approve(authorize, cloudIdOf(ground));
      expect(back.get("state")).toBe("a state");
      const access = await client.getToken({ code: back.get("code") ?? "", redirect_uri: CALLBACK });
      expect(access.expired()).toBe(false);
      const resources = await get(`${ground.cloudUrl}/oauth/token/accessible-resources`, access);
      const [site] = (await resources.json()) as { id: string }[];
      expect(site?.id).toBe(cloudIdOf(ground));
      const next = await access.refresh();
      expect(next.token.refresh_token).not.toBe(access.token.refresh_token);
      const issue = await get(`${ground.cloudUrl}/ex/jira/${site?.id}/rest/api/3/issue/JJ-2`, next);
      expect(await issue.json()).toMatchObject({ key: "JJ-2" });
    },
  );

  test("Data Center: dances, reads JJ-2, refreshes; the old access token is dead at once", async () => {
    const client = new AuthorizationCode({
      client: { id: "sandbox-dc-app", secret: "sandbox-dc-secret" },
      auth: {
        tokenHost: ground.dataCenterUrl,
        tokenPath: "/jira/rest/oauth2/latest/token",
        authorizeHost: ground.dataCenterUrl,
        authorizePath: "/jira/rest/oauth2/latest/authorize",
      },
      options: { authorizationMethod: "body" },
    });
    const back = await approve(client.authorizeURL({ redirect_uri: CALLBACK, scope: "READ", state: "s-1" }));
    const access = await client.getToken({ code: back.get("code") ?? "", redirect_uri: CALLBACK });
    const url = `${ground.dataCenterUrl}/rest/api/2/issue/JJ-2`;
    expect(await (await get(url, access)).json()).toMatchObject({ key: "JJ-2" });
    const next = await access.refresh();
    expect((await get(url, next)).status).toBe(200);
    expect((await get(url, access)).status).toBe(401);
  });

  test("a code is worth nothing twice", async () => {
    const client = new AuthorizationCode({
      client: { id: "sandbox-cloud-app", secret: "sandbox-cloud-secret" },
      auth: { tokenHost: ground.cloudUrl, authorizePath: "/authorize" },
      options: { authorizationMethod: "body" },
    });
    const authorize = client.authorizeURL({
      redirect_uri: CALLBACK,
      scope: "read:jira-work",
      state: "s-2",
      audience: "api.atlassian.com",
      prompt: "consent",
    });
    const code = (await approve(authorize, cloudIdOf(ground))).get("code") ?? "";
    await client.getToken({ code, redirect_uri: CALLBACK });
    await expect(client.getToken({ code, redirect_uri: CALLBACK })).rejects.toMatchObject({
      output: { statusCode: expect.toSatisfy((status: number) => status >= 400 && status < 500) },
    });
  });
});
