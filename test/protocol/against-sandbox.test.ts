/** The three dances over HTTP against the sandbox, whose signature and PKCE checks share no code with ours. */
import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { HttpRequest, HttpResponse } from "../../src/http.ts";
import { buildProbe, conclude, parseSite, processProbe } from "../../src/protocol/discovery.ts";
import { endpointsFor, FLAVORS } from "../../src/protocol/flavors.ts";
import { type At, authorizeOAuth1, baseStringOf } from "../../src/protocol/oauth1/authorize.ts";
import * as dance from "../../src/protocol/oauth1/dance.ts";
import { parsePrivateKey } from "../../src/protocol/oauth1/key.ts";
import { buildAuthorizeUrl, validateCallback } from "../../src/protocol/oauth2/authorize.ts";
import { codeChallenge } from "../../src/protocol/oauth2/pkce.ts";
import { buildCodeExchange, buildRefresh, processTokenResponse } from "../../src/protocol/oauth2/token.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { Secret } from "../../src/secret.ts";

const pem = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({
  format: "pem",
  type: "pkcs8",
});
const key = parsePrivateKey(pem.toString());
const stranger = parsePrivateKey(
  generateKeyPairSync("rsa", { modulusLength: 2048 })
    .privateKey.export({ format: "pem", type: "pkcs1" })
    .toString(),
);
const client = { consumer_key: "OauthKey", key };
const code_verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
let sandbox: RunningSandbox;
let nonce = 0;

beforeAll(async () => {
  sandbox = await startSandbox({
    port: 0,
    autoApprove: "alana@acme",
    consumers: [{ key: "OauthKey", public_key: key.public_pem }],
  });
});
afterAll(() => sandbox?.stop());

async function send(request: HttpRequest): Promise<HttpResponse> {
  const { method, headers, body } = request;
  const response = await fetch(request.url, {
    method,
    headers,
    redirect: "manual",
    ...(body !== undefined && { body: body as string }),
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { status: response.status, headers: Object.fromEntries(response.headers), body: bytes };
}

async function get(url: string): Promise<HttpResponse> {
  return await send({ method: "GET", url, headers: {} });
}

function at(): At {
  nonce += 1;
  return { timestamp: Math.floor(Date.now() / 1000), nonce: `nonce-${nonce}-${Math.random()}` };
}

function json(response: HttpResponse): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(response.body)) as Record<string, unknown>;
}

describe("datacenter-oauth1", () => {
  test("request token, approval, access token, calls of every shape, renewal", async () => {
    const endpoints = dance.endpointsOf(sandbox.dataCenterUrl);
    const oauth_callback = "http://localhost:9/cb?x=1&y=a%20b";
    const first = await send(await dance.buildRequestToken(endpoints, client, { ...at(), oauth_callback }));
    const requestToken = dance.processRequestToken(first);
    const approved = await get(dance.authorizeUrl(endpoints, requestToken.oauth_token));
    const callback = new URL(approved.headers.location!).searchParams;
    const validated = dance.validateCallback(callback, requestToken);
    const third = await send(await dance.buildAccessToken(endpoints, client, requestToken, validated, at()));
    const tokens = dance.processAccessToken(third, Date.now());
    const { oauth_token } = tokens;
    const jql = `${sandbox.dataCenterUrl}/rest/api/2/search?jql=project+%3D+JJ+AND+summary+~+%22a%2Bb+%C3%A9*%22&fields=*all,-comment`;
    for (const url of [`${sandbox.dataCenterUrl}/rest/api/2/myself`, jql]) {
      const signed = await authorizeOAuth1({ method: "GET", url, headers: {} }, client, {
        ...at(),
        oauth_token,
      });
      const answer = await send(signed);
      expect(answer.status, new TextDecoder().decode(answer.body)).toBe(200);
    }
    const renewed = dance.processAccessToken(
      await send(await dance.buildRenewal(endpoints, client, tokens, at())),
      Date.now(),
    );
    expect(renewed.oauth_token.reveal()).not.toBe(oauth_token.reveal());
  });

  test("another key is refused, and the two base strings show that only the key differs", async () => {
    const endpoints = dance.endpointsOf(sandbox.dataCenterUrl);
    const request = await dance.buildRequestToken(
      endpoints,
      { ...client, key: stranger },
      { ...at(), oauth_callback: "oob" },
    );
    const answer = await send(request);
    expect(() => dance.processRequestToken(answer, { base_string: baseStringOf(request) })).toThrow(
      expect.objectContaining({
        code: "signature_invalid",
        message: expect.stringContaining("another public key"),
      }),
    );
  });

  test("a clock off by ten minutes is measured", async () => {
    const endpoints = dance.endpointsOf(sandbox.dataCenterUrl);
    const moment = at();
    const late = { ...moment, timestamp: moment.timestamp - 600 };
    const answer = await send(
      await dance.buildRequestToken(endpoints, client, { ...late, oauth_callback: "oob" }),
    );
    expect(() => dance.processRequestToken(answer, { timestamp: late.timestamp })).toThrow(
      /(59|60)\d seconds ahead/,
    );
  });
});

