/** Data Center and Server, broken in each way the table knows. */

import { isLatchkeyError } from "../../src/errors.ts";
import { authorizeOAuth1, parsePrivateKey } from "../../src/protocol/oauth1/index.ts";
import { Secret } from "../../src/secret.ts";
import { generateKeyPair } from "../../src/vault/index.ts";
import { decide, OWNER, personsBrowser } from "../connect/hall.ts";
import { behindProxy } from "./proxy.ts";
import { type Case, type Surgery, saidBy } from "./surgery.ts";
import { transcript } from "./transcript.ts";

const ONE = "datacenter-oauth1" as const;
const TWO = "datacenter-oauth2" as const;
const REQUEST_TOKEN = "/plugins/servlet/oauth/request-token";
const DAY_S = 86_400;

type Signing = {
  readonly method?: string;
  readonly path?: string;
  /** Added after it was signed. */
  readonly query?: string;
  readonly body?: string;
  readonly timestamp?: number;
  readonly token?: string;
  readonly rewrite?: (authorization: string) => string;
  readonly extra?: Readonly<Record<string, string>>;
  readonly twice?: boolean;
};

/** Signs as another program might, with a mistake of its own, and pastes what Jira said. */
async function signed(surgery: Surgery, how: Signing): Promise<string> {
  const { sandbox, keys } = surgery.hall;
  const url = sandbox.dataCenterUrl + (how.path ?? REQUEST_TOKEN);
  const method = how.method ?? "POST";
  const key = parsePrivateKey(keys.private_pem.reveal());
  const request = await authorizeOAuth1(
    { method, url, headers: {} },
    { consumer_key: "OauthKey", key },
    {
      timestamp: how.timestamp ?? Math.floor(Date.now() / 1000),
      nonce: Math.random().toString(36).slice(2),
      ...(how.token !== undefined && { oauth_token: new Secret(how.token) }),
      extra: how.extra ?? { oauth_callback: "oob" },
    },
  );
  const authorization = (how.rewrite ?? ((text) => text))(request.headers.authorization!);
  const headers = {
    authorization,
    ...(how.body !== undefined && { "content-type": "application/x-www-form-urlencoded" }),
  };
  const sent = { method, headers, ...(how.body !== undefined && { body: how.body }) };
  if (how.twice) await transcript(url, sent);
  return transcript(url + (how.query ?? ""), sent);
}

const mistake = (row: string, as: string, how: Signing): Case => ({
  row,
  as,
  run: async (surgery) => saidBy(surgery, await signed(surgery, how), ONE),
});
const words = (row: string, text: string, flavor: typeof ONE | typeof TWO = ONE): Case => ({
  row,
  as: `somebody reads: ${text.slice(0, 60)}`,
  run: async (surgery) => saidBy(surgery, text, flavor),
});
const registered = (
  row: string,
  as: string,
  flavor: typeof ONE | typeof TWO,
  change: (surgery: Surgery) => object | Promise<object>,
  upset: (surgery: Surgery) => void = () => {},
): Case => ({
  row,
  as,
  run: async (surgery) => {
    const id = await surgery.registered(flavor, await change(surgery));
    upset(surgery);
    return surgery.examineRegistration(id);
  },
});
const fault = (surgery: Surgery, fault: Parameters<Surgery["hall"]["sandbox"]["control"]["faults"]>[0]) =>
  surgery.hall.sandbox.control.faults(fault);
const fell = (
  row: string,
  as: string,
  flavor: typeof ONE | typeof TWO,
  upset: (surgery: Surgery) => void,
): Case => ({
  row,
  as,
  run: async (surgery) => {
    const id = await surgery.connected(flavor);
    upset(surgery);
    return surgery.examine(id);
  },
});

/** A key that cannot be used, where it is given to a registration. */
const keyed = (row: string, as: string, pem: (surgery: Surgery) => string): Case => ({
  row,
  as,
  run: async (surgery) => {
    try {
      await surgery.registered(ONE, { private_key: new Secret(pem(surgery)) });
    } catch (error) {
      if (isLatchkeyError(error)) {
        const { code, details, fix } = error;
        return surgery.doctor.explain({ flavor: ONE, code, details: { ...details, fix } });
      }
      throw error;
    }
    throw new Error("The key was taken.");
  },
});

const danced = (
  row: string,
  as: string,
  flavor: typeof ONE | typeof TWO,
  wait_s: number,
  press?: "deny",
): Case => ({
  row,
  as,
  run: async (surgery) => {
    const { control } = surgery.hall.sandbox;
    const id = await surgery.registered(flavor);
    await surgery.dance(id, { before: () => control.advance(wait_s), ...(press && { press }) });
    control.advance(-wait_s);
    return (await surgery.doctor.last(OWNER))!;
  },
});

