/** The npm package `oauth-1.0a`: it only signs; the requests are sent with fetch, as its README shows. */
import { createSign } from "node:crypto";
import { createRequire } from "node:module";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { approve, CALLBACK, CONSUMER_KEY, type Ground, openGround } from "./jira.ts";

type Token = { readonly key: string; readonly secret: string };
type Call = { readonly url: string; readonly method: string; readonly data?: Record<string, string> };
type Signer = {
  authorize(call: Call, token?: Token): Record<string, string>;
  toHeader(authorized: Record<string, string>): { readonly Authorization: string };
};
const OAuth = createRequire(import.meta.url)("oauth-1.0a") as new (settings: {
  readonly consumer: Token;
  readonly signature_method: string;
  hash_function(base_string: string): string;
}) => Signer;

let ground: Ground;
let signer: Signer;
beforeAll(async () => {
  ground = await openGround();
  signer = new OAuth({
    consumer: { key: CONSUMER_KEY, secret: "" },
    signature_method: "RSA-SHA1",
    hash_function: (base_string) =>
      createSign("RSA-SHA1").update(base_string).sign(ground.private_pem, "base64"),
  });
});
afterAll(() => ground.stop());

async function send(call: Call, token?: Token): Promise<Response> {
  const header = signer.toHeader(signer.authorize(call, token));
  return fetch(call.url, { method: call.method, headers: { ...header } });
}

async function form(response: Response): Promise<Record<string, string>> {
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return Object.fromEntries(new URLSearchParams(text));
}

function tokenOf(answer: Record<string, string>): Token {
  return { key: answer.oauth_token ?? "", secret: answer.oauth_token_secret ?? "" };
}

/** The package puts whatever `data` holds beginning with `oauth_` into the header. */
async function connect(): Promise<Token> {
  const servlets = `${ground.dataCenterUrl}/plugins/servlet/oauth`;
  const first = await form(
    await send({ url: `${servlets}/request-token`, method: "POST", data: { oauth_callback: CALLBACK } }),
  );
  expect(first.oauth_callback_confirmed).toBe("true");
  const back = await approve(`${servlets}/authorize?oauth_token=${first.oauth_token}`);
  const oauth_verifier = back.get("oauth_verifier") ?? "";
  const exchange = { url: `${servlets}/access-token`, method: "POST", data: { oauth_verifier } };
  return tokenOf(await form(await send(exchange, tokenOf(first))));
}

describe("npm oauth-1.0a", () => {
  test("dances and reads JJ-2", async () => {
    const token = await connect();
    const url = `${ground.dataCenterUrl}/rest/api/latest/issue/JJ-2`;
    const issue = await send({ url, method: "GET" }, token);
    expect(issue.headers.get("x-ausername")).toBe("alana");
    expect(await issue.json()).toMatchObject({ key: "JJ-2" });
  });

  test("signs a query with parameters that are not in order", async () => {
    const token = await connect();
    const url = `${ground.dataCenterUrl}/rest/api/2/search?maxResults=1&jql=project%20%3D%20JJ&fields=key`;
    const found = (await (await send({ url, method: "GET" }, token)).json()) as { issues: unknown[] };
    expect(found.issues).toHaveLength(1);
  });

  test("a signature for one address is refused at another", async () => {
    const token = await connect();
    const signed = { url: `${ground.dataCenterUrl}/rest/api/2/issue/JJ-2`, method: "GET" };
    const header = signer.toHeader(signer.authorize(signed, token));
    const other = await fetch(`${ground.dataCenterUrl}/rest/api/2/issue/JJ-1`, { headers: { ...header } });
    expect(other.status).toBe(401);
    expect(other.headers.get("www-authenticate")).toContain("signature_invalid");
  });
});
