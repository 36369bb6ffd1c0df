import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createJira, type Jira, listSites, me, plainText } from "../../src/jira/index.ts";
import type { Credential } from "../../src/protocol/credential.ts";
import { endpointsFor, FLAVORS, type Flavor } from "../../src/protocol/flavors.ts";
import * as oauth1 from "../../src/protocol/oauth1/index.ts";
import * as oauth2 from "../../src/protocol/oauth2/index.ts";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { Secret } from "../../src/secret.ts";
import { createTransport, type Transport } from "../../src/transport.ts";
import { keptLog } from "../transport/servers.ts";
import { all, failure, signingKey } from "./fake.ts";

let sandbox: RunningSandbox;
let transport: Transport;
const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes));
const at = () => ({
  timestamp: Math.floor(Date.now() / 1000),
  nonce: Buffer.from(random(16)).toString("hex"),
});

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

async function visit(url: string): Promise<URLSearchParams> {
  const { status, headers } = await transport.send({ method: "GET", url, headers: {} });
  expect([status, headers.location]).toEqual([
    expect.toSatisfy((one) => one >= 302 && one <= 303),
    expect.any(String),
  ]);
  return new URL(headers.location!).searchParams;
}

async function bearerFor(
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

const account = (credential: Credential) => ({
  transport,
  endpoints: endpointsFor("cloud", { auth_url: sandbox.cloudUrl, api_url: sandbox.cloudUrl }),
  credential,
  now: Date.now,
  random,
});

async function clientFor(
  flavor: Flavor,
  scope = ["read:jira-user", "read:jira-work", "write:jira-work"],
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
  });
}

describe.each(["cloud", "datacenter-oauth2", "datacenter-oauth1"] as const)(
  "a client of the sandbox, %s",
  (flavor) => {
    it("reads and writes as its user, in one shape", async () => {
      const jira = await clientFor(flavor);
      expect((await jira.myself()).display_name).toMatch(/Alana/);
      const issue = await jira.issue("JJ-2");
      expect(issue.key).toBe("JJ-2");
      const created = await jira.createIssue({
        project: "JJ",
        issuetype: "Task",
        summary: `by ${flavor}`,
        description: "one\n\ntwo",
      });
      await jira.addComment(created.key, { markdown: "**strong** words" });
      const comments = await all(jira.comments(created.key));
      expect(comments.map(({ body }) => plainText(body))).toEqual([
        flavor === "cloud" ? "strong words" : "*strong* words",
      ]);
      await jira.updateIssue(created.key, { summary: "changed" });
      const [move] = await jira.transitions(created.key);
      await jira.transition(created.key, String(move!.id));
      const read = await jira.issue(created.key, { fields: ["summary", "description"] });
      expect(read.fields?.summary).toBe("changed");
      expect(plainText(read.fields?.description)).toBe("one\n\ntwo");
      expect(await jira.remoteLinks(created.key)).toEqual([]);
    });

    it("finds the same issues page by page as at once", async () => {
      const jira = await clientFor(flavor);
      const jql = "project is not EMPTY ORDER BY key";
      const small = await all(jira.search(jql, { fields: ["summary"], page_size: 7, limit: 40 }));
      const large = await all(jira.search(jql, { fields: ["summary"], page_size: 100, limit: 40 }));
      expect(small.map(({ key }) => key)).toEqual(large.map(({ key }) => key));
      expect(small.length).toBeGreaterThan(7);
      expect((await all(jira.projects())).map(({ key }) => key)).toContain("JJ");
    });

    it("tells what went wrong in Jira's words", async () => {
      const jira = await clientFor(flavor);
      expect((await failure(jira.issue("JJ-999999"))).code).toBe("jira_not_found");
      const error = await failure(all(jira.search("nonsense = = 1")));
      expect(error.code).toBe("jira_bad_request");
      expect((error.details.jira as { errorMessages: string[] }).errorMessages.join()).not.toBe("");
    });
  },
);

describe("Cloud", () => {
  it("names the scope a call needs, and who approved where the grant tells", async () => {
    const jira = await clientFor("cloud", ["read:jira-user"]);
    expect((await jira.myself()).account_id).not.toBe("");
    const error = await failure(jira.issue("JJ-2"));
    expect([error.code, error.details.needed]).toEqual([
      "scope_missing",
      expect.objectContaining({ classic: ["read:jira-work"] }),
    ]);
    expect(await me(account(await bearerFor("cloud", ["read:jira-user"])))).toBeUndefined();
    expect((await me(account(await bearerFor("cloud", ["read:me"]))))?.display_name).toMatch(/Alana/);
  });

  it("reads service desks", async () => {
    const jira = await clientFor("cloud", ["read:servicedesk-request", "write:servicedesk-request"]);
    const [desk] = await all(jira.serviceDesks());
    const [type] = await all(jira.requestTypes(String(desk!.id)));
    const made = await jira.createRequest({
      service_desk_id: String(desk!.id),
      request_type_id: String(type!.id),
      fields: { summary: "a printer burns", description: "plain" },
    });
    expect((await all(jira.requests())).map(({ issueKey }) => issueKey)).toContain(made.issueKey);
  });
});

describe("faults on the way", () => {
  it("a lost read is read again; a lost write is told and stands once", async () => {
    const jira = await clientFor("datacenter-oauth1");
    sandbox.control.faults({ match: { method: "GET", path: "/rest/api/2/myself", times: 1 }, cut: true });
    expect((await jira.myself()).name).toBe("alana");
    sandbox.control.faults({
      match: { method: "POST", path: "/rest/api/2/issue", times: 1 },
      lose_answer: true,
    });
    const input = { project: "JJ", issuetype: "Task", summary: "written once" };
    expect((await failure(jira.createIssue(input))).origin).toBe("network");
    sandbox.control.clearFaults();
    expect(await all(jira.search('summary ~ "written once"'))).toHaveLength(1);
  });
});