export const DATA_CENTER_CASES: readonly Case[] = [
  registered(
    "dc-1",
    "a proxy changes scheme and port",
    ONE,
    () => ({}),
    (surgery) =>
      fault(surgery, { match: { path: `/jira${REQUEST_TOKEN}` }, rewrite_url: "https://10.0.0.5:8443" }),
  ),
  registered("dc-2", "Jira holds another public key", ONE, async () => ({
    private_key: (await generateKeyPair({ now: Date.now })).private_pem,
  })),
  mistake("dc-3", "the fields of a form are not signed", { body: "summary=a+form+field" }),
  {
    row: "dc-4",
    as: "a proxy encodes the query anew",
    run: (surgery) =>
      behindProxy(surgery, { rewrite: (target) => target.replace("%2B", "+") }, async (site_base_url) => {
        const id = await surgery.registered(ONE, { site_base_url });
        return surgery.examine(await surgery.connected(ONE, id));
      }),
  },
  mistake("dc-5", "HMAC-SHA1", { rewrite: (text) => text.replace("RSA-SHA1", "HMAC-SHA1") }),
  words("dc-6", "ImportError: cannot import name 'SIGNATURE_RSA' from 'oauthlib.oauth1'"),
  words("dc-6", "error:03000098:digital envelope routines::invalid digest"),
  words("dc-6", "RSA.xs:212: OpenSSL error: invalid digest at Net/OAuth.pm"),
  registered("dc-7", "the consumer key is written differently", ONE, () => ({ client_id: "OAuthKey" })),
  registered(
    "dc-8",
    "Jira's clock is ten minutes ahead",
    ONE,
    () => ({}),
    (surgery) => fault(surgery, { match: { path: `/jira${REQUEST_TOKEN}` }, clock_skew_s: 600 }),
  ),
  registered(
    "dc-8",
    "our own clock is ten minutes behind",
    ONE,
    () => ({}),
    ({ hall }) => {
      hall.clock.ahead_ms = -600_000;
    },
  ),
  mistake("dc-8b", "milliseconds in place of seconds", { timestamp: Date.now() }),
  mistake("dc-9", "a request is sent again as it was signed", { twice: true }),
  mistake("dc-10", "a token nobody knows", {
    method: "GET",
    path: "/rest/api/2/myself",
    token: "gone",
    extra: {},
  }),
  fell("dc-10", "the token was revoked", ONE, (surgery) =>
    fault(surgery, {
      match: { path: "/jira/rest/api/2/myself" },
      status: 401,
      headers: { "www-authenticate": 'OAuth realm="x", oauth_problem="token_rejected"' },
    }),
  ),
  danced("dc-11", "the person pressed Deny", ONE, 0, "deny"),
  danced("dc-11", "more than ten minutes passed", ONE, 700),
  {
    row: "dc-12",
    as: "the verifier is left out",
    run: async (surgery) => {
      const got = await signed(surgery, {});
      const token = decodeURIComponent(/oauth_token=([^&\s]+)/.exec(got)?.[1] ?? "");
      const authorize = `${surgery.hall.sandbox.dataCenterUrl}/plugins/servlet/oauth/authorize`;
      await decide(personsBrowser(), `${authorize}?oauth_token=${encodeURIComponent(token)}`);
      const path = "/plugins/servlet/oauth/access-token";
      return saidBy(surgery, await signed(surgery, { path, token, extra: {} }), ONE);
    },
  },
  registered("dc-13", "the callback has a scheme of its own", ONE, () => ({
    redirect_uri: "myapp://callback",
  })),
  mistake("dc-13", "a callback no Jira takes", { extra: { oauth_callback: "myapp://callback" } }),
  words("dc-14", "failed to get a connect link: oauth1: Server returned status 401"),
  registered(
    "dc-14",
    "only the outgoing side is filled in",
    ONE,
    () => ({}),
    (surgery) => fault(surgery, { match: { path: `/jira${REQUEST_TOKEN}` }, status: 401, body: "" }),
  ),
  words("dc-15", "Error: error:1E08010C:DECODER routines::unsupported code: 'ERR_OSSL_UNSUPPORTED'"),
  words("dc-15", "error:07880109:common libcrypto routines::interrupted or cancelled"),
  keyed("dc-15", "the public key in place of the private one", ({ hall }) => hall.keys.public_pem),
  keyed("dc-15", "half of the key", ({ hall }) => hall.keys.private_pem.reveal().slice(0, 600)),
  words(
    "dc-16",
    "panic: x509: failed to parse private key (use ParsePKCS8PrivateKey instead for this key type)",
  ),
  words(
    "dc-16",
    "java.security.spec.InvalidKeySpecException: java.security.InvalidKeyException: IOException",
  ),
  keyed("dc-17", "a certificate in place of the key", ({ hall }) => hall.keys.certificate_pem),
  words("dc-17", "Jira says that the public key is not accepted: -----BEGIN CERTIFICATE-----"),
  registered("dc-18", "the base URL lacks the context path", ONE, ({ hall }) => {
    const { origin } = new URL(hall.sandbox.dataCenterUrl);
    hall.allow(origin);
    return { site_base_url: origin };
  }),
  {
    row: "dc-18",
    as: "a client resolves the path against the host",
    run: async (surgery) => {
      const { origin } = new URL(surgery.hall.sandbox.dataCenterUrl);
      return saidBy(surgery, await transcript(origin + REQUEST_TOKEN, { method: "POST" }), ONE);
    },
  },
  fell("dc-19", "Jira takes it for a stranger's", ONE, (surgery) =>
    fault(surgery, { match: { path: "/jira/rest/api/2/myself" }, headers: { "x-ausername": "anonymous" } }),
  ),
  {
    row: "dc-19",
    as: "bearer in small letters",
    run: async (surgery) => {
      const url = `${surgery.hall.sandbox.dataCenterUrl}/rest/api/2/myself`;
      return saidBy(surgery, await transcript(url, { headers: { authorization: "bearer abc" } }), TWO);
    },
  },
  {
    row: "dc-20",
    as: "the base URL is http",
    run: async (surgery) => {
      surgery.hall.sandbox.control.switches({ https_enforced: "on" });
      return saidBy(surgery, String(await surgery.dance(await surgery.registered(TWO))), TWO);
    },
  },
  registered("dc-21", "scopes of Cloud", TWO, () => ({ scope: ["read:jira-work"] })),
  words("dc-21", "http://localhost:8085/callback?error=invalid_scope&state=abc", TWO),
  {
    row: "dc-22",
    as: "Jira's page stays where it is",
    run: async (surgery) => {
      const id = await surgery.registered(TWO, { redirect_uri: "http://localhost:9999/other" });
      return saidBy(surgery, String(await surgery.dance(id)), TWO);
    },
  },
  words("dc-23", "Jira's consent page comes again and again", TWO),
  {
    row: "dc-24",
    as: "nobody renewed for 91 days",
    run: async (surgery) => {
      const id = await surgery.connected(TWO);
      surgery.hall.sandbox.control.advance(91 * DAY_S);
      try {
        return await surgery.examine(id);
      } finally {
        surgery.hall.sandbox.control.advance(-91 * DAY_S);
      }
    },
  },
  danced("dc-25", "the code was redeemed after a minute", TWO, 60),
  {
    row: "dc-26",
    as: "a personal access token as a password",
    run: async (surgery) => {
      const { control, dataCenterUrl } = surgery.hall.sandbox;
      const { token } = control.makeToken({ face: "datacenter", user: "william" });
      const authorization = `Basic ${Buffer.from(`william:${token}`).toString("base64")}`;
      return saidBy(
        surgery,
        await transcript(`${dataCenterUrl}/rest/api/2/myself`, { headers: { authorization } }),
        TWO,
      );
    },
  },
  fell("dc-27", "too many sign-ins failed", TWO, (surgery) =>
    fault(surgery, {
      match: { path: "/jira/rest/api/2/myself" },
      status: 403,
      headers: {
        "x-authentication-denied-reason": "CAPTCHA_CHALLENGE; login-url=http://localhost/login.jsp",
      },
    }),
  ),
  fell("dc-28", "the call looks like a browser's", TWO, (surgery) =>
    fault(surgery, {
      match: { path: "/jira/rest/api/2/mypermissions" },
      status: 403,
      body: "XSRF check failed",
    }),
  ),
  fell("dc-29", "the account's calls are used up", ONE, (surgery) =>
    fault(surgery, {
      match: { path: "/jira/rest/api/2/*my*" },
      status: 429,
      headers: { "retry-after": "4" },
    }),
  ),
  registered("dc-client", "the client secret is wrong", TWO, () => ({
    client_secret: new Secret("not-this-one"),
  })),
  registered(
    "dc-old",
    "Jira is older than its OAuth 2.0",
    TWO,
    () => ({}),
    ({ hall }) => hall.sandbox.control.switches({ dc_version: "8.20.30" }),
  ),
  registered(
    "dc-no-confirmation",
    "OAuth 1.0 answers",
    ONE,
    () => ({}),
    (surgery) =>
      fault(surgery, {
        match: { path: `/jira${REQUEST_TOKEN}` },
        status: 200,
        headers: { "content-type": "text/plain" },
        body: "oauth_token=abc&oauth_token_secret=def",
      }),
  ),
  words(
    "dc-hidden",
    '> GET /jira/rest/api/2/issue/JJ-9 HTTP/1.1\n> Host: jira.example.com\n>\n< HTTP/1.1 404 Not Found\n< content-type: application/json\n<\n{"errorMessages":["Issue Does Not Exist"],"errors":{}}',
  ),
];
