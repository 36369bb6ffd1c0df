import { afterAll, beforeAll, expect } from "vitest";
import { createJira, type Jira, type JiraParts, listSites } from "../../src/jira/index.ts";
import type { Credential } from "../../src/protocol/credential.ts";
import { endpointsFor, FLAVORS, type Flavor } from "../../src/protocol/flavors.ts";
import * as oauth1 from "../../src/protocol/oauth1/index.ts";
import * as oauth2 from "../../src/protocol/oauth2/index.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { Secret } from "../../src/secret.ts";
import { createTransport, type Transport } from "../../src/transport.ts";
import { keptLog } from "../transport/servers.ts";
import { signingKey } from "./fake.ts";

export let sandbox: RunningSandbox;
let transport: Transport;
const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
const at = () => ({
  timestamp: Math.floor(Date.now() / 1000),
  nonce: Buffer.from(random(16)).toString("hex"),
});

/** A sandbox for the tests of one file, and one transport to it. */
export function sandboxOfThisFile(): void {
  beforeAll(async () => {
    sandbox = await startSandbox({
      autoApprove: "alana",
      consumers: [{ key: "OauthKey", public_key: signingKey().public_pem }],
    });
    const allowances = [sandbox.cloudUrl, sandbox.dataCenterUrl].map((url) => ({
      origin: new URL(url).origin,
      base_path: "/",
    }));
    transport = createTransport({ allowances: () => allowances, log: keptLog().log });
  });
  afterAll(async () => {
    await transport.close();
    await sandbox.stop();
  });
}

async function visit(url: string): Promise<URLSearchParams> {
  const { status, headers } = await transport.send({ method: "GET", url, headers: {} });
  expect([status, headers.location]).toEqual([
    expect.toSatisfy((one) => one >= 302 && one <= 303),
    expect.any(String),
  ]);
  return new URL(headers.location!).searchParams;
}

export async function bearerFor(
  flavor: "cloud" | "datacenter-oauth2",
  scope: readonly string[],
): Promise<Credential> {
  const { cloudUrl, dataCenterUrl } = sandbox;
  const endpoints = endpointsFor(flavor, {
    site_base_url: dataCenterUrl,
    auth_url: cloudUrl,
    api_url: cloudUrl,
  });
  const name = flavor === "cloud" ? "cloud" : "dc";
  const client = {
    client_id: `sandbox-${name}-app`,
    client_secret: new Secret(`sandbox-${name}-secret`),
    redirect_uri: "http://localhost:8085/callback",
  };
  const code_verifier = oauth2.verifierFrom(random(32));
  const state = Buffer.from(random(16)).toString("hex");
  const code_challenge = oauth2.codeChallenge(code_verifier);
  const dialect = FLAVORS[flavor];
  const answer = await visit(
    oauth2.buildAuthorizeUrl(dialect, endpoints, client, { scope, state, code_challenge }),
  );
  const validated = oauth2.validateCallback(answer, { state });
  const exchange = oauth2.buildCodeExchange(dialect, endpoints, client, validated, { code_verifier });
  const tokens = oauth2.processTokenResponse(await transport.send(exchange), Date.now());
  return { kind: "bearer", token: tokens.access_token, token_id: "t1" };
}

async function oauth1Credential(): Promise<Credential> {
  const endpoints = endpointsFor("datacenter-oauth1", { site_base_url: sandbox.dataCenterUrl });
  const client = { consumer_key: "OauthKey", key: signingKey() };
  const asked = await oauth1.buildRequestToken(endpoints, client, {
    ...at(),
    oauth_callback: "http://localhost:8085/callback",
  });
  const token = oauth1.processRequestToken(await transport.send(asked));
  const answer = await visit(oauth1.authorizeUrl(endpoints, token.oauth_token));
  const validated = oauth1.validateCallback(answer, { oauth_token: token.oauth_token });
  const exchange = await oauth1.buildAccessToken(endpoints, client, token, validated, at());
  const tokens = oauth1.processAccessToken(await transport.send(exchange), Date.now());
  return { kind: "oauth1", ...client, oauth_token: tokens.oauth_token, token_id: "t1" };
}

export const account = (credential: Credential) => ({
  transport,
  endpoints: endpointsFor("cloud", { auth_url: sandbox.cloudUrl, api_url: sandbox.cloudUrl }),
  credential,
  now: Date.now,
  random,
});

export async function clientFor(
  flavor: Flavor,
  scope = ["read:jira-user", "read:jira-work", "write:jira-work"],
  more: Partial<JiraParts> = {},
): Promise<Jira> {
  const credential =
    flavor === "datacenter-oauth1"
      ? await oauth1Credential()
      : await bearerFor(flavor, flavor === "cloud" ? scope : ["WRITE"]);
  const [site] = flavor === "cloud" ? await listSites(account(credential)) : [];
  const base = sandbox.dataCenterUrl;
  return createJira({
    flavor,
    api_base_url: site?.api_base_url ?? base,
    site_url: site?.url ?? base,
    credentials: { current: async () => credential, rejected: async () => credential },
    transport,
    now: Date.now,
    random,
    ...more,
  });
}
