/** Jira Cloud, broken in each way the table knows. */
import { Secret } from "../../src/secret.ts";
import { OWNER } from "../connect/hall.ts";
import { type Case, type Surgery, saidBy } from "./surgery.ts";
import { type Sent, transcript } from "./transcript.ts";

const FLAVOR = "cloud" as const;
const DAY_S = 86_400;
const ALL = ["read:jira-user", "read:jira-work", "write:jira-work", "offline_access"];

/** Calls the gateway with a token that is good, and pastes what came. */
async function called(surgery: Surgery, path: string, sent: Sent = {}): Promise<string> {
  const { vault, sandbox } = surgery.hall;
  const id = await surgery.connected(FLAVOR);
  const { site } = await vault.connections.get(OWNER, id);
  const tokens = await vault.reveal(OWNER, id);
  if (tokens.kind !== "oauth2") throw new Error("It has another kind of tokens.");
  const headers = { authorization: `Bearer ${tokens.access_token.reveal()}`, ...sent.headers };
  const base = path.startsWith("/sites") || path === "/me" ? sandbox.cloudUrl : site.api_base_url;
  return transcript(base + path, { ...sent, headers });
}

const paste = (row: string, as: string, path: string, sent?: Sent): Case => ({
  row,
  as,
  run: async (surgery) => saidBy(surgery, await called(surgery, path, sent), FLAVOR),
});
const words = (row: string, text: string): Case => ({
  row,
  as: `somebody reads: ${text.slice(0, 60)}`,
  run: async (surgery) => saidBy(surgery, text, FLAVOR),
});

/** A connection that worked, and then something broke. */
const fell = (row: string, as: string, upset: (surgery: Surgery) => void): Case => ({
  row,
  as,
  run: async (surgery) => {
    const id = await surgery.connected(FLAVOR);
    upset(surgery);
    return surgery.examine(id);
  },
});

const JSON_TYPE = { "content-type": "application/json" };

