import { spawnSync } from "node:child_process";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { authorizeOAuth1, baseStringOf, prepareSigner } from "../../src/protocol/oauth1/authorize.ts";
import { parsePrivateKey } from "../../src/protocol/oauth1/key.ts";
import { Secret } from "../../src/secret.ts";
import { TEST_KEY } from "./vectors.ts";

const client = { consumer_key: "OauthKey", key: parsePrivateKey(TEST_KEY) };
const at = { timestamp: 1_700_000_000, nonce: "n1" };
const get = { method: "GET", url: "https://jira.example.com/rest/api/2/myself", headers: { accept: "*/*" } };
const form = { "content-type": "application/x-www-form-urlencoded" };

describe("the Authorization header", () => {
  test("carries each protocol parameter once, realm first, and leaves the request as it was", async () => {
    const signed = await authorizeOAuth1(get, client, {
      ...at,
      oauth_token: new Secret("a token/+"),
      realm: 'the "realm"',
    });
    const { authorization, ...rest } = signed.headers;
    expect(rest).toEqual(get.headers);
    expect(signed.url).toBe(get.url);
    expect(authorization).toMatch(
      /^OAuth realm="the \\"realm\\"", oauth_consumer_key="OauthKey", oauth_nonce="n1", oauth_signature_method="RSA-SHA1", oauth_timestamp="1700000000", oauth_version="1\.0", oauth_token="a%20token%2F%2B", oauth_signature="[A-Za-z0-9%]+"$/,
    );
    expect(get.headers).not.toHaveProperty("authorization");
  });

  test("a 2-legged call sends an empty oauth_token; the first step of the dance sends none", async () => {
    const twoLegged = await authorizeOAuth1(get, client, { ...at, oauth_token: "" });
    expect(twoLegged.headers.authorization).toContain('oauth_token=""');
    const first = await authorizeOAuth1(get, client, at);
    expect(first.headers.authorization).not.toContain("oauth_token");
  });

  test("another consumer with the same key is another signer", async () => {
    const one = await authorizeOAuth1(get, client, at);
    const two = await authorizeOAuth1(get, { ...client, consumer_key: "Other" }, at);
    expect(one.headers.authorization).toContain('oauth_consumer_key="OauthKey"');
    expect(two.headers.authorization).toContain('oauth_consumer_key="Other"');
  });

  test("a realm cannot break out of its quotes or its line", async () => {
    const signed = await authorizeOAuth1(get, client, { ...at, realm: 'x", a="b\r\nset-cookie: c' });
    expect(signed.headers.authorization).toContain('realm="x\\", a=\\"bset-cookie: c"');
  });
});

describe("bodies", () => {
  test.each([
    ["PUT", form],
    ["PATCH", { "content-type": "application/x-www-form-urlencoded; charset=UTF-8" }],
    ["DELETE", form],
  ])("a form body with %s is refused, because Jira would not read it", async (method, headers) => {
    const call = authorizeOAuth1({ ...get, method, headers, body: "a=1" }, client, at);
    await expect(call).rejects.toMatchObject({ code: "bad_request", fix: "Send the body as JSON." });
    await expect(call).rejects.toThrow(/only with POST/);
  });

  test("a form body given as bytes is signed like the same text", async () => {
    const request = { ...get, method: "POST", headers: form };
    const asText = await authorizeOAuth1({ ...request, body: "a=ü&b" }, client, at);
    const asBytes = await authorizeOAuth1(
      { ...request, body: new TextEncoder().encode("a=ü&b") },
      client,
      at,
    );
    expect(asBytes.headers).toEqual(asText.headers);
    expect(baseStringOf(asText)).toContain("a%3D%25C3%25BC%26b%3D%26oauth_consumer_key");
  });

  test("JSON, multipart and empty bodies take no part, whatever the method", async () => {
    const bare = await authorizeOAuth1({ ...get, method: "PUT" }, client, at);
    for (const headers of [
      { "content-type": "application/json" },
      { "content-type": "multipart/form-data; boundary=x" },
    ]) {
      const signed = await authorizeOAuth1({ ...get, method: "PUT", headers, body: "a=1" }, client, at);
      expect(signed.headers.authorization).toBe(bare.headers.authorization);
    }
    const empty = await authorizeOAuth1({ ...get, method: "PUT", headers: form, body: "" }, client, at);
    expect(empty.headers.authorization).toBe(bare.headers.authorization);
  });
});

test("protocol parameters in query or form are refused: Jira rejects what stands in two places", async () => {
  const inQuery = { ...get, url: `${get.url}?oauth_token=abc` };
  await expect(authorizeOAuth1(inQuery, client, at)).rejects.toMatchObject({ code: "bad_request" });
  const inForm = { ...get, method: "POST", headers: form, body: "oauth%5Fverifier=x" };
  await expect(authorizeOAuth1(inForm, client, at)).rejects.toThrow(/form body carries OAuth parameters/);
  const impersonated = { ...get, url: `${get.url}?xoauth_requestor_id=fred` };
  await expect(authorizeOAuth1(impersonated, client, { ...at, oauth_token: "" })).resolves.toBeDefined();
});

test("a request without an OAuth 1.0a header has no base string", () => {
  expect(baseStringOf(get)).toBeUndefined();
  expect(baseStringOf({ ...get, headers: { authorization: "Bearer x" } })).toBeUndefined();
});

test("a prepared signer shows no key when it is printed", () => {
  const printed = inspect(prepareSigner(client), { depth: 9, showHidden: true });
  expect(printed).not.toContain(TEST_KEY.slice(40, 80));
});

test("where the crypto library refuses RSA with SHA-1, the same signature is made by hand", () => {
  // Such a library cannot be had everywhere, so its refusal is put in the way of a fresh process.
  const program = `
    import crypto from "node:crypto";
    import { syncBuiltinESMExports } from "node:module";
    const real = crypto.sign;
    let asked = 0;
    crypto.sign = () => { asked++; throw Object.assign(new Error("invalid digest"), { code: "ERR_OSSL_INVALID_DIGEST" }); };
    syncBuiltinESMExports();
    const { parsePrivateKey, sign, signSync } = await import(${JSON.stringify(new URL("../../src/protocol/oauth1/index.ts", import.meta.url).href)});
    const key = parsePrivateKey(${JSON.stringify(TEST_KEY)});
    const expected = real("RSA-SHA1", Buffer.from("text"), key.keyObject).toString("base64");
    console.log(JSON.stringify([signSync(key, "text") === expected, (await sign(key, "text")) === expected, asked]));
  `;
  const run = spawnSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  expect(run.stderr).toBe("");
  expect(JSON.parse(run.stdout)).toEqual([true, true, 1]);
});
