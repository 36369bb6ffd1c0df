import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/index.ts";
import { Browser } from "./auth-browser.ts";
import { header, keyPair, sign } from "./auth-signer.ts";

const keys = keyPair();
let sandbox: RunningSandbox;
let base: string;

beforeAll(async () => {
  sandbox = await startSandbox({ consumers: [{ key: "OauthKey", public_key: keys.publicKey }] });
  base = sandbox.dataCenterUrl;
});
afterAll(() => sandbox.stop());

const servlet = (name: string) => `${base}/plugins/servlet/oauth/${name}`;
const now_ms = () => sandbox.control.state().clock.now_ms;

async function call(url: string, oauth: Record<string, string | undefined>, method = "POST") {
  const signed = sign({ method, url, privateKey: keys.privateKey, now_ms: now_ms(), oauth });
  const response = await fetch(url, { method, headers: { authorization: header(signed) } });
  const body = await response.text();
  return { status: response.status, headers: response.headers, body, answer: new URLSearchParams(body) };
}

async function requestToken(oauth_callback: string | undefined): Promise<string> {
  const { status, answer } = await call(servlet("request-token"), { oauth_callback });
  expect(status).toBe(200);
  return answer.get("oauth_token") ?? "";
}

async function signedInBrowser(user = "alana"): Promise<Browser> {
  const browser = new Browser();
  const login = await browser.get(`${base}/login.jsp`);
  const done = await browser.submit(login, { username: user, password: user });
  expect(done.status).toBe(302);
  return browser;
}

test("the whole dance with a callback: allow, exchange once, call", async () => {
  const first = await call(servlet("request-token"), { oauth_callback: "https://app.example/cb?x=1" });
  expect(first.status).toBe(200);
  expect(first.headers.get("content-type")).toMatch(/^text\/plain/);
  expect(first.body).toMatch(
    /^oauth_token=[A-Za-z0-9]{32}&oauth_token_secret=[A-Za-z0-9]{32}&oauth_callback_confirmed=true$/,
  );
  const oauth_token = first.answer.get("oauth_token") ?? "";

  const browser = new Browser();
  const sent = await browser.get(`${servlet("authorize")}?oauth_token=${oauth_token}`);
  expect(sent.status).toBe(302);
  expect(sent.location).toMatch(/^\/jira\/login\.jsp\?permissionViolation=true&os_destination=%2Fplugins/);
  const login = await browser.follow(sent);
  const consent = await browser.follow(await browser.submit(login, { username: "alana", password: "alana" }));
  expect(consent.body).toContain("Example Jira app");
  const approved = await browser.submit(consent, {}, "approve");
  expect(approved.status).toBe(302);
  expect(approved.location).toMatch(/^https:\/\/app\.example\/cb\?x=1&oauth_token=/);
  const oauth_verifier = approved.answer.get("oauth_verifier") ?? "";
  expect(oauth_verifier).toMatch(/^[A-Za-z0-9]{6}$/);

  const access = await call(servlet("access-token"), { oauth_token, oauth_verifier });
  expect(access.status).toBe(200);
  expect(access.headers.get("content-type")).toMatch(/^text\/plain/);
  expect(Object.fromEntries(access.answer)).toMatchObject({
    oauth_expires_in: "157680000",
    oauth_authorization_expires_in: "160272000",
  });
  const session = await call(
    `${base}/rest/auth/latest/session`,
    { oauth_token: access.answer.get("oauth_token") ?? "" },
    "GET",
  );
  expect(session.status).toBe(200);
  expect(JSON.parse(session.body)).toMatchObject({ name: "alana" });
  expect(session.headers.get("x-ausername")).toBe("alana");

  const again = await call(servlet("access-token"), { oauth_token, oauth_verifier });
  expect(again.answer.get("oauth_problem")).toBe("token_rejected");
});

