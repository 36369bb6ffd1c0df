/**
 * oauth4webapi and openid-client as witnesses: given the same inputs, two independent and certified clients send the
 * same parameters and read the same answers. Where Jira deviates from the RFC, each deviation has its own test that
 * shows the witness refusing what Latchkey has to take.
 */
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { describe, expect, test } from "vitest";
import { bodyText, type HttpRequest, type HttpResponse } from "../../src/http.ts";
import { endpointsFor, FLAVORS } from "../../src/protocol/flavors.ts";
import { buildAuthorizeUrl, validateCallback } from "../../src/protocol/oauth2/authorize.ts";
import { codeChallenge, isCodeVerifier } from "../../src/protocol/oauth2/pkce.ts";
import { buildCodeExchange, buildRefresh, processTokenResponse } from "../../src/protocol/oauth2/token.ts";
import { Secret } from "../../src/secret.ts";

const dialect = FLAVORS["datacenter-oauth2"];
const endpoints = endpointsFor("datacenter-oauth2", { site_base_url: "https://jira.example.com/jira" });
const client = {
  client_id: "client-1",
  client_secret: new Secret("secret-1"),
  redirect_uri: "https://app.example.com/callback/r1",
};
const as: oauth.AuthorizationServer = { issuer: "https://jira.example.com/jira", ...endpoints };
const witnessClient: oauth.Client = { client_id: "client-1" };
const code_verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/** What a witness would put on the wire, caught at its own custom-fetch hook. */
type Sent = { url: string; method: string; headers: Headers; body: URLSearchParams };

function catching(answer: () => Response): { sent: Sent[]; fetch: oauth.TokenEndpointRequestOptions } {
  const sent: Sent[] = [];
  const custom = async (url: string, options: oauth.CustomFetchOptions<"POST", URLSearchParams>) => {
    sent.push({ url, method: options.method, headers: new Headers(options.headers), body: options.body });
    return answer();
  };
  return { sent, fetch: { [oauth.customFetch]: custom } };
}

function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
}

async function plain(response: Response): Promise<HttpResponse> {
  const body = new Uint8Array(await response.clone().arrayBuffer());
  return { status: response.status, headers: Object.fromEntries(response.headers), body };
}

function formOf(request: HttpRequest): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(bodyText(request)));
}

const tokens = {
  access_token: "a1",
  refresh_token: "r1",
  expires_in: 3600,
  token_type: "bearer",
  scope: "WRITE",
};

describe("PKCE", () => {
  test("both witnesses compute the same challenge for verifiers of their own making", async () => {
    for (let n = 0; n < 20; n++) {
      const verifier = n % 2 ? oauth.generateRandomCodeVerifier() : openid.randomPKCECodeVerifier();
      expect(isCodeVerifier(verifier)).toBe(true);
      expect(codeChallenge(verifier)).toBe(await oauth.calculatePKCECodeChallenge(verifier));
      expect(codeChallenge(verifier)).toBe(await openid.calculatePKCECodeChallenge(verifier));
    }
  });
});

describe("the authorize URL", () => {
  test("openid-client builds the same parameters at the same address", () => {
    const config = new openid.Configuration(as as openid.ServerMetadata, "client-1", "secret-1");
    const parameters = {
      redirect_uri: client.redirect_uri,
      scope: "READ WRITE",
      state: "a state &=+",
      code_challenge: codeChallenge(code_verifier),
      code_challenge_method: "S256",
    };
    const theirs = openid.buildAuthorizationUrl(config, parameters);
    const options = {
      scope: ["READ", "WRITE"],
      state: parameters.state,
      code_challenge: parameters.code_challenge,
    };
    const ours = new URL(buildAuthorizeUrl(dialect, endpoints, client, options));
    expect(ours.origin + ours.pathname).toBe(theirs.origin + theirs.pathname);
    expect([...ours.searchParams].sort()).toEqual([...theirs.searchParams].sort());
  });
});

describe("the callback", () => {
  const agree: [string, boolean][] = [
    ["code=c1&state=s1", true],
    ["state=s1&code=c1&extra=1", true],
    ["code=c1&state=other", false],
    ["code=c1", false],
    ["code=c1&state=s1&state=s1", false],
    ["error=access_denied&state=s1", false],
    ["error=access_denied&state=other", false],
    ["code=c1&state=s1&error=access_denied", false],
  ];
  test.each(agree)("%s: taken by both or by neither", (text, taken) => {
    const params = new URLSearchParams(text);
    const ours = () => validateCallback(params, { state: "s1" });
    const theirs = () => oauth.validateAuthResponse(as, witnessClient, params, "s1");
    if (taken) {
      expect(ours().code.reveal()).toBe(theirs().get("code"));
    } else {
      expect(ours).toThrow();
      expect(theirs).toThrow();
    }
  });

  test.each(["state=s1", "code=c1&code=c2&state=s1", "code=c1&state=s1&extra=1&extra=2"])(
    "stricter than the witness: %s is refused here, before the exchange",
    (text) => {
      const params = new URLSearchParams(text);
      expect(() => oauth.validateAuthResponse(as, witnessClient, params, "s1")).not.toThrow();
      expect(() => validateCallback(params, { state: "s1" })).toThrow(
        expect.objectContaining({ code: "callback_malformed" }),
      );
    },
  );
});