export const CLOUD_CASES: readonly Case[] = [
  {
    row: "cloud-1",
    as: "nobody renewed for 91 days",
    run: async (surgery) => {
      const id = await surgery.connected(FLAVOR);
      surgery.hall.sandbox.control.advance(91 * DAY_S);
      try {
        return await surgery.examine(id);
      } finally {
        surgery.hall.sandbox.control.advance(-91 * DAY_S);
      }
    },
  },
  {
    row: "cloud-2",
    as: "the scopes lack offline_access",
    run: async (surgery) =>
      surgery.examineRegistration(await surgery.registered(FLAVOR, { scope: ["read:jira-work"] })),
  },
  fell("cloud-3", "the token lacks a scope", ({ hall }) =>
    hall.sandbox.control.faults({
      match: { path: "/ex/jira/*/myself" },
      status: 401,
      body: { code: 401, message: "Unauthorized; scope does not match" },
    }),
  ),
  {
    row: "cloud-4",
    as: "the consent page names another callback",
    run: async (surgery) => {
      const id = await surgery.registered(FLAVOR, { redirect_uri: "http://localhost:9999/other" });
      return saidBy(surgery, String(await surgery.dance(id)), FLAVOR);
    },
  },
  paste("cloud-5", "a Bearer token at the site itself", "/sites/acme/rest/api/3/myself"),
  paste("cloud-6", "the search that was removed", "/rest/api/3/search?jql=project%3DJJ"),
  paste("cloud-7", "a search without fields", "/rest/api/3/search/jql?jql=project%3DJJ"),
  paste("cloud-8", "JQL without a restriction", "/rest/api/3/search/jql?jql=order%20by%20created"),
  {
    row: "cloud-9",
    as: "the site blocks apps that users install",
    run: async (surgery) => {
      surgery.hall.sandbox.control.switches({ admin_approval: "on" });
      return saidBy(surgery, String(await surgery.dance(await surgery.registered(FLAVOR))), FLAVOR);
    },
  },
  words("cloud-10", "Something went wrong. failed to retrieve client"),
  words("cloud-10", "This app is in development mode and can only be used by its owner."),
  {
    row: "cloud-11",
    as: "the code was redeemed too late",
    run: async (surgery) => {
      const { control } = surgery.hall.sandbox;
      await surgery.dance(await surgery.registered(FLAVOR), { before: () => control.advance(400) });
      control.advance(-400);
      return (await surgery.doctor.last(OWNER))!;
    },
  },
  fell("cloud-12", "the account is a guest now", ({ hall }) =>
    hall.sandbox.control.switches({ guest: "on" }),
  ),
  {
    row: "cloud-13",
    as: "the client secret is wrong",
    run: async (surgery) =>
      surgery.examineRegistration(
        await surgery.registered(FLAVOR, { client_secret: new Secret("not-the-secret-at-all") }),
      ),
  },
  {
    row: "cloud-14",
    as: "openid stands among the scopes",
    run: async (surgery) =>
      surgery.examineRegistration(await surgery.registered(FLAVOR, { scope: ["openid", ...ALL] })),
  },
  {
    row: "cloud-14",
    as: "the consent page says that there is nothing",
    run: async (surgery) => {
      const id = await surgery.registered(FLAVOR, { scope: ["openid", ...ALL] });
      return saidBy(surgery, String(await surgery.dance(id)), FLAVOR);
    },
  },
  fell("cloud-15", "the hour's points are used up", ({ hall }) =>
    hall.sandbox.control.faults({
      match: { path: "/ex/jira/*" },
      status: 429,
      headers: { "retry-after": "17", "ratelimit-reason": "jira-quota-tenant-based" },
      body: { code: 429, message: "Rate limit exceeded" },
    }),
  ),
  fell("cloud-edge", "a proxy answers with a page", ({ hall }) =>
    hall.sandbox.control.faults({
      match: { path: "/ex/jira/*" },
      status: 403,
      headers: { "content-type": "text/html" },
      body: "<!doctype html><title>Forbidden</title>",
    }),
  ),
  words(
    "cloud-more-1",
    'HTTP/1.1 200 OK\ncontent-type: application/json\n\n{"webhookRegistrationResult":[{"errors":["The url is not valid"]}]}',
  ),
  {
    row: "cloud-more-2",
    as: "an API token registers webhooks",
    run: async (surgery) => {
      const { token } = surgery.hall.sandbox.control.makeToken({ face: "cloud", user: "alana" });
      const basic = Buffer.from(`alana@example.com:${token}`).toString("base64");
      const url = `${surgery.hall.sandbox.cloudUrl}/sites/acme/rest/api/3/webhook`;
      return saidBy(surgery, await transcript(url, { headers: { authorization: `Basic ${basic}` } }), FLAVOR);
    },
  },
  paste("cloud-more-3", "a comment in plain text", "/rest/api/3/issue/JJ-2/comment", {
    method: "POST",
    headers: JSON_TYPE,
    body: JSON.stringify({ body: "plain words" }),
  }),
  {
    row: "cloud-more-4",
    as: "ninety scopes are asked for",
    run: async (surgery) => {
      const scope = Array.from({ length: 90 }, (_, n) => `read:thing-${n}:jira`);
      const id = await surgery.registered(FLAVOR, { scope: [...scope, "offline_access"] });
      return saidBy(surgery, String(await surgery.dance(id)), FLAVOR);
    },
  },
  paste("cloud-more-5", "who approved is asked without read:me", "/me"),
  paste("cloud-more-6", "members of a group are asked for", "/rest/api/3/group/member?groupname=x"),
  {
    row: "cloud-more-7",
    as: "the authorization server is looked for elsewhere",
    run: async (surgery) => {
      const auth_url = `${surgery.hall.sandbox.cloudUrl}/nowhere`;
      return surgery.examineRegistration(await surgery.registered(FLAVOR, { auth_url }));
    },
  },
  words(
    "cloud-more-8",
    "> GET /rest/servicedeskapi/organization HTTP/1.1\n> Host: api.atlassian.com\n>\n< HTTP/1.1 412 Precondition Failed\n<\n",
  ),
  words("cloud-more-9", "Your session has expired after 1 hour, please sign in again"),
  fell("cloud-more-10", "Jira ignores the credential", ({ hall }) =>
    hall.sandbox.control.faults({
      match: { path: "/ex/jira/*/myself" },
      headers: { "x-seraph-loginreason": "AUTHENTICATED_FAILED" },
    }),
  ),
  paste("cloud-more-11", "an issue the account may not see", "/rest/api/3/issue/JJ-99999"),
  words("cloud-more-12", "The webhook was never delivered"),
  webhooks("cloud-more-13", { id: 7, expirationDate: Date.now() - 1_000 }),
  webhooks("cloud-more-14", { id: 8, expirationDate: Date.now() + 2e9, url: "http://product.example/hook" }),
];

function webhooks(row: string, one: Readonly<Record<string, unknown>>): Case {
  return {
    row,
    as: `a webhook ${JSON.stringify(Object.keys(one))}`,
    run: async (surgery) => {
      const { control } = surgery.hall.sandbox;
      const scope = [...ALL, "manage:jira-webhook"];
      const id = await surgery.connected(FLAVOR, await surgery.registered(FLAVOR, { scope }));
      control.faults({ match: { path: "/ex/jira/*/webhook" }, status: 200, body: { values: [one] } });
      return surgery.examine(id);
    },
  };
}