test("without a callback the code is shown on a page, in the tutorial's words", async () => {
  const oauth_token = await requestToken("oob");
  const browser = await signedInBrowser();
  const consent = await browser.get(`${servlet("authorize")}?oauth_token=${oauth_token}`);
  const page = await browser.submit(consent, {}, "approve");
  expect(page.status).toBe(200);
  expect(page.body).toContain("Access Approved");
  const code =
    /You have successfully authorized 'Example Jira app'\. Your verification code is '(\w{6})'\. You will need to enter this exact text when prompted\. You should write this value down before closing the browser window\./.exec(
      page.body,
    )?.[1];
  const access = await call(servlet("access-token"), { oauth_token, oauth_verifier: code });
  expect(access.status).toBe(200);
});

test("denied: the literal word in the callback, a page without one, and permission_denied at the exchange", async () => {
  const browser = await signedInBrowser();
  for (const callback of ["https://app.example/cb", "oob"]) {
    const oauth_token = await requestToken(callback);
    const consent = await browser.get(`${servlet("authorize")}?oauth_token=${oauth_token}`);
    const denied = await browser.submit(consent, {}, "deny");
    if (callback === "oob") expect(denied.body).toContain("Access Denied");
    else {
      expect(denied.answer.get("oauth_verifier")).toBe("denied");
      expect(denied.answer.has("oauth_problem")).toBe(false);
    }
    const exchanged = await call(servlet("access-token"), { oauth_token, oauth_verifier: "denied" });
    expect(exchanged.status).toBe(401);
    expect(exchanged.answer.get("oauth_problem")).toBe("permission_denied");
  }
});

test("OAuth 1.0 mode: no callback sent, none confirmed, no verifier asked for", async () => {
  const { answer } = await call(servlet("request-token"), {});
  expect(answer.has("oauth_callback_confirmed")).toBe(false);
  const oauth_token = answer.get("oauth_token") ?? "";
  const browser = await signedInBrowser();
  const where = `${servlet("authorize")}?oauth_token=${oauth_token}&oauth_callback=${encodeURIComponent("https://old.example/back")}`;
  const approved = await browser.submit(await browser.get(where), {}, "approve");
  expect(approved.location).toBe(`https://old.example/back?oauth_token=${oauth_token}`);
  expect((await call(servlet("access-token"), { oauth_token })).status).toBe(200);
});

test("the session handle renews an access token, which then is gone", async () => {
  const oauth_token = await requestToken("oob");
  const browser = await signedInBrowser("william");
  const consent = await browser.get(`${servlet("authorize")}?oauth_token=${oauth_token}`);
  const page = await browser.submit(consent, {}, "approve");
  const oauth_verifier = /code is '(\w{6})'/.exec(page.body)?.[1];
  const { answer } = await call(servlet("access-token"), { oauth_token, oauth_verifier });
  const held = answer.get("oauth_token") ?? "";
  const oauth_session_handle = answer.get("oauth_session_handle") ?? "";
  const wrong = await call(servlet("access-token"), { oauth_token: held, oauth_session_handle: "x" });
  expect(wrong.answer.get("oauth_problem")).toBe("token_rejected");
  const none = await call(servlet("access-token"), { oauth_token: held });
  expect(none.answer.get("oauth_parameters_absent")).toBe("oauth_session_handle");
  const renewed = await call(servlet("access-token"), { oauth_token: held, oauth_session_handle });
  expect(renewed.status).toBe(200);
  const old = await call(`${base}/rest/auth/1/session`, { oauth_token: held }, "GET");
  expect(old.answer.get("oauth_problem")).toBe("token_rejected");
  const young = await call(
    `${base}/rest/auth/1/session`,
    { oauth_token: renewed.answer.get("oauth_token") ?? "" },
    "GET",
  );
  expect(JSON.parse(young.body)).toMatchObject({ name: "william" });
});