describe("token requests", () => {
  test("oauth4webapi sends the same exchange", async () => {
    const { sent, fetch } = catching(() => json(tokens));
    const params = oauth.validateAuthResponse(
      as,
      witnessClient,
      new URLSearchParams("code=c+1&state=s1"),
      "s1",
    );
    const authentication = oauth.ClientSecretPost("secret-1");
    await oauth.authorizationCodeGrantRequest(
      as,
      witnessClient,
      authentication,
      params,
      client.redirect_uri,
      code_verifier,
      fetch,
    );
    const validated = validateCallback(new URLSearchParams("code=c+1&state=s1"), { state: "s1" });
    const ours = buildCodeExchange(dialect, endpoints, client, validated, { code_verifier });
    expect(formOf(ours)).toEqual(Object.fromEntries(sent[0]!.body));
    expect([ours.url, ours.method]).toEqual([sent[0]!.url, sent[0]!.method]);
    expect(ours.headers.accept).toBe(sent[0]!.headers.get("accept"));
    expect(sent[0]!.headers.get("content-type")).toContain(ours.headers["content-type"]);
  });

  test("deviation: Jira Data Center wants redirect_uri on refresh, which RFC 6749 does not know; all else agrees", async () => {
    const { sent, fetch } = catching(() => json(tokens));
    await oauth.refreshTokenGrantRequest(as, witnessClient, oauth.ClientSecretPost("secret-1"), "r1", fetch);
    const { redirect_uri, ...rest } = formOf(buildRefresh(dialect, endpoints, client, new Secret("r1")));
    expect(redirect_uri).toBe(client.redirect_uri);
    expect(rest).toEqual(Object.fromEntries(sent[0]!.body));
  });
});

describe("token answers", () => {
  test.each([
    tokens,
    { ...tokens, expires_in: 7200 },
    { access_token: "a1", token_type: "Bearer", expires_in: 60 },
  ])("%j is read alike", async (body) => {
    const response = json(body);
    const ours = processTokenResponse(await plain(response), 0);
    const theirs = await oauth.processRefreshTokenResponse(as, witnessClient, response);
    expect(ours.access_token.reveal()).toBe(theirs.access_token);
    expect(ours.refresh_token?.reveal()).toBe(theirs.refresh_token);
    expect(ours.expires_at).toBe(theirs.expires_in! * 1000);
    expect(ours.scope?.join(" ")).toBe(theirs.scope);
    expect(ours.token_type.toLowerCase()).toBe(theirs.token_type);
  });

  test.each<[string, () => Response]>([
    ["no access token", () => json({ token_type: "Bearer" })],
    ["a token type that is not Bearer", () => json({ ...tokens, token_type: "mac" })],
    ["an empty access token", () => json({ ...tokens, access_token: "" })],
    ["an RFC 6749 error", () => json({ error: "invalid_grant" }, 400)],
    ["a page", () => new Response("<html>", { headers: { "content-type": "text/html" } })],
    ["a list", () => json([])],
  ])("refused by both: %s", async (_, make) => {
    const response = make();
    const ours = await plain(response);
    expect(() => processTokenResponse(ours, 0)).toThrow();
    await expect(oauth.processRefreshTokenResponse(as, witnessClient, response)).rejects.toThrow();
  });

  test.each<[string, Record<string, unknown>]>([
    [
      "a missing token_type (Jira leaves it out at times; RFC 6749 section 5.1 requires it)",
      { ...tokens, token_type: undefined },
    ],
    ["scopes as a list", { ...tokens, scope: ["WRITE"] }],
    ["an expires_in that is no number", { ...tokens, expires_in: "soon" }],
  ])("deviation, taken here because a received pair must not be lost: %s", async (_, body) => {
    const response = json(body);
    expect(processTokenResponse(await plain(response), 0).access_token.reveal()).toBe("a1");
    await expect(oauth.processRefreshTokenResponse(as, witnessClient, response)).rejects.toThrow();
  });

  test("deviation: Jira Cloud names its errors with 403, where RFC 6749 section 5.2 has 400", async () => {
    const response = json(
      { error: "unauthorized_client", error_description: "refresh_token is invalid" },
      403,
    );
    const ours = await plain(response);
    expect(() => processTokenResponse(ours, 0)).toThrow(
      expect.objectContaining({ code: "unauthorized_client" }),
    );
    await expect(oauth.processRefreshTokenResponse(as, witnessClient, response)).rejects.toMatchObject({
      error: "unauthorized_client",
    });
  });
});