describe.each(["cloud", "datacenter-oauth2"] as const)("%s", (flavor) => {
  test("authorize, exchange, refresh", async () => {
    const cloud = flavor === "cloud";
    const dialect = FLAVORS[flavor];
    const endpoints = endpointsFor(flavor, {
      site_base_url: sandbox.dataCenterUrl,
      auth_url: sandbox.cloudUrl,
      api_url: sandbox.cloudUrl,
    });
    const app = {
      client_id: cloud ? "sandbox-cloud-app" : "sandbox-dc-app",
      client_secret: new Secret(cloud ? "sandbox-cloud-secret" : "sandbox-dc-secret"),
      redirect_uri: "http://localhost:8085/callback",
    };
    const options = {
      scope: dialect.default_scopes,
      state: "st",
      code_challenge: codeChallenge(code_verifier),
    };
    const redirect = await get(buildAuthorizeUrl(dialect, endpoints, app, options));
    const callback = new URL(redirect.headers.location!).searchParams;
    const validated = validateCallback(callback, { state: "st" });
    const exchanged = await send(buildCodeExchange(dialect, endpoints, app, validated, { code_verifier }));
    const tokens = processTokenResponse(exchanged, Date.now());
    const refreshed = await send(buildRefresh(dialect, endpoints, app, tokens.refresh_token!));
    const next = processTokenResponse(refreshed, Date.now());
    expect(next.refresh_token!.reveal()).not.toBe(tokens.refresh_token!.reveal());
    const whoami = cloud
      ? endpoints.accessible_resources_endpoint!
      : `${sandbox.dataCenterUrl}/rest/api/2/myself`;
    const authorization = `Bearer ${next.access_token.reveal()}`;
    const answer = await send({ method: "GET", url: whoami, headers: { authorization } });
    expect(answer.status).toBe(200);
    if (!cloud) expect(json(answer).name).toBe("alana");
  });
});

describe("discovery", () => {
  test.each<[typed: string, base: string, flavors: string[]]>([
    ["acme", "{cloud}/sites/acme", ["cloud"]],
    ["{cloud}/sites/globex/browse/JJ-2", "{cloud}/sites/globex", ["cloud"]],
    ["{dc}/browse/JJ-2", "{dc}", ["datacenter-oauth2", "datacenter-oauth1"]],
    ["{dcroot}", "{dc}", ["datacenter-oauth2", "datacenter-oauth1"]],
  ])("%s is found", async (typed, base, flavors) => {
    const fill = (text: string) =>
      text
        .replace("{cloud}", sandbox.cloudUrl)
        .replace("{dcroot}", new URL(sandbox.dataCenterUrl).host)
        .replace("{dc}", sandbox.dataCenterUrl);
    const parsed = parseSite(fill(typed), { cloud_sites: [{ pattern: `${sandbox.cloudUrl}/sites/{name}` }] });
    const here = parsed.candidates.filter((candidate) => candidate.startsWith("http://localhost"));
    const findings = await Promise.all(
      here.map(async (one) => processProbe(one, await send(buildProbe(one)))),
    );
    const found = conclude(parsed, findings);
    expect(found.site.base_url).toBe(fill(base));
    expect(found.flavors).toEqual(flavors);
  });
});
