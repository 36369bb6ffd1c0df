import { createPrivateKey, createPublicKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { baseString, normaliseParameters, normaliseUrl } from "../../src/sandbox/auth/oauth1/base-string.ts";
import { verifyRsaSha1 } from "../../src/sandbox/auth/oauth1/rsa-sha1.ts";
import { parseAuthorization, readMessage } from "../../src/sandbox/auth/oauth1/signed-message.ts";
import vectors from "./data/oauth1-vectors.json" with { type: "json" };

const key = createPublicKey(
  createPrivateKey({ key: Buffer.from(vectors.test_key, "base64"), format: "der", type: "pkcs8" }),
);

describe("the base string the sandbox computes, and the signature it accepts, are those of the published vectors", () => {
  test.each(vectors.vectors)("$name", ({ method, url, parameters, base, signature }) => {
    const sent = parameters.map(([name, value]) => [name ?? "", value ?? ""] as const);
    const computed = baseString(method, url, sent);
    expect(computed).toBe(base);
    expect(verifyRsaSha1(computed, signature, key)).toBe(true);
    expect(verifyRsaSha1(`${computed}x`, signature, key)).toBe(false);
  });

  test.each([
    ["HTTP://Example.com:80/foo", "http://example.com/foo"],
    ["HTTP://Example.com:444/foo", "http://example.com:444/foo"],
    ["https://Example.com:80/foo", "https://example.com:80/foo"],
    ["http://Example.com:443/foo", "http://example.com:443/foo"],
    ["https://example.com:443", "https://example.com/"],
    ["http://example.com/a%2Bb+c/", "http://example.com/a%2Bb+c/"],
  ])("%s is signed as %s", (url, normalised) => {
    expect(normaliseUrl(url)).toBe(normalised);
  });

  test.each([
    ["x!y=a&x=a", "x=a&x%21y=a"],
    ["a=x!y&a=x+y", "a=x%20y&a=x%21y"],
    ["a=b&a=B&a={}&a=.&a=/", "a=%2F&a=%7B%7D&a=.&a=B&a=b"],
    ["flag", "flag="],
  ])("parameters %s are signed as %s", (query, normalised) => {
    expect(normaliseParameters([...new URLSearchParams(query)])).toBe(normalised);
  });

  test("RFC 5849 section 3.4.1: query and form body together", () => {
    const message = readMessage({
      method: "POST",
      url: "http://example.com/request",
      authorization: [
        'OAuth realm="Example", oauth_consumer_key="9djdj82h48djs9d2", oauth_token="kkk9d7dh3k39sjv7", oauth_signature_method="HMAC-SHA1", oauth_timestamp="137131201", oauth_nonce="7d8f3e4a", oauth_signature="bYT5CMsGcbgUdFHObYMEfcx6bsw%3D"',
      ],
      query: new URLSearchParams("b5=%3D%253D&a3=a&c%40=&a2=r%20b"),
      form: new URLSearchParams("c2&a3=2+q"),
    });
    expect(baseString(message.method, message.url, message.parameters)).toBe(
      "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7",
    );
  });

  test("a form body counts of a POST alone", () => {
    const received = { url: "http://h/p", authorization: [], query: [], form: new URLSearchParams("a=1") };
    expect(readMessage({ ...received, method: "PUT" }).parameters).toEqual([]);
    expect(readMessage({ ...received, method: "POST" }).parameters).toEqual([["a", "1"]]);
  });

  test("only a quoted value of an OAuth header counts, the scheme in any case, the realm never", () => {
    expect(parseAuthorization('oAuTh realm="r", a="1%2B+2",b="", c=3')).toEqual([
      ["a", "1+ 2"],
      ["b", ""],
    ]);
    expect(parseAuthorization('Bearer a="1"')).toEqual([]);
  });
});
