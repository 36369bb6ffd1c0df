import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { Browser } from "./auth-browser.ts";
import { header, keyPair, type Signing, sign } from "./auth-signer.ts";

const keys = keyPair();
let sandbox: RunningSandbox;
let base: string;
let access = "";

beforeAll(async () => {
  sandbox = await startSandbox({
    autoApprove: "alana",
    consumers: [
      { key: "OauthKey", public_key: keys.publicKey },
      { key: "Other", public_key: keys.publicKey },
    ],
  });
  base = sandbox.dataCenterUrl;
  access = await accessToken();
});
afterAll(() => sandbox.stop());

const now_ms = () => sandbox.control.state().clock.now_ms;
const servlet = (name: string) => `${base}/plugins/servlet/oauth/${name}`;

async function send(url: string, oauth: Signing["oauth"], over: Partial<Signing> = {}) {
  const signing = { method: "GET", url, privateKey: keys.privateKey, now_ms: now_ms(), oauth, ...over };
  const response = await fetch(url, {
    method: signing.method,
    headers: { authorization: header(sign(signing)) },
  });
  const body = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    challenge: response.headers.get("www-authenticate") ?? "",
    problem: new URLSearchParams(body).get("oauth_problem"),
    body,
  };
}

async function accessToken(): Promise<string> {
  const post = { method: "POST" };
  const first = await send(servlet("request-token"), { oauth_callback: "oob" }, post);
  const oauth_token = new URLSearchParams(first.body).get("oauth_token") ?? "";
  const page = await (await fetch(`${servlet("authorize")}?oauth_token=${oauth_token}`)).text();
  const oauth_verifier = /code is '(\w{6})'/.exec(page)?.[1];
  const { body } = await send(servlet("access-token"), { oauth_token, oauth_verifier }, post);
  return new URLSearchParams(body).get("oauth_token") ?? "";
}

const whoami = (oauth: Signing["oauth"], over: Partial<Signing> = {}, query = "") =>
  send(`${base}/rest/auth/1/session${query}`, oauth, over);

async function adminSets(fields: Record<string, string>): Promise<void> {
  const admin = new Browser();
  const login = await admin.get(`${base}/login.jsp`);
  await admin.submit(login, { username: "admin", password: "admin" });
  const form = await admin.get(`${base}/plugins/servlet/applinks/consumer?key=OauthKey`);
  const saved = await admin.submit(form, {
    consumer_name: "Example Jira app",
    public_key: keys.publicKey,
    ...fields,
  });
  expect(saved.status).toBe(303);
}

describe("three legs", () => {
  test("the call acts as the user who approved", async () => {
    const got = await whoami({ oauth_token: access });
    expect(got.status).toBe(200);
    expect(JSON.parse(got.body).name).toBe("alana");
    expect(got.headers.get("x-seraph-loginreason")).toBe("OK");
  });

  test("the token is looked at before the consumer, and both before the signature", async () => {
    const wrong = { privateKey: keyPair().privateKey };
    expect(await whoami({ oauth_token: "unknown" }, wrong)).toMatchObject({
      status: 401,
      problem: "token_rejected",
    });
    const foreign = await whoami({ oauth_token: access, oauth_consumer_key: "Other" }, wrong);
    expect(foreign.problem).toBe("token_rejected");
    const nobody = await whoami({ oauth_token: access, oauth_consumer_key: "nobody" }, wrong);
    expect(nobody.problem).toBe("token_rejected");
    expect((await whoami({ oauth_token: access }, wrong)).problem).toBe("signature_invalid");
  });

  test("a request token is no access token", async () => {
    const first = await send(servlet("request-token"), { oauth_callback: "oob" }, { method: "POST" });
    const oauth_token = new URLSearchParams(first.body).get("oauth_token") ?? "";
    expect((await whoami({ oauth_token })).problem).toBe("token_rejected");
  });

  test("one OAuth parameter missing: no refusal, but nobody", async () => {
    const got = await whoami({ oauth_token: access, oauth_nonce: undefined });
    expect(got.status).toBe(401);
    expect(got.problem).toBeNull();
    expect(got.headers.get("x-ausername")).toBe("anonymous");
    expect(got.challenge).toBe(`OAuth realm="${encodeURIComponent(base)}"`);
    expect(sandbox.control.requests().at(-1)?.reason).toContain("oauth_nonce");
  });

  test("switched off for the consumer: permission_denied, after the signature", async () => {
    await adminSets({ refuse_3lo: "true" });
    expect((await whoami({ oauth_token: access }, { privateKey: keyPair().privateKey })).problem).toBe(
      "signature_invalid",
    );
    expect(await whoami({ oauth_token: access })).toMatchObject({
      status: 401,
      problem: "permission_denied",
    });
    await adminSets({});
    expect((await whoami({ oauth_token: access })).status).toBe(200);
  });

  test("a query and its encodings are part of the signature", async () => {
    const query = `?jql=${encodeURIComponent('project = X AND text ~ "a+b é*"').replaceAll("%20", "+")}&flag`;
    expect((await whoami({ oauth_token: access }, {}, query)).status).toBe(200);
  });
});

describe("two legs", () => {
  const twoLegs = { oauth_token: "" };

  test("not allowed: 401 that repeats the request's parameters, without a problem or a body", async () => {
    const got = await whoami(twoLegs);
    expect(got).toMatchObject({ status: 401, body: "" });
    expect(got.challenge).toContain('oauth_consumer_key="OauthKey"');
    expect(got.challenge).not.toContain("oauth_problem");
  });

  test("allowed without an execute-as user: let in as nobody", async () => {
    await adminSets({ allow_2lo: "true" });
    const got = await whoami(twoLegs);
    expect(got.headers.get("x-ausername")).toBe("anonymous");
    expect(got.body).toContain("not authenticated");
  });

  test("allowed with one: acts as that user", async () => {
    await adminSets({ allow_2lo: "true", execute_as: "william" });
    expect(JSON.parse((await whoami(twoLegs)).body).name).toBe("william");
  });

  test("impersonation needs its own permission and reads the query alone", async () => {
    await adminSets({ allow_2lo: "true" });
    expect(await whoami(twoLegs, {}, "?user_id=alana")).toMatchObject({ status: 401, body: "" });
    await adminSets({ allow_2lo: "true", allow_impersonation: "true" });
    expect(JSON.parse((await whoami(twoLegs, {}, "?user_id=alana")).body).name).toBe("alana");
    const both = await whoami(twoLegs, {}, "?user_id=alana&xoauth_requestor_id=william");
    expect(JSON.parse(both.body).name).toBe("william");
    const inHeader = await whoami({ ...twoLegs, xoauth_requestor_id: "alana" });
    expect(inHeader.headers.get("x-ausername")).toBe("anonymous");
    const ghost = await whoami(twoLegs, {}, "?user_id=nobody");
    expect(ghost.headers.get("x-ausername")).toBe("anonymous");
  });
});

test("after five years the access token has expired", async () => {
  sandbox.control.advance(5 * 365 * 86_400 - 60);
  expect((await whoami({ oauth_token: access })).status).toBe(200);
  sandbox.control.advance(120);
  expect((await whoami({ oauth_token: access })).problem).toBe("token_expired");
});