test("token URLs take GET, and parameters in the query or the form as well as in the header", async () => {
  const url = servlet("request-token");
  const got = await call(url, { oauth_callback: "oob" }, "GET");
  expect(got.status).toBe(200);
  const inQuery = sign({
    method: "GET",
    url,
    privateKey: keys.privateKey,
    now_ms: now_ms(),
    oauth: { oauth_callback: "oob" },
  });
  expect((await fetch(`${url}?${new URLSearchParams(inQuery)}`)).status).toBe(200);
  const inForm = sign({
    method: "POST",
    url,
    privateKey: keys.privateKey,
    now_ms: now_ms(),
    oauth: { oauth_callback: "oob" },
  });
  expect((await fetch(url, { method: "POST", body: new URLSearchParams(inForm) })).status).toBe(200);
});

test("a signature is verified against the Host received, whichever loopback name that is", async () => {
  const url = servlet("request-token").replace("localhost", "127.0.0.1");
  expect((await call(url, { oauth_callback: "oob" })).status).toBe(200);
  sandbox.control.faults([{ match: { times: 1 }, rewrite_url: "http://jira.internal:8080" }]);
  const refused = await call(servlet("request-token"), { oauth_callback: "oob" });
  expect(refused.answer.get("oauth_problem")).toBe("signature_invalid");
  expect(refused.answer.get("oauth_signature_base_string")).toContain("http%3A%2F%2Fjira.internal%3A8080");
});

test("the user's page lists what was allowed, and revoking it kills the token", async () => {
  const oauth_token = await requestToken("oob");
  const browser = await signedInBrowser("admin");
  const consent = await browser.get(`${servlet("authorize")}?oauth_token=${oauth_token}`);
  const page = await browser.submit(consent, {}, "approve");
  const oauth_verifier = /code is '(\w{6})'/.exec(page.body)?.[1];
  const { answer } = await call(servlet("access-token"), { oauth_token, oauth_verifier });
  const held = answer.get("oauth_token") ?? "";
  const list = await browser.get(servlet("users/access-tokens"));
  expect(list.body).toContain("Example Jira app");
  expect(list.body).not.toContain(held);
  const id = /name="revoke" value="([^"]+)"/.exec(list.body)?.[1] ?? "";
  const form = list.forms().find((one) => one.buttons.includes("revoke"));
  const stranger = await signedInBrowser("william");
  const theirs = (await stranger.get(servlet("users/access-tokens"))).forms()[0]?.fields.atl_token ?? "";
  await stranger.post(servlet("users/access-tokens"), { atl_token: theirs, revoke: id });
  expect((await call(`${base}/rest/auth/1/session`, { oauth_token: held }, "GET")).status).toBe(200);
  await browser.post(servlet("users/access-tokens"), { ...form?.fields, revoke: id });
  const dead = await call(`${base}/rest/auth/1/session`, { oauth_token: held }, "GET");
  expect(dead.answer.get("oauth_problem")).toBe("token_rejected");
});

test("other servers, by switch: POST alone, callbacks confirmed always, nonces told apart by token, problems in order", async () => {
  const own = await startSandbox({
    consumers: [{ key: "OauthKey", public_key: keys.publicKey }],
    switches: {
      token_url_get: "405",
      callback_confirmed: "always",
      nonce_per_consumer: "off",
      problem_order: "fixed",
    },
  });
  try {
    const url = `${own.dataCenterUrl}/plugins/servlet/oauth/request-token`;
    expect((await call(url, { oauth_callback: "oob" }, "GET")).status).toBe(405);
    const oauth_nonce = "same";
    const first = await call(url, { oauth_nonce });
    expect(first.answer.get("oauth_callback_confirmed")).toBe("true");
    const other = String(Math.floor(now_ms() / 1000) - 30);
    expect((await call(url, { oauth_nonce, oauth_timestamp: other })).status).toBe(200);
    const again = await call(url, { oauth_nonce, oauth_timestamp: other });
    expect(again.body).toBe("oauth_problem=nonce_used");
  } finally {
    await own.stop();
  }
});
